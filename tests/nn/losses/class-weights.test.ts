import { expect } from 'chai';
import fc from 'fast-check';
import { flat } from '../../../src/array/index.js';
import { tensor } from '../../../src/autograd/create.js';
import type { Tensor } from '../../../src/autograd/tape.js';
import { valueAndGrad, vjp } from '../../../src/autograd/vjp.js';
import {
  binaryCrossEntropyWithLogits,
  cosineSimilarity,
  crossEntropy,
  hinge,
  triplet,
} from '../../../src/nn/losses/index.js';
import { oneHot } from '../../../src/ops/create.js';
import { arrays } from '../../support/arbitraries.js';
import { failure } from '../../support/failure.js';

const drawn = fc.record({
  logits: arrays([5, 3]),
  labels: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 5, maxLength: 5 }),
  classWeights: fc.array(fc.constantFrom(0, 0.25, 1, 3), { minLength: 3, maxLength: 3 }),
  labelSmoothing: fc.constantFrom(0, 0.25),
});

/** A loss and its gradient by the logits. */
function both(logits: Parameters<typeof tensor>[0], loss: (x: Tensor) => Tensor): number[] {
  const x = tensor(logits as number[], { dtype: 'float64' });
  const { value, pullback } = vjp(() => loss(x));
  return [value.item(), ...pullback().of(x)!.value.data];
}

const near = (found: readonly number[], right: readonly number[]): void =>
  found.forEach((a, i) => expect(Math.abs(a - right[i]!)).to.be.at.most(1e-14 * (1 + Math.abs(right[i]!))));

describe('class weights', () => {
  it('are sample weights by class in the convention of Keras, for integers and for probabilities', () => {
    fc.assert(
      fc.property(drawn, ({ logits, labels, classWeights, labelSmoothing }) => {
        const sampleWeight = labels.map((label) => classWeights[label]!);
        const right = both(logits, (x) => crossEntropy(x, labels, { sampleWeight, labelSmoothing }));
        near(
          both(logits, (x) => crossEntropy(x, labels, { classWeights, labelSmoothing })),
          right,
        );
        const shares = oneHot(labels, 3, { dtype: 'float64' });
        near(
          both(logits, (x) => crossEntropy(x, shares, { classWeights, labelSmoothing })),
          right,
        );
      }),
    );
  });

  it('change nothing if all are 1, in either convention', () => {
    fc.assert(
      fc.property(
        drawn,
        fc.constantFrom('keras' as const, 'pytorch' as const),
        ({ logits, labels, labelSmoothing }, convention) => {
          const given = { classWeights: [1, 1, 1], convention, labelSmoothing };
          near(
            both(logits, (x) => crossEntropy(x, labels, given)),
            both(logits, (x) => crossEntropy(x, labels, { labelSmoothing })),
          );
        },
      ),
    );
  });

  it('leave ignored labels out of the sum of weights', () => {
    const logits = tensor(
      [
        [2, 0],
        [0, 1],
        [5, 5],
      ],
      { dtype: 'float64' },
    );
    const classWeights = [3, 0.5];
    const kept = crossEntropy(
      tensor(
        [
          [2, 0],
          [0, 1],
        ],
        { dtype: 'float64' },
      ),
      [0, 0],
      { classWeights, convention: 'pytorch' },
    );
    const found = crossEntropy(logits, [0, 0, -1], { classWeights, convention: 'pytorch', ignoreIndex: -1 });
    expect(found.item()).to.be.closeTo(kept.item(), 1e-15);
  });

  it('may all be far below 1: the mean still divides by their sum, in the value as in the gradient', () => {
    const logits = tensor(
      [
        [1, 2],
        [0, 1],
      ],
      { dtype: 'float64' },
    );
    const loss = (factor: number) =>
      valueAndGrad(
        () => crossEntropy(logits, [0, 1], { classWeights: [factor, 2 * factor], convention: 'pytorch' }),
        [logits],
      );
    const [small, large] = [loss(0.001), loss(1)];
    const exact = (Math.log(1 + Math.E) + 2 * Math.log(1 + 1 / Math.E)) / 3;
    for (const { value } of [small, large]) expect(value.item()).to.be.closeTo(exact, 1e-15);
    const numbers = ({ gradients }: typeof small) => [...flat(gradients.of(logits)!.value)];
    numbers(small).forEach((g, i) => expect(g).to.be.closeTo(numbers(large)[i]!, 1e-15));
  });

  it('are one finite number from 0 for each class', () => {
    const logits = tensor([[2, 0]]);
    for (const classWeights of [[1], [1, 2, 3], [1, -1], [1, NaN]])
      expect(
        failure(() => crossEntropy(logits, [0], { classWeights })),
        String(classWeights),
      ).to.match(/^crossEntropy\.classWeights: expected/);
    expect(failure(() => binaryCrossEntropyWithLogits(logits, [[1, 0]], { positiveWeight: [1] }))).to.equal(
      'binaryCrossEntropyWithLogits.positiveWeight: expected one weight, or 2 for as many classes, received [1].',
    );
  });
});

describe('losses of vectors', () => {
  it('cosine similarity is 0 for a vector of zeros, and finite if squares overflow', () => {
    const zero = tensor([[0, 0]], { dtype: 'float64' });
    const { value, pullback } = vjp(() => cosineSimilarity(zero, [[1, 2]]));
    expect(value.item()).to.equal(0);
    expect([...pullback().of(zero)!.value.data].map(Math.abs)).to.deep.equal([0, 0]);
    for (const size of [2 ** 600, 2 ** -600]) {
      const x = tensor([[3 * size, 4 * size]], { dtype: 'float64' });
      expect(cosineSimilarity(x, [[4 * size, 3 * size]]).item()).to.be.closeTo(-0.96, 1e-15);
    }
  });

  it('triplet loss is 0 if the negative is farther by the margin', () => {
    const [a, p, n] = [tensor([[0, 0]]), tensor([[3, 4]]), tensor([[0, 7]])];
    expect(triplet(a, p, n, { margin: 1 }).item()).to.equal(0);
    expect(triplet(a, p, n, { margin: 3 }).item()).to.equal(1);
    expect(triplet(a, n, p, { margin: 1 }).item()).to.equal(3);
    const same = vjp(() => triplet(a, a, a));
    expect(same.value.item()).to.equal(1);
    expect(same.pullback().of(a)!.toArray()).to.deep.equal([[0, 0]]);
    expect(failure(() => triplet(a, p, tensor([[1]])))).to.match(
      /^triplet\.targets: expected the shape of the predictions/,
    );
    expect(failure(() => triplet(a, [[1, 2]] as never, n))).to.match(/^triplet: expected three tensors/);
  });

  it('triplet reads no sample of weight 0, forward or backward', () => {
    for (const hidden of [NaN, Infinity]) {
      const a = tensor([
        [0, 1],
        [hidden, 1],
      ]);
      const [p, n] = [
        tensor([
          [3, 4],
          [1, 1],
        ]),
        tensor([
          [0, 2],
          [1, 1],
        ]),
      ];
      const { value, gradients } = valueAndGrad(() => triplet(a, p, n, { sampleWeight: [1, 0] }), [a, p, n]);
      expect(value.item()).to.be.finite;
      for (const x of [a, p, n])
        expect((gradients.of(x)!.toArray() as number[][])[1]!.map(Math.abs)).to.deep.equal([0, 0]);
    }
  });

  it('hinge refuses zeros and ones, which are no signs', () => {
    const x = tensor([0.5, -2]);
    expect(hinge(x, [1, -1]).item()).to.equal(0.25);
    expect(failure(() => hinge(x, [1, 0]))).to.equal(
      'hinge.targets: expected targets of −1 and 1, received "targets of 0 and 1". Convert each target t to 2·t − 1.',
    );
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { type NdArray, type Shape, add, fromFlat, full, sizeOf } from '../../../src/array/index.js';
import { tensor } from '../../../src/autograd/create.js';
import { Tensor } from '../../../src/autograd/tape.js';
import { vjp } from '../../../src/autograd/vjp.js';
import { NormtapeError } from '../../../src/error.js';
import {
  binaryCrossEntropyWithLogits,
  crossEntropy,
  focalLoss,
  huber,
  klDivergence,
  meanAbsoluteError,
  meanSquaredError,
} from '../../../src/nn/losses/index.js';
import { log, softmax } from '../../../src/ops/catalog.js';
import { arrays, shapes } from '../../support/arbitraries.js';

/** Logits, a label for each row, and the labels as probabilities. */
const classified = shapes().chain((shape) => {
  const classes = shape.at(-1)!;
  const rows = sizeOf(shape) / classes;
  const label = fc.integer({ min: 0, max: classes - 1 });
  return fc.record({
    logits: arrays(shape),
    labels: fc.array(label, { minLength: rows, maxLength: rows }),
  });
});

const nested = (list: readonly number[], shape: Shape): unknown => {
  const [n, ...rest] = shape;
  if (n === undefined) return list[0];
  return Array.from({ length: n }, (_, i) => nested(list.slice(i * sizeOf(rest)), rest));
};

function oneHot(labels: readonly number[], { shape }: NdArray): Tensor {
  const classes = shape.at(-1)!;
  const data = new Float64Array(sizeOf(shape));
  labels.forEach((label, row) => (data[row * classes + label] = 1));
  return new Tensor(fromFlat(data, shape));
}

/** A loss, and its gradient by the logits. */
function both(logits: NdArray, loss: (x: Tensor) => Tensor): { value: number[]; gradient: number[] } {
  const x = new Tensor(logits);
  const { value, pullback } = vjp(() => loss(x));
  return { value: [...value.value.data], gradient: [...pullback().of(x)!.value.data] };
}

/** Values and gradients that differ by a few roundings of softmax: labels and probabilities go different ways. */
function near(found: ReturnType<typeof both>, expected: ReturnType<typeof both>): void {
  for (const part of ['value', 'gradient'] as const) {
    found[part].forEach((a, i) => {
      const b = expected[part][i]!;
      expect(Math.abs(a - b), `${part}[${i}]: ${a} for ${b}`).to.be.at.most(1e-14 * (1 + Math.abs(b)));
    });
  }
}

describe('cross entropy', () => {
  for (const [name, loss] of Object.entries({ crossEntropy, focalLoss })) {
    it(`${name} reads labels in nested lists, in one list, as bytes and as probabilities alike`, () => {
      fc.assert(
        fc.property(classified, fc.constantFrom(0, 0.25), ({ logits, labels }, labelSmoothing) => {
          const by = (given: Parameters<typeof crossEntropy>[1]) =>
            both(logits, (x) => loss(x, given, { labelSmoothing }));
          const expected = by(labels);
          near(by(oneHot(labels, logits)), expected);
          expect(by(Uint8Array.from(labels))).to.deep.equal(expected);
          expect(by(nested(labels, logits.shape.slice(0, -1)) as number[])).to.deep.equal(expected);
        }),
      );
    });

    it(`${name} does not see a number that is added to all logits`, () => {
      fc.assert(
        fc.property(classified, fc.integer({ min: -1e6, max: 1e6 }), ({ logits, labels }, shift) => {
          const moved = add(logits, full([], shift, 'float64'));
          const by = (x: NdArray) => both(x, (given) => loss(given, labels));
          expect(by(moved)).to.deep.equal(by(logits));
        }),
      );
    });

    it(`${name} forgets samples with the label to ignore`, () => {
      fc.assert(
        fc.property(classified, fc.nat(), ({ logits, labels }, pick) => {
          const ignored = labels[pick % labels.length]!;
          const some = labels.map((label) => (label === ignored ? -100 : label));
          const weights = labels.map((label) => (label === ignored ? 0 : 1));
          const kept = weights.filter((weight) => weight === 1).length;
          const share = labels.length / Math.max(1, kept);
          const rows = fromFlat(Float64Array.from(logits.data), [labels.length, logits.shape.at(-1)!]);
          const expected = both(rows, (x) => loss(x, labels, { sampleWeight: weights }));
          const found = both(rows, (x) => loss(x, some, { ignoreIndex: -100 }));
          expect(found.value[0]).to.be.closeTo(expected.value[0]! * share, 1e-12);
          found.gradient.forEach((g, i) => expect(g).to.be.closeTo(expected.gradient[i]! * share, 1e-12));
          if (kept === 0) expect(found.value).to.deep.equal([0]);
        }),
      );
    });
  }

  it('is finite for logits at any distance, and for impossible classes', () => {
    const logits = tensor(Float64Array.of(1e300, 0, -1e300, 0, 0, -Infinity), { shape: [2, 3] });
    for (const loss of [crossEntropy, focalLoss]) {
      const { value, gradient } = both(logits.value, (x) => loss(x, [0, 1], { reduction: 'none' }));
      expect(value[0]).to.equal(0);
      expect(value[1]).to.be.above(0).and.below(1);
      expect(gradient.every(Number.isFinite)).to.equal(true);
      expect(gradient[5]).to.equal(0);
    }
    expect(both(logits.value, (x) => crossEntropy(x, [2, 0], { reduction: 'none' })).value[0]).to.equal(
      2e300,
    );
    const unsure = tensor(Float64Array.of(1000, -1000));
    const { value, gradient } = both(unsure.value, (x) => focalLoss(x, 0, { gamma: 0.5 }));
    expect([...value, ...gradient].map(Math.abs)).to.deep.equal([0, 0, 0]);
  });

  it('is the focal loss of gamma 0 and alpha 1', () => {
    fc.assert(
      fc.property(classified, ({ logits, labels }) => {
        const focal = both(logits, (x) => focalLoss(x, labels, { gamma: 0, alpha: 1 }));
        near(
          focal,
          both(logits, (x) => crossEntropy(x, labels)),
        );
      }),
    );
  });

  it('keeps the digits of its gradient if a label is almost certain', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const logits = tensor([[30, 0, -1]], { dtype });
      const { gradient } = both(logits.value, (x) => crossEntropy(x, [0]));
      const rest = Math.exp(-30) + Math.exp(-31);
      expect(gradient[0]! / (-rest / (1 + rest))).to.be.closeTo(1, dtype === 'float32' ? 1e-6 : 1e-14);
    }
  });

  it('takes one sample without a batch, and float32', () => {
    const loss = crossEntropy(tensor([0, Math.log(3)]), 1);
    expect([loss.dtype, loss.shape]).to.deep.equal(['float32', []]);
    expect(loss.item()).to.be.closeTo(Math.log(4 / 3), 1e-7);
  });

  it('rejects labels and options that do not fit', () => {
    const logits = tensor([
      [0, 1, 2],
      [0, 1, 2],
    ]);
    const call = (labels: unknown, options: object = {}) => crossEntropy(logits, labels as number[], options);
    expect(() => call([0, 3])).to.throw(
      NormtapeError,
      'crossEntropy.labels: expected integers from 0 to 2, received 3.',
    );
    expect(() => call([0, -100])).to.throw('expected integers from 0 to 2, received -100.');
    expect(() => call([0, 0.5])).to.throw('expected integers from 0 to 2, received 0.5.');
    expect(() => call([0])).to.throw(
      'crossEntropy.labels: expected integers of the shape [2], received [1]. ' +
        'Probabilities have the shape of the logits and come as a tensor.',
    );
    expect(() => call([0, [1]])).to.throw('crossEntropy.labels: expected a number at depth 1, received [1].');
    expect(() => call(tensor([0, 1]))).to.throw(
      'crossEntropy.labels: expected probabilities of the shape of the logits, [2,3], received [2].',
    );
    expect(() => call(tensor(new Float64Array(6), { shape: [2, 3] }))).to.throw('tensors of one dtype');
    expect(() => call([0, 1], { labelSmoothing: 1.5 })).to.throw(
      'crossEntropy.labelSmoothing: expected a finite number from 0 to 1, received 1.5.',
    );
    expect(() => call([0, 1], { reduction: 'men' })).to.throw('one of mean, sum, none, received "men"');
    expect(() => call([0, 1], { labelSmooting: 0.1 })).to.throw('Did you mean labelSmoothing?');
    expect(() => call([0, 1], { sampleWeight: [1, 2, 3] })).to.throw(
      'crossEntropy.sampleWeight: expected the shape [2], or its first axes, received [3].',
    );
    expect(() => call(logits, { ignoreIndex: 0 })).to.throw(
      'crossEntropy.ignoreIndex: expected integer labels, one of which ignoreIndex names, received 0.',
    );
    expect(() => crossEntropy([[0, 1]] as never, [0])).to.throw('expected a tensor of predictions');
    expect(() => crossEntropy(tensor([], { shape: [0, 3] }), [])).to.throw('without axes of size 0');
    expect(() => crossEntropy(tensor(1), 0)).to.throw('logits of rank 1 or more');
    expect(() => focalLoss(logits, [0, 1], { alpha: [1, 2] })).to.throw(
      'focalLoss.alpha: expected one weight, or 3 for as many classes, received [1,2].',
    );
    expect(() => focalLoss(logits, [0, 1], { alpha: [1, 2, -3] })).to.throw(
      'focalLoss.alpha: expected a finite number from 0, received -3.',
    );
  });
});

describe('the other losses', () => {
  const pairs = shapes().chain((shape) => fc.record({ x: arrays(shape), t: arrays(shape) }));

  it('huber is half the square within delta, and delta times the distance far beyond', () => {
    fc.assert(
      fc.property(pairs, ({ x, t }) => {
        const square = both(x, (p) => meanSquaredError(p, t));
        const within = both(x, (p) => huber(p, t, { delta: 16 }));
        expect(within.value[0]).to.be.closeTo(square.value[0]! / 2, 1e-14);
        const delta = 2 ** -10;
        const absolute = both(x, (p) => meanAbsoluteError(p, t));
        const beyond = both(x, (p) => huber(p, t, { delta }));
        expect(beyond.value[0]! / delta).to.be.closeTo(absolute.value[0]!, delta);
      }),
    );
  });

  it('binary cross entropy is cross entropy of two classes', () => {
    fc.assert(
      fc.property(fc.double({ min: -50, max: 50, noNaN: true }), fc.boolean(), (x, truth) => {
        const binary = binaryCrossEntropyWithLogits(tensor(Float64Array.of(x)), [Number(truth)]).item();
        const pair = crossEntropy(tensor(Float64Array.of(0, x)), Number(truth)).item();
        expect(binary).to.be.closeTo(pair, 1e-14 * (1 + Math.abs(x)));
      }),
    );
  });

  it('binary cross entropy is exact for infinite logits', () => {
    const at = (x: number, t: number) => binaryCrossEntropyWithLogits(tensor(Float64Array.of(x)), [t]).item();
    expect([at(Infinity, 1), at(-Infinity, 0), at(-1e4, 1), at(1e4, 0)]).to.deep.equal([0, 0, 1e4, 1e4]);
    expect(at(-40, 0)).to.be.closeTo(Math.exp(-40), 1e-30);
  });

  it('the divergence of a distribution from itself is 0, and the same for logarithms as for probabilities', () => {
    fc.assert(
      fc.property(pairs, ({ x, t }) => {
        const [p, q] = [softmax(new Tensor(x)), softmax(new Tensor(t))];
        expect(klDivergence(p, p).item()).to.be.closeTo(0, 1e-14);
        const plain = klDivergence(p, q).item();
        expect(plain).to.be.at.least(-1e-14);
        expect(klDivergence(log(p), q, { fromLogProbabilities: true }).item()).to.be.closeTo(plain, 1e-13);
      }),
    );
  });

  it('a divergence clips probabilities of 0, and a target of 0 costs nothing against a logarithm', () => {
    const at = (p: number, t: number) => klDivergence(tensor(Float64Array.of(p)), Float64Array.of(t));
    expect(at(0, 1).item()).to.equal(Math.log(1 / 1e-7));
    expect(at(0.5, 0).item()).to.be.closeTo(1e-7 * Math.log(2e-7), 1e-20);
    const p = tensor(Float64Array.of(0, 2, 0.5));
    const { pullback } = vjp(() => klDivergence(p, [0.25, 0.25, 0.5]));
    expect(pullback().of(p)!.toArray()).to.deep.equal([0, 0, -1]);
    const logs = tensor(Float64Array.of(-Infinity, 0));
    expect(klDivergence(logs, [0, 1], { fromLogProbabilities: true }).item()).to.equal(0);
  });

  it('take a single number', () => {
    expect(meanSquaredError(tensor(3), 1).item()).to.equal(4);
    expect(huber(tensor(3), 1).item()).to.equal(1.5);
    expect(() => klDivergence(tensor(3), 1)).to.throw('predictions of rank 1 or more');
  });

  it('have even subgradients at corners', () => {
    const x = tensor([1, 2, 3]);
    const { pullback } = vjp(() =>
      meanAbsoluteError(x, [1, 1, 4], { reduction: 'sum', convention: 'pytorch' }),
    );
    expect(pullback().of(x)!.toArray()).to.deep.equal([0, 1, -1]);
  });

  it('refuse targets of another shape', () => {
    const x = tensor([[1], [2]]);
    expect(() => meanSquaredError(x, [1, 2])).to.throw(
      NormtapeError,
      'meanSquaredError.targets: expected the shape of the predictions, [2,1], received [2].',
    );
    expect(() => huber(x, x, { delta: 0 })).to.throw(
      'huber.delta: expected a finite number above 0, received 0.',
    );
    expect(() => klDivergence(x, x, { reduction: 'batchmean' as 'mean' })).to.throw('one of mean, sum, none');
  });
});

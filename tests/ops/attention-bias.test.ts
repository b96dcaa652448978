import { expect } from 'chai';
import fc from 'fast-check';
import { flat } from '../../src/array/index.js';
import { tensor } from '../../src/autograd/create.js';
import { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import { MultiHeadAttention } from '../../src/models/attention.js';
import {
  add,
  attentionWeights,
  matmul,
  mul,
  scaledDotProductAttention,
  softmax,
  transpose,
  triangle,
  where,
} from '../../src/index.js';
import { randomNormal } from '../../src/ops/create.js';
import { arrays } from '../support/arbitraries.js';
import { failure } from '../support/failure.js';

const wide = { dtype: 'float64' } as const;

const drawn = fc
  .record({ queries: fc.integer({ min: 1, max: 5 }), keys: fc.integer({ min: 1, max: 6 }) })
  .chain(({ queries, keys }) =>
    fc.record({
      q: arrays([2, queries, 3]),
      k: arrays([2, keys, 3]),
      v: arrays([2, keys, 2]),
      bias: fc
        .constantFrom([2, queries, keys], [queries, keys], [1, keys], [2, 1, 1])
        .chain((shape) => arrays(shape)),
      g: arrays([2, queries, 2]),
    }),
  );

const near = (found: Tensor, right: Tensor): void => {
  expect(found.shape).to.deep.equal(right.shape);
  const expected = flat(right.value);
  flat(found.value).forEach((a, i) =>
    expect(a).to.be.closeTo(expected[i]!, 1e-12 * (1 + Math.abs(expected[i]!))),
  );
};

describe('attention with a bias', () => {
  it('adds the bias to the scores before softmax, with the gradients of that', () => {
    fc.assert(
      fc.property(drawn, ({ g, ...given }) => {
        const [q, k, v, bias] = [given.q, given.k, given.v, given.bias].map((a) => new Tensor(a));
        const steps = () => {
          const scores = mul(matmul(q!, transpose(k!, [0, 2, 1])), 1 / Math.sqrt(3));
          return matmul(softmax(add(scores, bias!)), v!);
        };
        const fused = vjp(() => scaledDotProductAttention(q!, k!, v!, { bias }));
        const composed = vjp(steps);
        near(fused.value, composed.value);
        const [found, right] = [fused.pullback(new Tensor(g)), composed.pullback(new Tensor(g))];
        for (const leaf of [q!, k!, v!, bias!]) near(found.of(leaf)!, right.of(leaf)!);
      }),
    );
  });

  it('has gradients of 0 for values without numbers, and 0, not −0, where a mask hides a key', () => {
    const [q, k, b] = [
      [2, 3, 4],
      [2, 5, 4],
      [3, 5],
    ].map((shape, seed) => randomNormal(shape, { seed }));
    const pulled = (depth: number, mask?: readonly number[][]) => {
      const v = randomNormal([2, 5, depth], { seed: 3 });
      const { pullback } = vjp(() => scaledDotProductAttention(q!, k!, v, { bias: b!, mask }));
      const gradients = pullback(randomNormal([2, 3, depth], { seed: 4 }));
      return [q!, k!, b!].map((leaf) => [...flat(gradients.of(leaf)!.value)]);
    };
    // What the first leaves in the work space must not come out of the second.
    pulled(4);
    for (const gradient of pulled(0)) expect(gradient.every((g) => Object.is(g, 0))).to.equal(true);
    const [, , ofBias] = pulled(4, [[0, 1, 1, 0, 1]]);
    ofBias!.forEach((g, i) => expect(Object.is(g, 0)).to.equal(i % 5 === 0 || i % 5 === 3));
  });

  it('hides keys at −∞ as a mask does, whatever they hold, and gives zeros if no key is left', () => {
    const [q, k, v] = [1, 2, 3].map((seed) => randomNormal([4, 3], { seed, ...wide }));
    const spoiled = new Tensor(k!.value);
    spoiled.value.set(3, 0, NaN);
    const hidden = [0, 0, 0, -Infinity];
    const masked = scaledDotProductAttention(q!, k!, v!, { mask: [true, true, true, false] });
    const { value, pullback } = vjp(() => scaledDotProductAttention(q!, spoiled, v!, { bias: hidden }));
    near(value, masked);
    const gradients = pullback(randomNormal([4, 3], { seed: 4, ...wide }));
    expect([...flat(gradients.of(q!)!.value)].every(Number.isFinite)).to.equal(true);
    expect([...flat(gradients.of(spoiled)!.value)].slice(9)).to.deep.equal([0, 0, 0]);
    const none = scaledDotProductAttention(q!, k!, v!, { bias: Array(4).fill(-Infinity) });
    expect(new Set(flat(none.value))).to.deep.equal(new Set([0]));
  });

  it('takes an additive causal mask, and explains the error if one is given as mask', () => {
    const [q, k, v] = [1, 2, 3].map((seed) => randomNormal([4, 3], { seed }));
    const additive = where(triangle(4), 0, -Infinity);
    near(
      scaledDotProductAttention(q!, k!, v!, { bias: additive }),
      scaledDotProductAttention(q!, k!, v!, { causal: true }),
    );
    expect(failure(() => scaledDotProductAttention(q!, k!, v!, { mask: additive }))).to.match(
      /an additive mask.*Or pass it as bias/,
    );
    expect(failure(() => scaledDotProductAttention(q!, k!, v!, { bias: [[1, 2]] }))).to.match(
      /^scaledDotProductAttention\.bias: expected a shape that stretches to \[4,4\], for queries and keys, received \[1,2\]/,
    );
  });
});

describe('attention weights', () => {
  it('are the factors of the values, and sum to 1', () => {
    const [q, k, v] = [1, 2, 3].map((seed) => randomNormal([2, 4, 3], { seed, ...wide }));
    const options = { causal: true, bias: randomNormal([4, 4], { seed: 5, ...wide }) };
    const weights = attentionWeights(q!, k!, options);
    near(matmul(weights, v!), scaledDotProductAttention(q!, k!, v!, options));
    const ones = tensor(Array(4).fill(1), wide);
    near(matmul(weights, ones), tensor([Array(4).fill(1), Array(4).fill(1)], wide));
  });

  it('are dropped by a seed, and the others are scaled', () => {
    const [q, k] = [1, 2].map((seed) => randomNormal([1, 30, 3], { seed, ...wide }));
    const identity = tensor(
      [Array.from({ length: 30 }, (_, i) => Array.from({ length: 30 }, (_, j) => Number(i === j)))],
      wide,
    );
    const weights = flat(attentionWeights(q!, k!).value);
    const drop = (seed: number) =>
      flat(scaledDotProductAttention(q!, k!, identity, { dropout: 0.25, seed }).value);
    const dropped = drop(3);
    expect(drop(3)).to.deep.equal(dropped);
    expect(drop(4)).not.to.deep.equal(dropped);
    let zeros = 0;
    dropped.forEach((weight, i) => {
      if (weight === 0) zeros += 1;
      else expect(weight).to.be.closeTo(weights[i]! / 0.75, 1e-15);
    });
    // Six standard deviations of a share of 900.
    expect(zeros / 900).to.be.closeTo(0.25, 6 * Math.sqrt((0.25 * 0.75) / 900));
    expect(failure(() => scaledDotProductAttention(q!, k!, identity, { dropout: 0.25 }))).to.match(
      /seed: expected a seed for the dropout/,
    );
  });
});

describe('MultiHeadAttention', () => {
  const options = { heads: 2, headSize: 4, seed: 1 };
  const x = randomNormal([2, 5, 8], { seed: 2, ...wide });

  it('shows its weights on request', () => {
    const layer = new MultiHeadAttention({ ...options, causal: true });
    layer.forward(x);
    const weights = layer.weights(x, {
      paddingMask: [
        [1, 1, 1, 1, 1],
        [1, 1, 1, 0, 0],
      ],
    });
    expect(weights.shape).to.deep.equal([2, 2, 5, 5]);
    for (const sample of [0, 1])
      for (const query of [0, 2, 4]) {
        const row = Array.from({ length: 5 }, (_, key) => weights.value.get(sample, 1, query, key));
        expect(row.reduce((sum, weight) => sum + weight, 0)).to.be.closeTo(1, 1e-14);
        row.forEach((weight, key) => expect(weight > 0).to.equal(key <= query && (sample === 0 || key < 3)));
      }
  });

  it('drops weights only in training, by a generator that is part of a checkpoint', () => {
    const [plain, dropping] = [0, 0.5].map(
      (attentionDropout) => new MultiHeadAttention({ ...options, attentionDropout }),
    );
    const right = plain!.forward(x);
    const before = [...dropping!.generators().values()].map(({ state }) => state);
    expect([...dropping!.generators().keys()]).to.deep.equal(['random']);
    const first = dropping!.forward(x).toArray();
    expect(first).not.to.deep.equal(right.toArray());
    expect(dropping!.forward(x).toArray()).not.to.deep.equal(first);
    [...dropping!.generators().values()].forEach((random, i) => (random.state = before[i]!));
    expect(dropping!.forward(x).toArray()).to.deep.equal(first);
    expect(dropping!.eval().forward(x).toArray()).to.deep.equal(right.toArray());
  });

  it('adds a bias to its scores, by head', () => {
    const layer = new MultiHeadAttention(options);
    // The slopes of ALiBi for two heads.
    const bias = [1 / 16, 1 / 256].map((slope) =>
      Array.from({ length: 5 }, (_, i) => Array.from({ length: 5 }, (_, j) => -slope * Math.abs(i - j))),
    );
    expect(layer.forward(x, { bias }).toArray()).not.to.deep.equal(layer.forward(x).toArray());
    const zero = layer.forward(x, { bias: [[0]] });
    near(zero, layer.forward(x));
  });
});

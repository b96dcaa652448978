import { expect } from 'chai';
import fc from 'fast-check';
import { tensor } from '../../src/autograd/create.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import { MultiHeadAttention } from '../../src/models/attention.js';
import { LanguageModel } from '../../src/models/language-model.js';
import { TransformerBlock } from '../../src/models/transformer-block.js';
import { LearnedPositions, RotaryPositions, SinusoidalPositions } from '../../src/nn/positions.js';
import { createNormalizationLayer } from '../../src/norms/normalizations.js';
import * as losses from '../../src/nn/losses/index.js';
import { mul, scaledDotProductAttention, slice, where } from '../../src/ops/catalog.js';
import { randomNormal } from '../../src/ops/create.js';
import { failure } from '../support/failure.js';
import { runs } from '../support/runs.js';

type Dtype = 'float32' | 'float64';
const normal = (shape: readonly number[], seed: number, dtype: Dtype = 'float64'): Tensor =>
  randomNormal(shape, { seed, dtype });
const numbers = (x: Tensor): number[] => [x.toArray()].flat(9) as number[];
const gap = (a: Tensor, b: Tensor): number => {
  const other = numbers(b);
  return numbers(a).reduce(
    (most, value, i) => (Math.abs(value - other[i]!) <= most ? most : Math.abs(value - other[i]!)),
    0,
  );
};

const ADDITIVE = 'expected booleans, or numbers that are 0 or 1, received "an additive mask';

describe('an additive mask', () => {
  const [q, k] = [normal([2, 4], 1), normal([3, 4], 2)];
  const x = normal([2, 3, 4], 3);
  const layer = new MultiHeadAttention({ heads: 2, headSize: 2, seed: 1 });

  it('is rejected by name in every function that takes a mask', () => {
    for (const hidden of [-Infinity, -1e9, -1e4, -3.4028234663852886e38, -Number.MAX_VALUE]) {
      const row = [0, 0, hidden];
      const refusals = [
        () => scaledDotProductAttention(q, k, k, { mask: row }),
        () => scaledDotProductAttention(q, k, k, { mask: tensor([row, row]) }),
        () => layer.forward(x, { paddingMask: [row, row] }),
        () => layer.forward(x, { mask: [row, row, row] }),
        () => where(tensor(row), k, 0),
        () => where(row, normal([3], 1), 0),
        () => createNormalizationLayer('batch_norm').forward(x, { mask: [row, row] }),
      ];
      for (const refused of refusals) {
        expect(failure(refused)).to.include(ADDITIVE);
        expect(failure(refused)).to.include('value === 0');
      }
      expect(
        failure(() =>
          losses.meanSquaredError(x, x, {
            sampleWeight: [
              [0, 0, hidden],
              [0, 0, 0],
            ],
          }),
        ),
      ).to.include('as in an additive mask');
    }
  });

  it('is rejected like all other values than 0 and 1', () => {
    for (const stray of [2, -1, 0.5, NaN, Infinity]) {
      const said = failure(() => scaledDotProductAttention(q, k, k, { mask: [1, 0, stray] }));
      expect(said).to.equal(
        `scaledDotProductAttention.mask: expected booleans, or numbers that are 0 or 1, received ${stray}.`,
      );
    }
    expect(failure(() => losses.meanSquaredError(x, x, { sampleWeight: NaN }))).to.include('finite weights');
  });
});

describe('masked values are never read', () => {
  /** Numbers of x, with others where `hidden` says so. */
  const spoilt = (x: Tensor, hidden: (at: number) => boolean, by: number): Tensor =>
    tensor(
      Float64Array.from(numbers(x), (value, i) => (hidden(i) ? by : value)),
      { shape: x.shape, dtype: x.dtype },
    );

  for (const dtype of ['float32', 'float64'] as const) {
    it(`by attention in ${dtype}, on the way there and back`, () => {
      fc.assert(
        fc.property(
          fc.record({
            t: fc.integer({ min: 1, max: 70 }),
            s: fc.integer({ min: 1, max: 9 }),
            seed: fc.nat(99),
          }),
          fc.constantFrom(NaN, Infinity, -Infinity),
          fc.boolean(),
          ({ t, s, seed }, bad, causal) => {
            const [q, k, v] = [
              normal([t, 3], seed, dtype),
              normal([s, 3], seed + 1, dtype),
              normal([s, 2], seed + 2, dtype),
            ];
            const seen = numbers(normal([s], seed + 3)).map((value) => value > 0);
            const run = (key: Tensor, value: Tensor) => {
              const result = vjp(() => scaledDotProductAttention(q, key, value, { mask: seen, causal }));
              const gradients = result.pullback(normal([t, 2], seed + 4, dtype));
              return [result.value, gradients.of(q)!, gradients.of(key)!, gradients.of(value)!];
            };
            const clean = run(k, v);
            const dirty = run(
              spoilt(k, (i) => !seen[Math.floor(i / 3)], bad),
              spoilt(v, (i) => !seen[Math.floor(i / 2)], bad),
            );
            clean.forEach((result, i) =>
              expect(gap(dirty[i]!, result)).to.be.at.most(dtype === 'float64' ? 1e-13 : 1e-5),
            );
          },
        ),
        { numRuns: runs(0.5) },
      );
    });
  }

  it('by causal attention: no query reads a later NaN', () => {
    const [q, k, v] = [normal([4, 3], 1), normal([4, 3], 2), normal([4, 2], 3)];
    const last = (x: Tensor, width: number) => spoilt(x, (i) => i >= 3 * width, NaN);
    const y = scaledDotProductAttention(q, last(k, 3), last(v, 2), { causal: true });
    expect(
      gap(slice(y, [[0, 3]]), slice(scaledDotProductAttention(q, k, v, { causal: true }), [[0, 3]])),
    ).to.be.at.most(1e-14);
    expect(numbers(slice(y, [3])).every(Number.isNaN)).to.equal(true);
  });

  it('by attention, a block and their weights, if padding is NaN', () => {
    const x = normal([2, 4, 6], 5);
    const paddingMask = [
      [false, true, true, true],
      [true, true, false, false],
    ];
    const hidden = (i: number): boolean => !paddingMask[Math.floor(i / 24)]![Math.floor((i % 24) / 6)];
    const counts = tensor(
      Float64Array.from({ length: 48 }, (_, i) => Number(!hidden(i))),
      { shape: [2, 4, 6] },
    );
    for (const make of [
      () => new MultiHeadAttention({ heads: 2, headSize: 2, outputSize: 6, seed: 1, rotary: true }),
      () => new TransformerBlock({ hiddenSize: 6, heads: 2, headSize: 2, seed: 1 }),
    ]) {
      const module = make();
      const run = (input: Tensor) => {
        const { value, pullback } = vjp(() => where(counts, module.forward(input, { paddingMask }), 0));
        const gradients = pullback(normal(value.shape, 8));
        return [value, ...module.parameters().map((weight) => gradients.of(weight)!)];
      };
      const clean = run(mul(x, counts));
      run(spoilt(x, hidden, NaN)).forEach((result, i) => expect(gap(result, clean[i]!)).to.be.at.most(1e-12));
    }
  });

  it('by batch_norm, in statistics and gradients', () => {
    const x = normal([5, 3], 6);
    const mask = [true, false, true, true, false];
    const hidden = (i: number): boolean => !mask[Math.floor(i / 3)];
    const seed = spoilt(normal([5, 3], 7), hidden, 0);
    const run = (input: Tensor) => {
      const layer = createNormalizationLayer('batch_norm');
      const { value, pullback } = vjp(() => layer.forward(input, { mask }));
      const gradients = pullback(seed);
      const kept = slice(value, [[0, 4, 2]]);
      const state = Object.values(layer.stateDict()).map((array) => tensor(array));
      return [
        kept,
        slice(value, [3]),
        gradients.of(input)!,
        ...layer.parameters().map((p) => gradients.of(p)!),
        ...state,
      ];
    };
    const clean = run(spoilt(x, hidden, 0));
    for (const bad of [NaN, Infinity, -Infinity])
      run(spoilt(x, hidden, bad)).forEach((result, i) => expect(gap(result, clean[i]!)).to.be.at.most(1e-12));
  });

  it('by losses whose samples do not count', () => {
    const logits = spoilt(normal([3, 4], 1), (i) => i < 4, NaN);
    const probabilities = tensor(
      Float64Array.from({ length: 12 }, () => 0.25),
      { shape: [3, 4] },
    );
    const weighted = { sampleWeight: [0, 1, 1] };
    const all = [
      () => losses.crossEntropy(logits, [-1, 1, 2], { ignoreIndex: -1 }),
      () => losses.crossEntropy(logits, [0, 1, 2], { ...weighted, labelSmoothing: 0.1 }),
      () => losses.crossEntropy(logits, probabilities, weighted),
      () => losses.focalLoss(logits, [-1, 1, 2], { ignoreIndex: -1 }),
      () => losses.focalLoss(logits, [0, 1, 2], weighted),
      () => losses.klDivergence(logits, probabilities, weighted),
      () => losses.klDivergence(logits, probabilities, { ...weighted, fromLogProbabilities: true }),
      () => losses.meanSquaredError(logits, probabilities, weighted),
      () => losses.meanAbsoluteError(logits, probabilities, weighted),
      () => losses.huber(logits, probabilities, weighted),
      () => losses.binaryCrossEntropyWithLogits(logits, probabilities, weighted),
    ];
    all.forEach((loss, i) => {
      const { value, pullback } = vjp(loss);
      expect(value.item(), `loss ${i}`).to.satisfy(Number.isFinite);
      expect(numbers(pullback().of(logits)!), `gradient ${i}`).to.satisfy((all: number[]) =>
        all.every(Number.isFinite),
      );
    });
  });
});

describe('scores that overflow', () => {
  it('give all weight to the largest, forward and backward', () => {
    for (const [dtype, size] of [
      ['float32', 1e20],
      ['float64', 1e160],
    ] as const) {
      const make = (data: number[], shape: number[]) => tensor(Float64Array.from(data), { shape, dtype });
      const [q, k, v] = [
        make([size, size], [1, 2]),
        make([size, size, -size, 1], [2, 2]),
        make([1, 2, 3, 4], [2, 2]),
      ];
      const { value, pullback } = vjp(() => scaledDotProductAttention(q, k, v));
      expect(value.toArray()).to.deep.equal([[1, 2]]);
      const gradients = pullback(make([1, 1], [1, 2]));
      expect(gradients.of(v)!.toArray()).to.deep.equal([
        [1, 1],
        [0, 0],
      ]);
      for (const x of [q, k]) expect(numbers(gradients.of(x)!).every((value) => value === 0)).to.equal(true);
    }
  });
});

describe('left padding', () => {
  const sizes = {
    vocabularySize: 11,
    contextLength: 12,
    layers: 2,
    hiddenSize: 8,
    heads: 2,
    dtype: 'float64',
  } as const;

  it('shifts no token, for any kind of positions, with a cache and without', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('learned', 'sinusoidal', 'rotary', 'none'),
        fc.array(fc.nat(10), { minLength: 2, maxLength: 6 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(1000),
        (positions, tokens, padding, seed) => {
          const model = new LanguageModel({ ...sizes, positions, seed }).eval();
          const alone = model.forward([tokens]);
          const padded = [...Array<number>(padding).fill(0), ...tokens];
          const full = [...tokens, ...Array<number>(padding).fill(3)];
          const mask = [padded.map((_, i) => i >= padding), full.map((_, i) => i < tokens.length)];
          const both = model.forward([padded, full], { paddingMask: mask });
          expect(gap(slice(both, [0, [padding]]), slice(alone, [0]))).to.be.at.most(1e-11);
          expect(gap(slice(both, [1, [0, tokens.length]]), slice(alone, [0]))).to.be.at.most(1e-11);
          const cache = model.cache();
          const first = padding + 1;
          const parts = [[0, first], ...padded.slice(first).map((_, i) => [first + i, first + i + 1])] as [
            number,
            number,
          ][];
          const read = parts.map(([from, to]) =>
            model.forward([padded.slice(from, to)], { cache, paddingMask: [mask[0]!.slice(0, to)] }),
          );
          const last = slice(read.at(-1)!, [0, -1]);
          expect(gap(last, slice(alone, [0, -1]))).to.be.at.most(1e-11);
        },
      ),
      { numRuns: runs(0.3) },
    );
  });

  it('masked tokens between others have no effect on positions', () => {
    for (const positions of ['learned', 'sinusoidal', 'rotary'] as const) {
      const model = new LanguageModel({ ...sizes, positions, seed: 3 }).eval();
      const gappy = model.forward([[1, 9, 2, 9, 3]], { paddingMask: [[1, 0, 1, 0, 1]] });
      expect(gap(slice(gappy, [[], [0, 5, 2]]), model.forward([[1, 2, 3]]))).to.be.at.most(1e-11);
    }
  });

  it('positions may be given, for a model and for each kind of positions', () => {
    const model = new LanguageModel({ ...sizes, positions: 'learned', seed: 3 }).eval();
    const mask = [[0, 0, 1, 1]];
    const counted = model.forward([[0, 0, 5, 6]], { paddingMask: mask });
    const said = model.forward([[0, 0, 5, 6]], { paddingMask: mask, positions: [[0, 0, 0, 1]] });
    expect(gap(said, counted)).to.equal(0);
    const x = normal([2, 3, 4], 1);
    for (const layer of [
      new LearnedPositions(9, { seed: 1 }),
      new SinusoidalPositions(),
      new RotaryPositions(),
    ]) {
      const shifted = layer.forward(x, { offset: 2 });
      expect(gap(layer.forward(x, { positions: [2, 3, 4] }), shifted)).to.equal(0);
      const each = layer.forward(x, {
        positions: [
          [2, 3, 4],
          [0, 1, 2],
        ],
      });
      expect(gap(slice(each, [0]), slice(shifted, [0]))).to.equal(0);
      expect(gap(slice(each, [1]), slice(layer.forward(x), [1]))).to.equal(0);
      for (const positions of [
        [1, 2],
        [0, 1, -1],
        [0, 1, 0.5],
      ])
        expect(failure(() => layer.forward(x, { positions }))).to.include('ositions');
    }
    expect(failure(() => new LearnedPositions(3).forward(x, { positions: [0, 1, 3] }))).to.include(
      'at most 3 positions',
    );
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { distance } from '../../src/array/index.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import {
  type Attending,
  MultiHeadAttention,
  type MultiHeadAttentionOptions,
} from '../../src/models/attention.js';
import { KeyValueCache } from '../../src/models/key-value-cache.js';
import { concat, slice, sub } from '../../src/ops/catalog.js';
import { ones, randomNormal, zeros } from '../../src/ops/create.js';
import { reportText, verifyModule } from '../../src/verify/index.js';
import { failure } from '../support/failure.js';

const wide = { dtype: 'float64' } as const;
const normal = (shape: readonly number[], seed: number): Tensor => randomNormal(shape, { seed, ...wide });

const small = { heads: 4, headSize: 2, seed: 1 } as const;

/** Attention with weights, some of which biases, that are not at their start. */
function made(options: Partial<MultiHeadAttentionOptions> = {}, width = 8): MultiHeadAttention {
  const layer = new MultiHeadAttention({ ...small, ...options });
  layer.forward(normal([1, 2, width], 1));
  layer.parameters().forEach((weight, i) => (weight.value = normal(weight.shape, 50 + i).value));
  return layer;
}

const gap = (a: Tensor, b: Tensor): number => distance(a.value, b.value);

describe('multi-head attention', () => {
  it('passes verifyModule in every form', function () {
    this.timeout(60_000);
    for (const options of [
      {},
      { causal: true, groups: 2, useBias: false },
      { rotary: true, groups: 1 },
      { queryKeyNormalization: 'rms_norm', outputSize: 3 },
      { queryKeyNormalization: { type: 'layer_norm', epsilon: 0.5 }, rotary: true, causal: true },
    ] as const) {
      const report = verifyModule(new MultiHeadAttention({ ...small, ...options }), {
        input: [2, 3, 4],
        runs: 4,
      });
      expect(report.ok, reportText(report)).to.equal(true);
    }
  });

  it('has a dense layer for queries, keys, values and the output, and norms if asked for', () => {
    const shapes = (options: object) =>
      Object.fromEntries(
        Object.entries(made(options, 6).stateDict()).map(([name, { shape }]) => [name, [...shape]]),
      );
    expect(shapes({})).to.deep.equal({
      'query.kernel': [6, 8],
      'query.bias': [8],
      'key.kernel': [6, 8],
      'key.bias': [8],
      'value.kernel': [6, 8],
      'value.bias': [8],
      'output.kernel': [8, 8],
      'output.bias': [8],
    });
    expect(
      shapes({ groups: 2, useBias: false, outputSize: 5, queryKeyNormalization: 'rms_norm' }),
    ).to.deep.equal({
      'query.kernel': [6, 8],
      'key.kernel': [6, 4],
      'value.kernel': [6, 4],
      'output.kernel': [8, 5],
      'query_norm.scale': [2],
      'key_norm.scale': [2],
    });
  });

  it('ignores later tokens if it is causal, and none otherwise', () => {
    const [a, b] = [normal([2, 5, 8], 1), normal([2, 5, 8], 2)];
    const swapped = concat([slice(a, [[], [0, 3]]), slice(b, [[], [3]])], 1);
    const head = (layer: MultiHeadAttention, x: Tensor) => slice(layer.forward(x), [[], [0, 3]]);
    const causal = made({ causal: true });
    expect(gap(head(causal, a), head(causal, swapped))).to.equal(0);
    expect(gap(head(made(), a), head(made(), swapped))).to.be.above(0.01);
  });

  it('ignores padding, in value and gradient', () => {
    const layer = made();
    const x = normal([2, 4, 8], 3);
    const paddingMask = [
      [true, true, false, false],
      [true, true, true, true],
    ];
    const { value, pullback } = vjp(() => slice(layer.forward(x, { paddingMask }), [0, [0, 2]]));
    const alone = layer.forward(
      slice(x, [
        [0, 1],
        [0, 2],
      ]),
    );
    expect(gap(value, slice(alone, [0]))).to.be.below(1e-14);
    const pulled = pullback(normal([2, 8], 4)).of(x)!;
    expect(slice(pulled, [0, [2]]).toArray()).to.deep.equal(zeros([2, 8]).toArray());
    const whole = slice(layer.forward(x), [1]);
    expect(gap(slice(layer.forward(x, { paddingMask }), [1]), whole)).to.equal(0);
  });

  it('takes a mask of pairs, for all, for each sequence or for each head', () => {
    const x = normal([2, 3, 8], 5);
    const pairs = [
      [1, 0, 0],
      [1, 1, 0],
      [1, 1, 1],
    ];
    const causal = made({ causal: true }).forward(x);
    const layer = made();
    for (const mask of [pairs, [pairs, pairs], [pairs, pairs].map((p) => [p, p, p, p])])
      expect(gap(layer.forward(x, { mask }), causal)).to.equal(0);
    const everything = [
      [1, 1, 1],
      [1, 1, 1],
      [1, 1, 1],
    ];
    const apart = layer.forward(x, { mask: [pairs, everything] });
    expect(gap(slice(apart, [0]), slice(causal, [0]))).to.equal(0);
    expect(gap(slice(apart, [1]), slice(layer.forward(x), [1]))).to.equal(0);
    const joined = layer.forward(x, {
      mask: pairs,
      paddingMask: [
        [1, 1, 0],
        [1, 1, 0],
      ],
    });
    expect(
      gap(
        slice(joined, [[], 2]),
        slice(
          layer.forward(x, {
            paddingMask: [
              [1, 1, 0],
              [1, 1, 0],
            ],
          }),
          [[], 2],
        ),
      ),
    ).to.equal(0);
    expect(gap(slice(joined, [[], 0]), slice(causal, [[], 0]))).to.equal(0);
  });

  it('is invariant under the order of keys', () => {
    const layer = made({}, 6);
    const [x, context] = [normal([1, 3, 6], 1), normal([1, 4, 6], 2)];
    const turned = concat(
      [3, 1, 0, 2].map((i) => slice(context, [[], [i, i + 1]])),
      1,
    );
    expect(gap(layer.forward(x, { context }), layer.forward(x, { context: turned }))).to.be.below(1e-13);
    expect(layer.forward(x, { context }).shape).to.deep.equal([1, 3, 8]);
  });

  it('with rotary positions depends only on distances', () => {
    // With a cache, the same numbers stand later.
    const layer = made({ rotary: true });
    const x = normal([1, 3, 8], 6);
    const cache = new KeyValueCache();
    layer.forward(normal([1, 5, 8], 7), { cache });
    const paddingMask = [[0, 0, 0, 0, 0, 1, 1, 1]];
    expect(gap(layer.forward(x, { cache, paddingMask }), layer.forward(x))).to.be.below(1e-13);
    expect(gap(made().forward(x), layer.forward(x))).to.be.above(0.01);
  });

  it('gives the same in parts, with a cache, as at once', () => {
    fc.assert(
      fc.property(
        fc.record({
          groups: fc.constantFrom(1, 2, 4),
          rotary: fc.boolean(),
          queryKeyNormalization: fc.constantFrom('none' as const, 'rms_norm' as const),
          cuts: fc.uniqueArray(fc.integer({ min: 1, max: 5 })),
        }),
        ({ cuts, ...options }) => {
          const layer = made({ ...options, causal: true });
          const x = normal([2, 6, 8], 8);
          const cache = new KeyValueCache();
          const ends = [...cuts.toSorted((a, b) => a - b), 6];
          const parts = ends.map((end, i) =>
            layer.forward(slice(x, [[], [ends[i - 1] ?? 0, end]]), { cache }),
          );
          expect(cache.length).to.equal(6);
          expect(gap(concat(parts, 1), layer.forward(x))).to.be.below(1e-13);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('starts from the same bits for the same seed, each dense layer from others', () => {
    const weights = (seed: number) => {
      const layer = new MultiHeadAttention({ ...small, seed });
      layer.forward(ones([1, 1, 8]));
      return layer.parameters().map((weight) => weight.toArray());
    };
    expect(weights(3)).to.deep.equal(weights(3));
    const [query, , key] = weights(3);
    expect(query).not.to.deep.equal(key);
    expect(weights(3)[0]).not.to.deep.equal(weights(4)[0]);
  });

  it('rejects inputs that do not fit', () => {
    const layer = made();
    const x = ones([2, 5, 8], wide);
    const wrong = (given: object, input = x): string =>
      failure(() => layer.forward(input, given as Attending));
    expect(
      wrong({
        paddingMask: [
          [1, 1, 1, 1],
          [1, 1, 1, 1],
        ],
      }),
    ).to.equal('MultiHeadAttention.paddingMask: expected the shape [2,5], received [2,4].');
    expect(wrong({ mask: [[true, false]] })).to.equal(
      'MultiHeadAttention.mask: expected the shape [5,5] or [2,5,5] or [2,4,5,5], received [1,2].',
    );
    expect(wrong({ context: ones([3, 5, 8], wide) })).to.equal(
      'MultiHeadAttention: expected a context of 2 sequences, as many as x, received [3,5,8].',
    );
    expect(wrong({ context: ones([2, 8], wide) })).to.equal(
      'MultiHeadAttention.context: expected sequences [batch, length, width] that are not empty, received [2,8].',
    );
    expect(wrong({ context: ones([2, 5, 8], wide), cache: new KeyValueCache() })).to.include(
      'no context where',
    );
    expect(wrong({ padding: [] })).to.equal(
      'MultiHeadAttention: expected one of the options context, paddingMask, mask, cache, positions, bias, received "padding". Did you mean paddingMask?',
    );
    expect(wrong({}, zeros([2, 0, 8], wide))).to.include('that are not empty, received [2,0,8].');
    const unmade = (options: object): string =>
      failure(() => new MultiHeadAttention(options as MultiHeadAttentionOptions));
    expect(unmade({ headSize: 2 })).to.equal(
      'MultiHeadAttention.heads: expected a whole number from 1, received null.',
    );
    expect(unmade({ heads: 4, head_size: 2 })).to.equal('no error');
    expect(unmade({ heads: 4, headSize: 2, groups: 3 })).to.equal(
      'MultiHeadAttention.groups: expected a divisor of 4 heads, received 3.',
    );
    expect(unmade({ heads: 4, headSize: 3, rotary: true })).to.equal(
      'MultiHeadAttention.headSize: expected an even size, since numbers turn in pairs, received 3.',
    );
    expect(unmade(undefined as never)).to.include('MultiHeadAttention: expected a plain object of options');
  });

  it('leaves a cache unchanged if an input is rejected', () => {
    const layer = made();
    const cache = new KeyValueCache();
    layer.forward(normal([1, 2, 8], 1), { cache });
    failure(() => layer.forward(normal([1, 1, 8], 1), { cache, paddingMask: [[1]] }));
    failure(() => layer.forward(normal([2, 1, 8], 1), { cache }));
    expect(cache.length).to.equal(2);
    expect(gap(sub(layer.forward(normal([1, 1, 8], 2), { cache }), 0), zeros([1, 1, 8], wide))).to.be.above(
      0,
    );
  });
});

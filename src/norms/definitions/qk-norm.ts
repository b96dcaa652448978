import { type Shape, reshape } from '../../array/index.js';
import type { Algebra } from '../algebra.js';
import { learned, leastLength, rootMeanSquare, standardized, unitOf } from '../formula.js';
import {
  evenGradient,
  queryKeyLaws,
  learnedLaws,
  oddFunction,
  samplesAlwaysApart,
  switchedOff,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { type HeadKind, headShape, normalizeHeads } from '../parts/heads.js';
import { boundGap } from '../parts/index.js';

interface Heads {
  readonly heads: number;
  readonly keyHeads: number | null;
  readonly scope: 'head' | 'full';
}

const keyHeadsOf = ({ heads, keyHeads }: Heads): number => keyHeads ?? heads;

/** The width of the keys beside queries of this shape. */
const keyWidth = (input: Shape, options: Heads): number =>
  (input.at(-1)! / options.heads) * keyHeadsOf(options);

/** In how many parts queries and keys are normalized: their heads, or one. */
const partsOf = (options: Heads) =>
  options.scope === 'full' ? { queries: 1, keys: 1 } : { queries: options.heads, keys: keyHeadsOf(options) };

const sizes = 'the size of a head, or the whole width with `scope: "full"`';

export const qkNorm = norm({
  type: 'qk_norm',
  title: 'QK normalization',
  alsoKnownAs: ['QKNorm', 'query-key normalization'],
  about: 'Normalizes the queries and keys of attention, head by head, before their products.',
  useCase: 'Attention whose logits must not grow, before the rotary embedding.',
  reference: {
    authors: 'Mostafa Dehghani, Josip Djolonga, Basil Mustafa, Piotr Padlewski, Jonathan Heek, and others',
    title: 'Scaling Vision Transformers to 22 Billion Parameters',
    year: 2023,
    url: 'https://arxiv.org/abs/2302.05442',
  },
  notes: [
    'Models differ: Qwen3 and Gemma 3 take rms_norm with one gain for all heads, the default; ViT-22B takes layer_norm; OLMo 2 normalizes the whole width at once (`scope: "full"`), with a gain for each feature; Henry et al. (2020) take l2, with a learned temperature behind the product.',
    'layer_norm learns no shift here.',
    'Queries and keys may lie at different positions, as with a cache of keys: only the batch and the size of a head must agree.',
    'No logit exceeds the size of a head times the largest product of gains, whatever the weights before: |q · k| ≤ D max|γ δ|. Under l2 without gains no logit exceeds 1.',
    'The default ε is 1e-6; under l2 it is the least length.',
  ],
  traits: { place: 'hidden', couples: 'group', cost: 5, guards: ['size', 'shift'] },

  options: {
    heads: option.number(1, 'The number of heads of the queries; it must divide their width.', {
      min: 1,
      whole: true,
      explore: [1, 4],
    }),
    keyHeads: option.numberOrNull(
      null,
      'The number of heads of the keys, smaller with grouped queries; null for as many as queries have.',
      { min: 1, whole: true, explore: [1, 3] },
    ),
    kind: option.choice('rms_norm', 'What each head is divided by.', ['rms_norm', 'layer_norm', 'l2']),
    scope: option.choice('head', 'Whether each head has its own N, or all heads share one.', [
      'head',
      'full',
    ]),
    epsilon: option.epsilon('Added to the mean square or the variance; the least length under l2.'),
    useScale: option.flag(true, 'Whether to learn the gains γ and δ.'),
    queryScaleInitializer: option.initializer('ones', 'Initializer of γ.'),
    keyScaleInitializer: option.initializer('ones', 'Initializer of δ.'),
  },

  parameters: {
    query_scale: {
      symbol: 'γ',
      about: 'The gain γ of the queries, shared by their heads.',
      sizes,
      shape: (input, { heads, scope }) => [input.at(-1)! / (scope === 'full' ? 1 : heads)],
      initial: ({ queryScaleInitializer }) => queryScaleInitializer,
      when: ({ useScale }) => useScale,
    },
    key_scale: {
      symbol: 'δ',
      about: 'The gain δ of the keys, shared by their heads.',
      sizes,
      shape: (input, options) => [keyWidth(input, options) / partsOf(options).keys],
      initial: ({ keyScaleInitializer }) => keyScaleInitializer,
      when: ({ useScale }) => useScale,
    },
  },

  inputs: [
    {
      name: 'key',
      symbol: 'k',
      about: 'The keys k.',
      sizes: 'that of x, with any number of positions, and the width of the key heads',
      shape: (input, options) => [
        ...input.slice(0, -1).map((size, axis) => (axis === 0 ? size : null)),
        keyWidth(input, options),
      ],
    },
  ],

  outputs: [
    { name: 'queries', about: 'The normalized queries, in the shape of x.' },
    { name: 'keys', about: 'The normalized keys, in the shape of k.' },
  ],

  accepts(input, { heads }) {
    if (input.length < 2) return { expected: 'an input of rank 2 or more, with the batch first' };
    const width = input.at(-1)!;
    return width % heads === 0 || { option: 'heads', expected: `a divisor of the width ${width}` };
  },

  formula(math, x, { query_scale, key_scale }, options, { inputs }) {
    const { kind, epsilon } = options;
    const parts = partsOf(options);
    const key = inputs['key']!;
    return {
      outputs: [
        divided(math, x, parts.queries, kind, epsilon, query_scale),
        divided(forKeys(math), key, parts.keys, kind, epsilon, key_scale),
      ],
    };
  },

  /**
   * The gradients of γ, δ, x̂, x and k, from those of the outputs; the n numbers of a head share one N, of queries, or Nₖ, of keys.
   *
   *     dγ = Σ dqueries x̂
   *     dδ = Σ dkeys k̂
   *     dx̂ = γ dqueries                    queries = γ x̂
   *     dx = (dx̂ − x̂ mean(dx̂ x̂)) / N       x̂ = x / N   N² = mean(x²) + ε
   *     dk = (dk̂ − k̂ mean(dk̂ k̂)) / Nₖ      k̂ = k / Nₖ   Nₖ² = mean(k²) + ε
   *     dk̂ = δ dkeys                       keys = δ k̂
   *
   * With `{ kind: 'layer_norm' }` the mean is taken off first:
   *
   *     dx = (dx̂ − mean(dx̂) − x̂ mean(dx̂ x̂)) / N       x̂ = (x − x̄) / N
   *     dk = (dk̂ − mean(dk̂) − k̂ mean(dk̂ k̂)) / Nₖ      k̂ = (k − k̄) / Nₖ
   *
   * With `{ kind: 'l2' }` N is the length, a sum of squares and not a mean; below ε it is constant:
   *
   *     dx = (dx̂ − n x̂ mean(dx̂ x̂)) / N       N² = Σ x²
   *     dk = (dk̂ − n k̂ mean(dk̂ k̂)) / Nₖ
   */
  apply(x, { query_scale, key_scale }, options, { inputs: { key } }) {
    const { kind, epsilon } = options;
    const parts = partsOf(options);
    const queries = normalizeHeads(x, parts.queries, kind, epsilon, query_scale);
    const keys = normalizeHeads(key, parts.keys, kind, epsilon, key_scale);
    return {
      value: [queries.value, keys.value],
      pullback([ofQueries, ofKeys]) {
        const [q, k] = [queries.pullback(ofQueries), keys.pullback(ofKeys)];
        return { x: q.x, key: k.x, query_scale: q.gain, key_scale: k.gain };
      },
    };
  },

  kinks(x, options, { inputs: { key } }) {
    const { kind, epsilon } = options;
    if (kind !== 'l2') return Infinity;
    const parts = partsOf(options);
    const gap = (a: typeof x, heads: number) =>
      boundGap(reshape(a, headShape(a.shape, heads)), -1, epsilon, 'lengthFloor');
    return Math.min(gap(x, parts.queries), gap(key, parts.keys));
  },

  example: {
    options: { heads: 2 },
    x: [
      [3, 4, -5, 12],
      [1, 1, 0, 2],
    ],
    parameters: { query_scale: [1, 2], key_scale: [3, -1] },
    inputs: {
      key: [
        [1, 3, 0, 2],
        [4, -2, 1, 1],
      ],
    },
    y: [
      [
        [0.84853, 2.26274, -0.54393, 2.61086],
        [1, 2, 0, 2.82843],
      ],
      [
        [1.34164, -1.34164, 0, -1.41421],
        [3.79473, 0.63246, 3, -1],
      ],
    ],
  },

  invariants: {
    oddFunction,
    samplesAlwaysApart,
    evenGradient,
    ...queryKeyLaws,
    ...learnedLaws({ gain: 'query_scale' }),
    scalesAtOne: switchedOff({ useScale: false }, { query_scale: 1, key_scale: 1 }),
  },
});

/** γ x̂ for each head of x. */
function divided<T>(
  math: Algebra<T>,
  x: T,
  heads: number,
  kind: HeadKind,
  epsilon: number,
  gain: T | undefined,
): T {
  const shape = math.shape(x);
  const split = math.reshape(x, headShape(shape, heads));
  const unit = (): T => {
    if (kind === 'layer_norm') return standardized(math, split, -1, epsilon);
    if (kind === 'l2') return unitOf(math, split, leastLength(math, split, -1, epsilon));
    return unitOf(math, split, math.name('N', rootMeanSquare(math, split, -1, epsilon)));
  };
  return math.reshape(learned(math, unit(), -1, gain), shape);
}

/** The names of intermediate results of the keys. */
const OF_KEYS: Readonly<Record<string, string>> = { N: 'Nₖ', x̄: 'k̄', v: 'vₖ', x̂: 'k̂' };

const forKeys = <T>(math: Algebra<T>): Algebra<T> => ({
  ...math,
  name: (symbol, value) => math.name(OF_KEYS[symbol] ?? symbol, value),
});

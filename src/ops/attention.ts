import * as array from '../array/index.js';
import { type NdArray, Random, type Source, drawFactors, positiveAxes } from '../array/index.js';
import { type Operand, SMOOTH, alike, lift, withDomain } from '../autograd/primitive.js';
import { readArray } from '../autograd/state.js';
import { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { type Given, axis, flag, number, resolveBeside, seed } from '../option/index.js';
import { type Condition, holding } from './choose.js';
import { type Positions, readPositions } from './positions.js';

const ATTENTION = {
  causal: flag(
    false,
    'Whether a query sees no key behind its own place; the last query stands at the last key.',
  ),
  dropout: number(
    0,
    'The share of attention weights that are dropped; the others are divided by what is left of 1.',
    {
      min: 0,
      below: 1,
      explore: [0, 0.5],
    },
  ),
  seed: seed('Draws which weights are dropped; needed if any are.'),
};

/** The options of attention. */
export interface AttentionOptions extends Given<typeof ATTENTION> {
  /**
   * Whether a query may see a key, as booleans or as ones and zeros, broadcast to [..., heads, queries, keys]. A hidden key
   * has no share, whatever it holds. Default: every query sees every key.
   */
  readonly mask?: Condition | undefined;
  /**
   * Numbers that are added to the scores, such as the distances of ALiBi (Press, Smith and Lewis 2022) or an additive mask,
   * broadcast to [..., heads, queries, keys]. A tensor gets a gradient. A key at −∞ is hidden.
   */
  readonly bias?: Tensor | Source | undefined;
  /** The factor of the products of queries and keys. Default: 1 / √width. */
  readonly scale?: number | undefined;
}

/**
 * softmax(scale · Q Kᵀ) V, by Vaswani et al. (2017), eq. 1: a query [..., heads, queries, width], a key [..., groups,
 * keys, width] and a value [..., groups, keys, depth] give [..., heads, queries, depth]. If there are fewer groups
 * than heads, neighbouring heads share one (Ainslie et al. 2023). A query without visible keys gives zeros.
 *
 * For the scores s = scale · Q Kᵀ, the tape keeps the output o, and the largest score m and t = Σ exp(s − m) of each query,
 * but no attention weights: the backward pass recomputes p = exp(s − m) / t for one block of queries at a time (Dao et al.
 * 2022). With D = ⟨o, do⟩, that gives dV = pᵀ dO, ds = p ⊙ (dO Vᵀ − D), dQ = scale · ds K and dK = scale · dsᵀ Q. Throws
 * if shapes do not fit.
 */
export const scaledDotProductAttention = withDomain(
  SMOOTH,
  (query: Operand, key: Operand, value: Operand, given: AttentionOptions = {}): Tensor => {
    const where = 'scaledDotProductAttention';
    const { causal, dropout, seed, mask, scale, bias } = resolveBeside(where, ATTENTION, given, BESIDE);
    if (scale !== undefined && !Number.isFinite(scale)) {
      throw new NormtapeError({ where: `${where}.scale`, expected: 'a finite number', received: scale });
    }
    if (dropout > 0 && seed === undefined) {
      throw new NormtapeError({ where: `${where}.seed`, expected: 'a seed for the dropout', received: seed });
    }
    const seen = mask === undefined ? undefined : holding(`${where}.mask`, mask, AS_BIAS);
    const added = bias === undefined ? [] : [biasOf(where, bias, query)];
    return lift(
      where,
      [query, key, value, ...added],
      (q, k, v, b?: NdArray) => {
        const pairs = [...q.shape.slice(0, -1), k.shape.at(-2) ?? 0];
        const factors = dropout > 0 ? drawFactors(new Random(seed!), pairs, dropout, q.dtype) : undefined;
        const settings = { causal, mask: seen, scale: scale ?? 1 / Math.sqrt(q.shape.at(-1) ?? 1) };
        const { value: out, back } = array.attention(q, k, v, { ...settings, bias: b, factors });
        return {
          value: out,
          pullback: (g, needed) => back(g, { bias: needed[3] ?? false }).slice(0, needed.length),
        };
      },
      { causal, dropout, mask: mask instanceof Tensor ? mask : seen, scale },
    );
  },
);

const BESIDE = ['mask', 'scale', 'bias'] as const;

/** The options that take an additive mask, for errors. */
export const AS_BIAS = 'Or pass it as bias, whose numbers are added to the scores.';

/** The bias as an operand: a tensor may have a gradient, other numbers take the dtype of the query. */
const biasOf = (where: string, bias: Tensor | Source, query: Operand): Tensor =>
  bias instanceof Tensor
    ? bias
    : new Tensor(readArray(`${where}.bias`, bias, query instanceof Tensor ? query.dtype : 'float32'));

/**
 * The attention weights softmax(scale · Q Kᵀ + bias), [..., heads, queries, keys], with the options of
 * `scaledDotProductAttention` except dropout. It allocates all of them, which `scaledDotProductAttention` avoids.
 *
 * @throws {NormtapeError} If shapes or options do not fit.
 */
export const attentionWeights = withDomain(
  SMOOTH,
  (query: Operand, key: Operand, given: Omit<AttentionOptions, 'dropout' | 'seed'> = {}): Tensor => {
    const [{ shape, dtype }] = alike('attentionWeights', [key]) as [Tensor];
    const keys = shape.at(-2) ?? 0;
    // If the values are the rows of an identity matrix, the result is the weights.
    const identity = Array.from({ length: keys * keys }, (_, i) => Number(i % (keys + 1) === 0));
    const values = array.broadcastTo(array.filled(identity, [keys, keys], dtype), [
      ...shape.slice(0, -2),
      keys,
      keys,
    ]);
    return scaledDotProductAttention(query, key, new Tensor(values), given);
  },
);

const ROTARY = {
  axis: axis(-2, 'The axis of the positions; the last axis holds the pairs that are rotated.'),
  offset: number(0, 'The position of the first, for sequences that are read in parts.', {
    min: 0,
    whole: true,
    explore: [0, 16],
  }),
  base: number(10_000, 'How slowly the last pair is rotated.', { above: 0, explore: [100, 10_000] }),
};

/** The options of `rotary`. */
export type RotaryOptions = Given<typeof ROTARY> & {
  /**
   * The positions, instead of `offset`: whole numbers from 0, of shape [positions], or of the shape of x up to the axis of
   * the positions.
   */
  readonly positions?: Positions | undefined;
};

/**
 * Rotary positions, by Su et al. (2021), eq. 34: the pairs (x[j], x[j + n]) of the 2n numbers of the last axis are
 * rotated by position · base^(−j / n), so that the product of two rows depends only on the distance of their
 * positions. The gradient is rotated back. Throws if the size of the last axis is odd, or if positions have another shape.
 */
export const rotary = withDomain(SMOOTH, (x: Operand, given: RotaryOptions = {}): Tensor => {
  const { axis: at, offset, base, positions } = resolveBeside('rotary', ROTARY, given, ['positions']);
  return lift(
    'rotary',
    [x],
    (input) => {
      const { shape } = input;
      const [places] = positiveAxes(at, shape.length, 'rotary.axis');
      if (places === shape.length - 1 || shape.at(-1)! % 2 !== 0) {
        const expected = 'an axis of positions before the last axis, whose size is even';
        throw new NormtapeError({ where: 'rotary', expected, received: shape });
      }
      const known =
        positions === undefined
          ? Float64Array.from({ length: shape[places!]! }, (_, i) => offset + i)
          : readPositions('rotary.positions', positions, [[shape[places!]!], shape.slice(0, places! + 1)])
              .data;
      const turning = { axis: places!, positions: known, base };
      return {
        value: array.rotate(input, turning, 1),
        pullback: (g) => [array.rotate(g, turning, -1)],
      };
    },
    { axis: at, offset, base, positions },
  );
});

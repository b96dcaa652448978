import * as array from '../array/index.js';
import { positiveAxes } from '../array/index.js';
import { type Operand, SMOOTH, lift, within } from '../autograd/primitive.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { type Given, axis, flag, number, resolveBeside } from '../option/index.js';
import { type Condition, holding } from './choose.js';
import { type Positions, readPositions } from './positions.js';

const ATTENTION = {
  causal: flag(
    false,
    'Whether a query sees no key behind its own place; the last query stands at the last key.',
  ),
};

/** What attention takes; everything has a default. */
export interface AttentionOptions extends Given<typeof ATTENTION> {
  /**
   * Where a query may see a key: true or 1, as booleans or as ones and zeros; it stretches to [..., heads, queries, keys].
   * Left out: everywhere. All zeros hide everything. What is hidden is never read, whatever it holds.
   */
  readonly mask?: Condition | undefined;
  /** What products of queries and keys are multiplied by; 1 / √width when left out. */
  readonly scale?: number | undefined;
}

/**
 * softmax(scale · Q Kᵀ) V, by Vaswani et al. (2017), eq. 1: a query [..., heads, queries, width], a key [..., groups,
 * keys, width] and a value [..., groups, keys, depth] give [..., heads, queries, depth]. Where there are fewer groups
 * than heads, neighbouring heads share one (Ainslie et al. 2023). A query that sees no key gives zeros.
 *
 * On the tape are the output o and the logarithm of Σ exp s of each query, and no shares: on the way back p = exp(s −
 * log) is computed again a block of queries at a time (Dao et al. 2022). With D = ⟨o, do⟩, that gives dV = pᵀ dO, ds =
 * p ⊙ (dO Vᵀ − D), dQ = scale · ds K and dK = scale · dsᵀ Q. Throws where shapes do not fit.
 */
export const scaledDotProductAttention = within(
  SMOOTH,
  (query: Operand, key: Operand, value: Operand, given: AttentionOptions = {}): Tensor => {
    const where = 'scaledDotProductAttention';
    const { causal, mask, scale } = resolveBeside(where, ATTENTION, given, ['mask', 'scale']);
    if (scale !== undefined && !Number.isFinite(scale)) {
      throw new NormtapeError({ where: `${where}.scale`, expected: 'a finite number', received: scale });
    }
    const seen = mask === undefined ? undefined : holding(`${where}.mask`, mask);
    return lift(where, [query, key, value], (q, k, v) => {
      const settings = { causal, mask: seen, scale: scale ?? 1 / Math.sqrt(q.shape.at(-1) ?? 1) };
      const { value: out, back } = array.attention(q, k, v, settings);
      return { value: out, pullback: back };
    });
  },
);

const ROTARY = {
  axis: axis(-2, 'The axis of the places; the last axis holds what is turned.'),
  offset: number(0, 'The place of the first, for sequences that are read in parts.', {
    min: 0,
    whole: true,
    explore: [0, 16],
  }),
  base: number(10_000, 'How slow the slowest pair turns.', { above: 0, explore: [100, 10_000] }),
};

/** What `rotary` takes; everything has a default. */
export type RotaryOptions = Given<typeof ROTARY> & {
  /**
   * The place of each, instead of `offset`: whole numbers from 0, [places], or one list for each that leads, in the shape
   * of x up to the axis of the places.
   */
  readonly positions?: Positions | undefined;
};

/**
 * Rotary positions, by Su et al. (2021), eq. 34: of the 2n numbers of the last axis, the pairs (x[j], x[j + n]) turn by
 * place · base^(−j / n), so that the product of two rows depends on their places by the distance alone. The gradient
 * turns back. Throws where the last axis is odd, or where positions have another shape.
 */
export const rotary = within(SMOOTH, (x: Operand, given: RotaryOptions = {}): Tensor => {
  const { axis: at, offset, base, positions } = resolveBeside('rotary', ROTARY, given, ['positions']);
  return lift('rotary', [x], (input) => {
    const { shape } = input;
    const [places] = positiveAxes(at, shape.length, 'rotary.axis');
    if (places === shape.length - 1 || shape.at(-1)! % 2 !== 0) {
      const expected = 'places on an axis before the last, and an even number of what is turned';
      throw new NormtapeError({ where: 'rotary', expected, received: shape });
    }
    const known =
      positions === undefined
        ? Float64Array.from({ length: shape[places!]! }, (_, i) => offset + i)
        : readPositions('rotary.positions', positions, [[shape[places!]!], shape.slice(0, places! + 1)]).data;
    const turning = { axis: places!, positions: known, base };
    return {
      value: array.rotate(input, turning, 1),
      pullback: (g) => [array.rotate(g, turning, -1)],
    };
  });
});

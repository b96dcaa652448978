import { type NdArray, flat } from '../../array/index.js';
import type { Slope } from './measure.js';
import type { Probe } from './probes.js';

/** One number of a gradient: as the pullback claims it, and as differences measure it. */
export interface GradcheckEntry {
  /** The position of the input, and the index of the number in it; empty for a probe of all elements. */
  readonly input: number;
  readonly index: readonly number[];
  readonly claimed: number;
  readonly measured: number;
  /** The error bound of the measurement. */
  readonly error: number;
}

/** Compares the claimed gradients with the measured slopes: the largest deviation, where it is, and how many were compared. */
export function compare(
  seeds: readonly (readonly NdArray[])[],
  claims: readonly (readonly NdArray[])[],
  probes: readonly Probe[],
  slopes: readonly Slope[],
  tolerance: number,
) {
  let deviation = 0;
  let worst: GradcheckEntry | undefined;
  let checked = 0;
  seeds.forEach((seed, s) => {
    const weights = Float64Array.from(seed.flatMap((g) => [...flat(g)]));
    const entries = probes.flatMap(({ input, index, row, direction }, d) => {
      const { value, error, kink } = slopes[d]!;
      if (kink) return [];
      // Its probe moves an element by its scale, so that both sides are multiplied by the scale.
      return {
        input,
        index,
        row,
        claimed: inner(flat(claims[s]![input]!), flat(direction[input]!)),
        measured: inner(weights, value),
        error: inner(weights.map(Math.abs), error),
      };
    });
    const highest = new Map<string, number>();
    const key = ({ input, row }: { input: number; row: number }) => `${input}:${row}`;
    for (const entry of entries) {
      highest.set(key(entry), Math.max(highest.get(key(entry)) ?? 0, Math.abs(entry.measured)));
    }
    for (const { row, ...entry } of entries) {
      checked += 1;
      const difference = Math.abs(entry.claimed - entry.measured);
      const allowed = highest.get(key({ input: entry.input, row }))! + (10 * entry.error) / tolerance;
      const relative = difference === 0 ? 0 : difference / allowed;
      if (relative > deviation || !Number.isFinite(relative)) {
        deviation = Number.isNaN(relative) ? Infinity : Math.max(deviation, relative);
        worst = entry;
      }
    }
  });
  return { deviation, worst, checked };
}

/** The inner product. Products with 0 are skipped, since 0 · ∞ is NaN. */
const inner = (a: Iterable<number>, b: ArrayLike<number>): number => {
  let total = 0;
  let i = 0;
  for (const x of a) {
    const y = b[i++]!;
    if (x !== 0 && y !== 0) total += x * y;
  }
  return total;
};

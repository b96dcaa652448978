import { binomialTail } from './binomial.js';

/** A median with a range around it. */
export interface Middle {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** The median and the quartiles, between which the middle half of the values lies. */
export function quartiles(values: readonly number[]): Middle {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = sorted[Math.floor(place)]!;
    return below + (place % 1) * (sorted[Math.ceil(place)]! - below);
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

/**
 * An interval between two of the values that contains the true median at this level, for any distribution: the k-th
 * smallest and k-th largest, with k by the binomial distribution (Thompson 1936). Undefined for too few values.
 */
export function medianInterval(values: readonly number[], level: number): Omit<Middle, 'median'> | undefined {
  const sorted = Float64Array.from(values).sort();
  const { length } = sorted;
  let k = 0;
  // 2 P(X ≤ k): at most k values lie on one side of the median, for either side.
  while (k < length / 2 && 2 * binomialTail(length - k, length, 0.5) <= 1 - level) k++;
  return k === 0 ? undefined : { low: sorted[k - 1]!, high: sorted[length - k]! };
}

/** The tenth percentile of some times: other work of the machine can only have added to them. */
export const quietest = (times: readonly number[]): number =>
  Float64Array.from(times).sort()[Math.floor(times.length / 10)]!;

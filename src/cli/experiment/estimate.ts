import { type Estimate as Mean, estimateOf as meanOf } from '../statistics/estimate.js';
import { confidenceInterval } from '../../train/index.js';

/** A mean over seeds with its 95 % confidence interval, and its values. */
export interface Estimate extends Mean {
  /** One value per seed. */
  readonly values: readonly number[];
}

/** The meaning of ± in every experiment, for the notes of its tables. */
export const PLUS_MINUS = '± is half the 95 % confidence interval of the mean over seeds (Student).';

/** The mean of some values with its interval; undefined if there are none. */
export function estimateOf(values: readonly number[]): Estimate | undefined {
  const mean = meanOf(values);
  return mean && { ...mean, values };
}

/** One value per seed, for the seeds that have one. */
export type BySeed = ReadonlyMap<number, number>;

/** The mean of a − b over the seeds that both have; undefined if there is no such seed. */
export const differenceOf = (a: BySeed, b: BySeed): Estimate | undefined =>
  estimateOf([...a].flatMap(([seed, value]) => (b.has(seed) ? value - b.get(seed)! : [])));

/**
 * On which side of 0 a difference lies significantly, as one of several `comparisons`: the side of its interval at a
 * level of 1 − 0.05 / comparisons (Bonferroni), so that an error rate of one in twenty holds for all of them together.
 * Undecided if that interval contains 0, and with a single seed.
 */
export function significantSide({ values }: Estimate, comparisons: number): 'above' | 'below' | 'undecided' {
  if (values.length < 2) return 'undecided';
  const { low, high } = confidenceInterval(values, { level: 1 - 0.05 / comparisons });
  if (low > 0) return 'above';
  return high < 0 ? 'below' : 'undecided';
}

/** When a difference is marked as significant, as a note for tables with this many comparisons. */
export const significance = (comparisons: number): string =>
  comparisons === 1
    ? 'It is marked if that interval lies on one side of 0.'
    : `A difference is marked if it is significant: the interval that is right for all ${comparisons} at once (Bonferroni), which is wider, lies on one side of 0.`;

/** With fewer seeds than this, a remark warns of wide intervals. */
const FEW = 4;

/** A remark on the intervals of few seeds; none if there are enough. */
export function fewSeeds(seeds: number): readonly string[] {
  if (seeds >= FEW) return [];
  if (seeds < 2) return ['One seed cannot tell a difference from chance: use more --seeds for intervals.'];
  const factor = confidenceInterval([-1, ...Array.from({ length: seeds - 2 }, () => 0), 1]);
  const reach = factor.high / (factor.standardDeviation / Math.sqrt(seeds));
  return [
    `${seeds} seeds make wide intervals, ${reach.toFixed(1)} standard errors to each side; with 10 seeds it is 2.3.`,
  ];
}

import { confidenceInterval } from '../../train/index.js';

/** A mean over seeds with its 95 % confidence interval; of one seed there is no interval. */
export interface Estimate {
  readonly mean: number;
  readonly low: number | undefined;
  readonly high: number | undefined;
  /** One for each seed. */
  readonly values: readonly number[];
}

/** What ± means in every experiment, for the notes of its tables. */
export const PLUS_MINUS = '± is half the 95 % confidence interval of the mean over seeds (Student).';

/** Undefined of no values. */
export function estimateOf(values: readonly number[]): Estimate | undefined {
  if (values.length === 0) return undefined;
  if (values.length === 1) return { mean: values[0]!, low: undefined, high: undefined, values };
  const { mean, low, high } = confidenceInterval(values);
  return { mean, low, high, values };
}

/** A value for each seed under which there is one. */
export type BySeed = ReadonlyMap<number, number>;

/** The mean of a − b over the seeds that both have, seed by seed; undefined where there is none. */
export const differenceOf = (a: BySeed, b: BySeed): Estimate | undefined =>
  estimateOf([...a].flatMap(([seed, value]) => (b.has(seed) ? value - b.get(seed)! : [])));

/**
 * On which side of 0 a difference is proven to lie among so many that are looked at together: that of its interval at a
 * level of 1 − 0.05 / comparisons (Bonferroni), so that one chance in twenty holds for all of them. Undecided where that
 * interval holds 0, and under one seed.
 */
export function provenSide({ values }: Estimate, comparisons: number): 'above' | 'below' | 'undecided' {
  if (values.length < 2) return 'undecided';
  const { low, high } = confidenceInterval(values, { level: 1 - 0.05 / comparisons });
  if (low > 0) return 'above';
  return high < 0 ? 'below' : 'undecided';
}

/** What it takes to be called different, for the notes of tables with so many comparisons. */
export const proven = (comparisons: number): string =>
  comparisons === 1
    ? 'It is marked where that interval lies on one side of 0.'
    : `Marked is what is proven: where the interval that is right for all ${comparisons} differences at once (Bonferroni), which is wider, lies on one side of 0.`;

/** '0.912 ± 0.004', '91.2 ± 0.4' with a factor of 100; a dash where there is nothing. */
export const showEstimate = (estimate: Estimate | undefined, digits: number, factor = 1): string =>
  estimate
    ? [estimate.mean, ...(estimate.high === undefined ? [] : [estimate.high - estimate.mean])]
        .map((x) => (factor * x).toFixed(digits))
        .join(' ± ')
    : '–';

/** The same with its sign: '+0.7 ± 0.3', '−2.8 ± 1.3'. */
export function showDifference(difference: Estimate | undefined, digits: number, factor = 1): string {
  const shown = showEstimate(difference, digits, factor);
  return difference ? (shown.startsWith('-') ? shown.replace('-', '−') : `+${shown}`) : shown;
}

/** Below so many seeds, a remark says what their number does to an interval. */
const FEW = 4;

/** A remark on intervals of few seeds; none where there are enough. */
export function fewSeeds(seeds: number): readonly string[] {
  if (seeds >= FEW) return [];
  if (seeds < 2) return ['One seed tells no difference from chance: give --seeds more for intervals.'];
  const factor = confidenceInterval([-1, ...Array.from({ length: seeds - 2 }, () => 0), 1]);
  const reach = factor.high / (factor.standardDeviation / Math.sqrt(seeds));
  return [
    `${seeds} seeds make wide intervals, ${reach.toFixed(1)} standard errors to each side; with 10 seeds it is 2.3.`,
  ];
}

import { type Detection, confidenceInterval, detection } from '../../../train/index.js';
import { type Method, scoresOf } from './methods.js';
import { type Fold, OUTLIERS, type Outliers } from './samples.js';
import type { Run } from './training.js';

/** A mean over seeds with its 95 % confidence interval; of one seed, or of none that ended, there is none. */
export interface Estimate {
  readonly mean: number;
  readonly low: number | undefined;
  readonly high: number | undefined;
  /** One for each seed. */
  readonly values: readonly number[];
}

/** How a method did, over the seeds whose trainings did not diverge. */
export interface Row {
  readonly method: string;
  readonly group: string;
  readonly sees: string;
  /** How many seeds it was measured under. */
  readonly seeds: readonly number[];
  /** Under how many seeds a training that it needs diverged. */
  readonly diverged: number;
  /** Of the network that classifies, on the inliers to test. */
  readonly accuracy: Estimate | undefined;
  /** Undefined where the method reads no probabilities. */
  readonly calibrationError: Estimate | undefined;
  readonly outliers: Readonly<Record<Outliers, Readonly<Record<keyof Detection, Estimate | undefined>>>>;
}

export const MEASURES = [
  'auroc',
  'auprIn',
  'auprOut',
  'fpr95',
] as const satisfies readonly (keyof Detection)[];

/** One row for each method. */
export const rowsOf = (
  methods: readonly Method[],
  folds: readonly Fold[],
  runs: readonly Run[],
): readonly Row[] =>
  methods.map((method) => {
    const known = folds.flatMap(({ seed }) => {
      const scores = scoresOf(method, seed, runs);
      return scores ? [{ seed, scores }] : [];
    });
    const own = runs.filter(({ objective }) =>
      method.readings.some((reading) => reading.objective === objective),
    );
    const classifier = own.filter(
      ({ objective, seed }) =>
        objective === method.readings[0]!.objective && known.some((one) => one.seed === seed),
    );
    const sets = OUTLIERS.map((set) => {
      const found = known.map(({ scores }) => detection(scores.inliers, scores.outliers[set]));
      const measures = MEASURES.map((name) => [name, estimateOf(found.map((one) => one[name]))] as const);
      return [set, Object.fromEntries(measures)] as const;
    });
    return {
      method: method.name,
      group: method.group,
      sees: method.sees,
      seeds: known.map(({ seed }) => seed),
      diverged: folds.filter(({ seed }) => own.some((run) => run.seed === seed && run.diverged !== undefined))
        .length,
      accuracy: estimateOf(classifier.flatMap(({ accuracy }) => accuracy ?? [])),
      calibrationError: estimateOf(known.flatMap(({ scores }) => scores.calibrationError ?? [])),
      outliers: Object.fromEntries(sets) as Row['outliers'],
    };
  });

export function estimateOf(values: readonly number[]): Estimate | undefined {
  if (values.length === 0) return undefined;
  if (values.length === 1) return { mean: values[0]!, low: undefined, high: undefined, values };
  const { mean, low, high } = confidenceInterval(values);
  return { mean, low, high, values };
}

/** '91.2 ± 0.4', in percent: half the interval; a dash where there is nothing. */
export const showEstimate = (estimate: Estimate | undefined): string =>
  estimate
    ? [estimate.mean, ...(estimate.high === undefined ? [] : [estimate.high - estimate.mean])]
        .map((x) => (100 * x).toFixed(1))
        .join(' ± ')
    : '–';

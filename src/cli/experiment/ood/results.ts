import { type Detection, detection } from '../../../train/index.js';
import { type BySeed, type Estimate, estimateOf } from '../estimate.js';
import { type Method, scoresOf } from './methods.js';
import { type Fold, OUTLIERS, type Outliers } from './samples.js';
import type { Run } from './training.js';

/** The results of a method, over the seeds whose trainings did not diverge. */
export interface Row {
  readonly method: string;
  readonly group: string;
  readonly sees: string;
  /** The seeds under which it was measured. */
  readonly seeds: readonly number[];
  /** The number of seeds under which a training that it needs diverged. */
  readonly diverged: number;
  /** The accuracy of the classifying network on the test inliers. */
  readonly accuracy: Estimate | undefined;
  /** Undefined if the method reads no probabilities. */
  readonly calibrationError: Estimate | undefined;
  readonly outliers: Readonly<Record<Outliers, Readonly<Record<keyof Detection, Estimate | undefined>>>>;
}

export const MEASURES = [
  'auroc',
  'auprIn',
  'auprOut',
  'fpr95',
] as const satisfies readonly (keyof Detection)[];

/** The results of each method. */
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

/** The AUROC of a method on one set of outliers, by seed. */
export const aurocBySeed = ({ seeds, outliers }: Row, set: Outliers): BySeed =>
  new Map((outliers[set].auroc?.values ?? []).map((value, i) => [seeds[i]!, value]));

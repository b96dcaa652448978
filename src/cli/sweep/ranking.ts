import { type Estimate, estimateOf } from '../statistics/estimate.js';
import { pairedDifference } from '../statistics/paired.js';
import { detectable, pairsToTell } from '../statistics/power.js';
import { type Judged, LEVEL, judge } from '../statistics/verdict.js';
import { quartiles } from '../statistics/order.js';
import { type Guessing, accuracyOf, outcomeOf, resolutionOf } from './outcome.js';
import type { StepTime } from './timing.js';
import type { Run } from './training.js';
import type { Tuning } from './tuning.js';

/** The results of a variant. */
export interface Rank {
  readonly variant: string;
  readonly learningRate: number;
  /** The number of finished runs, including failed ones. */
  readonly runs: number;
  readonly diverged: number;
  readonly didNotLearn: number;
  /** On the test samples after the last epoch, over the seeds; R² for numbers. A diverged run counts as a guess. */
  readonly accuracy: Estimate;
  /** The same number by its name, if numbers are predicted. */
  readonly r2?: Estimate;
  /** Over the runs that did not diverge. */
  readonly loss: Estimate | undefined;
  /** The accuracy minus that of the baseline under the same seed; undefined for the baseline. */
  readonly difference: Compared | undefined;
  /** Undefined if it was not measured. */
  readonly time: Omit<StepTime, 'variant'> | undefined;
}

/** A difference from the baseline, and the number of seeds that would prove it. */
export interface Compared extends Judged {
  /** The seeds that find a difference of this size four times out of five; undefined if there is no deviation. */
  readonly seedsToTell: number | undefined;
}

/** The data of the ranking. */
export interface Evidence extends Guessing {
  readonly baseline: string;
  /** Groups of variants that compute the same function. */
  readonly same: readonly (readonly string[])[];
  readonly tunings: readonly Tuning[];
  readonly times: readonly StepTime[];
}

/**
 * The results of the variants that have a run: those significantly better than the baseline, then the tied, then those
 * significantly worse, each by mean accuracy. The order of variants and runs makes no difference.
 */
export function rankingOf(ended: readonly Run[], evidence: Evidence): readonly Rank[] {
  const runs = [...ended].sort((a, b) => a.seed - b.seed);
  const { baseline, same, tunings, times } = evidence;
  const groupOf = (name: string): string => same.find((names) => names.includes(name))?.[0] ?? name;
  const names = [...new Set(runs.map(({ variant }) => variant))];
  const bySeed = new Map(names.map((name) => [name, accuraciesOf(name, runs, evidence)]));
  const differences = new Map(
    names
      .filter((name) => name !== baseline)
      .flatMap((name) => {
        const difference = differenceOf(bySeed.get(name)!, bySeed.get(baseline), resolutionOf(evidence));
        return difference ? [[name, difference] as const] : [];
      }),
  );
  const judged = judge(differences, groupOf);
  const alpha = LEVEL / comparisons(judged.keys(), same);
  return names
    .map((variant): Rank => {
      const own = runs.filter((run) => run.variant === variant);
      const outcomes = own.map((run) => outcomeOf(run, evidence));
      const sound = own.filter(({ divergedIn }) => divergedIn === undefined);
      const difference = judged.get(variant);
      const accuracy = estimateOf([...bySeed.get(variant)!.values()], 1 / evidence.testSamples)!;
      return {
        variant,
        learningRate: tunings.find((tuning) => tuning.variant === variant)!.learningRate,
        runs: own.length,
        diverged: outcomes.filter((outcome) => outcome === 'diverged').length,
        didNotLearn: outcomes.filter((outcome) => outcome === 'did not learn').length,
        accuracy,
        ...(evidence.task === 'numbers' && { r2: accuracy }),
        loss: estimateOf(sound.map(({ epochs }) => epochs.at(-1)!.loss)),
        difference: difference && { ...difference, seedsToTell: seedsToTell(difference, alpha) },
        time: timeOf(times, variant),
      };
    })
    .sort(
      (a, b) =>
        groupRank(a) - groupRank(b) ||
        b.accuracy.mean - a.accuracy.mean ||
        (a.loss?.mean ?? Infinity) - (b.loss?.mean ?? Infinity) ||
        (a.variant < b.variant ? -1 : 1),
    );
}

/** The number of different comparisons: names of the same function count once. */
export const comparisons = (names: Iterable<string>, same: readonly (readonly string[])[]): number =>
  Math.max(
    1,
    new Set([...names].map((name) => same.find((twins) => twins.includes(name))?.[0] ?? name)).size,
  );

/** The smallest difference in accuracy that this many seeds find four times out of five; undefined for one seed. */
export function tellable(ranking: readonly Rank[], same: readonly (readonly string[])[]): number | undefined {
  const compared = ranking.flatMap(({ variant, difference }) =>
    difference?.deviation === undefined ? [] : [{ variant, ...difference, deviation: difference.deviation }],
  );
  if (compared.length === 0) return undefined;
  const alpha =
    LEVEL /
    comparisons(
      compared.map(({ variant }) => variant),
      same,
    );
  const { median } = quartiles(compared.map(({ deviation, pairs }) => detectable(deviation, pairs, alpha)));
  return median;
}

/** The accuracy of each finished seed. */
const accuraciesOf = (
  variant: string,
  runs: readonly Run[],
  guessing: Guessing,
): ReadonlyMap<number, number> =>
  new Map(runs.filter((run) => run.variant === variant).map((run) => [run.seed, accuracyOf(run, guessing)]));

/** The paired difference over the seeds that both have finished; accuracies are counted in test samples. */
export function differenceOf(
  own: ReadonlyMap<number, number>,
  other: ReadonlyMap<number, number> = new Map(),
  resolution: number,
) {
  const common = [...own].filter(([seed]) => other.has(seed));
  return pairedDifference(
    common.map(([seed, accuracy]) => accuracy - other.get(seed)!),
    resolution,
  );
}

const groupRank = ({ difference }: Rank): number =>
  difference?.verdict === 'better' ? 0 : difference?.verdict === 'worse' ? 2 : 1;

function timeOf(times: readonly StepTime[], variant: string): Rank['time'] {
  const found = times.find((time) => time.variant === variant);
  return found && { milliseconds: found.milliseconds, ratio: found.ratio };
}

const seedsToTell = ({ mean, deviation }: Judged, alpha: number): number | undefined =>
  deviation ? pairsToTell(mean, deviation, alpha) : undefined;

import type { Circumstances } from '../circumstances.js';
import type { Failure } from '../failures.js';
import { count } from '../words.js';
import { momentumWarnings } from './momentum.js';
import { fingerprint } from './fingerprint.js';
import { countOf, isRegression } from '../../data/index.js';
import { chanceOf } from './outcome.js';
import { type Plan, type Variant, stepsOf } from './plan.js';
import { type Rank, rankingOf } from './ranking.js';
import type { Settings } from './settings.js';
import type { StepTime } from './timing.js';
import type { TaskName } from './task.js';
import type { Run } from './training.js';
import type { Tuning } from './tuning.js';

/** The results of a sweep, as in results.json and --json. */
export interface Results extends Circumstances {
  readonly name: string;
  readonly data: {
    readonly source: string;
    readonly trainSamples: number;
    /** The training samples on which the learning rate is chosen; 0 if there is nothing to choose. */
    readonly validationSamples: number;
    readonly testSamples: number;
    readonly features: number;
    readonly task: TaskName;
    /** Empty if numbers are predicted. */
    readonly classes: readonly string[];
    /**
     * The accuracy of the best constant guess: the share of the most frequent class among the test samples; 0 for
     * numbers.
     */
    readonly chance: number;
  };
  /** A hash of all samples and labels. */
  readonly fingerprint: string;
  readonly settings: Settings;
  readonly variants: readonly Variant[];
  readonly baseline: string;
  /** The guesses and changes made when the data were read. */
  readonly notes: readonly string[];
  /** The warnings about the comparison. */
  readonly warnings: readonly string[];
  /** Groups of variants that compute the same function on this data. */
  readonly same: readonly (readonly string[])[];
  readonly tunings: readonly Tuning[];
  /** Significantly better than the baseline, then tied, then worse; each by mean accuracy. */
  readonly ranking: readonly Rank[];
  /** The variants that could not be built, or not trained to the end. */
  readonly failures: readonly Failure[];
  /** The runs that chose learning rates, and the final ones. */
  readonly runs: readonly Run[];
}

/** The finished results. */
export interface Swept {
  readonly runs: readonly Run[];
  /** Groups of variants that compute one function on this data. */
  readonly same: readonly (readonly string[])[];
  /** The tuning of each variant that has tried all learning rates. */
  readonly tunings: readonly Tuning[];
  /** Empty if the sweep was interrupted before. */
  readonly times: readonly StepTime[];
  /** The variants that cannot be built, or threw in a training, after which theirs were skipped. */
  readonly failures: readonly Failure[];
}

/** The facts that are known before the first run. */
export type Facts = Pick<
  Results,
  'data' | 'fingerprint' | 'settings' | 'variants' | 'baseline' | 'notes' | 'warnings'
>;

/** The runs that are compared. */
export const finalRuns = ({ runs }: Pick<Results, 'runs'>): readonly Run[] =>
  runs.filter(({ stage }) => stage === 'final');

/** Sums up the finished runs. */
export function resultsOf(plan: Plan, swept: Swept, circumstances: Circumstances): Results {
  const facts = factsOf(plan);
  const { runs, same, tunings, times, failures } = swept;
  const { baseline } = plan;
  const evidence = { ...facts.data, baseline, same, tunings, times };
  const ranking = rankingOf(finalRuns({ runs }), evidence);
  return { name: plan.name, ...circumstances, ...facts, same, tunings, ranking, failures, runs };
}

/** The facts about a plan. */
export const factsOf = ({ source, split, notes, tuning, settings, variants, baseline }: Plan): Facts => ({
  data: {
    source,
    trainSamples: countOf(split.train),
    validationSamples: tuning ? countOf(tuning.test) : 0,
    testSamples: countOf(split.test),
    features: split.train.features.shape[1]!,
    task: isRegression(split.train) ? 'numbers' : 'classes',
    classes: isRegression(split.train) ? [] : split.train.classes,
    chance: chanceOf(split.test),
  },
  fingerprint: fingerprint(split),
  settings,
  // Definitions are code, which JSON cannot hold.
  variants: variants.map(({ name, config }) => ({ name, config })),
  baseline,
  notes,
  warnings: momentumWarnings(variants, stepsOf(split, settings)),
});

/** The plan in a sentence. */
export const summary = ({ data, settings, variants }: Facts): string =>
  `${data.source}: ${data.trainSamples} samples to train with, ${data.testSamples} to test, ` +
  `${count(data.features, 'feature')}, ${data.task === 'numbers' ? 'numbers to predict' : count(data.classes.length, 'class', 'classes')}. ` +
  `${count(variants.length, 'normalization')}, ${count(settings.seeds, 'seed')}, ${count(settings.epochs, 'epoch')}, ` +
  `learning rate ${settings.learningRates.join(' or ')}.`;

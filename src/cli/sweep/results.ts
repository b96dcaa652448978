import type { Circumstances } from '../circumstances.js';
import { type Spread, spreadOf } from '../spread.js';
import { count } from '../words.js';
import { BASELINE, type Plan, type Variant } from './plan.js';
import type { Settings } from './settings.js';
import type { Run } from './training.js';

/** How a variant did, over the seeds whose training did not diverge. */
export interface Rank {
  readonly variant: string;
  /** How many trainings ended, the diverged ones included. */
  readonly runs: number;
  readonly diverged: number;
  /** Of the test samples, after the last epoch; undefined where every run diverged. */
  readonly accuracy: Spread | undefined;
  readonly loss: Spread | undefined;
  /** Of the fastest run. */
  readonly stepMilliseconds: number;
  /** The time of a step by that of `none`; undefined where that was not trained. */
  readonly relativeTime: number | undefined;
}

/** All that a sweep found out, as results.json and --json state it. */
export interface Results extends Circumstances {
  readonly name: string;
  readonly data: {
    readonly source: string;
    readonly trainSamples: number;
    readonly testSamples: number;
    readonly features: number;
    readonly classes: readonly string[];
  };
  readonly settings: Settings;
  readonly variants: readonly Variant[];
  /** The best first. */
  readonly ranking: readonly Rank[];
  readonly runs: readonly Run[];
}

/** What a sweep set out to do. */
export type Facts = Pick<Results, 'data' | 'settings' | 'variants'>;

/** Sums up the runs there are. */
export const resultsOf = (plan: Plan, runs: readonly Run[], circumstances: Circumstances): Results => ({
  name: plan.name,
  ...circumstances,
  ...factsOf(plan),
  ranking: rankingOf(plan.variants, runs),
  runs,
});

/** What is known before the first run. */
export const factsOf = ({ source, split: { train, test }, settings, variants }: Plan): Facts => ({
  data: {
    source,
    trainSamples: train.labels.length,
    testSamples: test.labels.length,
    features: train.features.shape[1]!,
    classes: train.classes,
  },
  settings,
  // Definitions are code, which no results can hold.
  variants: variants.map(({ name, config }) => ({ name, config })),
});

/** By accuracy, then by loss; variants of which nothing is left come last. */
export function rankingOf(variants: readonly Variant[], runs: readonly Run[]): readonly Rank[] {
  // The least of the runs: whatever else the machine did can only have added to it.
  const timeOf = (variant: string): number =>
    Math.min(
      ...runs.filter((run) => run.variant === variant).map(({ stepMilliseconds }) => stepMilliseconds),
    );
  const baseline = timeOf(BASELINE);
  return variants
    .map(({ name }): Rank => {
      const own = runs.filter(({ variant }) => variant === name);
      const last = own.flatMap(({ divergedIn, epochs }) => (divergedIn === undefined ? epochs.at(-1)! : []));
      const time = timeOf(name);
      return {
        variant: name,
        runs: own.length,
        diverged: own.filter(({ divergedIn }) => divergedIn !== undefined).length,
        accuracy: spreadOf(last.map(({ accuracy }) => accuracy)),
        loss: spreadOf(last.map(({ loss }) => loss)),
        stepMilliseconds: time,
        relativeTime: Number.isFinite(baseline) && baseline > 0 ? time / baseline : undefined,
      };
    })
    .filter(({ runs }) => runs > 0)
    .sort(
      (a, b) =>
        (b.accuracy?.mean ?? -1) - (a.accuracy?.mean ?? -1) || (a.loss?.mean ?? 0) - (b.loss?.mean ?? 0),
    );
}

/** What was or will be done, in a sentence. */
export const summary = ({ data, settings, variants }: Facts): string =>
  `${data.source}: ${data.trainSamples} samples to train with, ${data.testSamples} to test, ` +
  `${count(data.features, 'feature')}, ${count(data.classes.length, 'class', 'classes')}. ` +
  `${count(variants.length, 'normalization')}, ${count(settings.seeds, 'seed')}, ${count(settings.epochs, 'epoch')}.`;

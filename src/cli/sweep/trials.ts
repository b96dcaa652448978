import { failureOf } from '../failures.js';
import type { Trial, Trials } from '../experiment/experiment.js';
import type { Outcome } from '../experiment/trials.js';
import { count } from '../words.js';
import { type Plan, type Training, finals, tunings } from './plan.js';
import type { Swept } from './results.js';
import { sameFunctions } from './same.js';
import { type StepTime, stepTimes } from './timing.js';
import { type Run, train } from './training.js';
import { tuningsOf } from './tuning.js';

/** The duration of the timing in the progress bar, in trainings. */
const TIMING_WEIGHT = 12;

/** The trials of a sweep, and its results together with the runs that finished before. */
export interface Sweep {
  readonly trials: Trials<Run>;
  swept(outcome: Outcome<Run>): Swept;
}

/**
 * The trials of a sweep without those that finished before: they choose the learning rates, then run the final trainings. The
 * steps are timed at the end, when all code is compiled.
 */
export function sweepOf(plan: Plan, done: readonly Run[]): Sweep {
  const runs = [...done];
  let same: readonly (readonly string[])[] = [];
  let times: readonly StepTime[] = [];
  const rateOf = (name: string): number =>
    tuningsOf(plan, runs).find(({ variant }) => variant === name)!.learningRate;

  const trialOf = (training: Keyed & Pick<Training, 'variant'>): Trial<Run> => {
    const { name } = training.variant;
    return {
      name: training.learningRate === undefined ? name : `${name} at ${training.learningRate}`,
      subject: name,
      *run() {
        const { learningRate = rateOf(name) } = training;
        const run = yield* train(plan, { ...training, learningRate });
        runs.push(run);
        return run;
      },
    };
  };

  const timing: Trial<void> = {
    name: `time of ${count(plan.variants.length, 'step')}`,
    weight: TIMING_WEIGHT,
    *run(losses) {
      // Times are relative to the baseline.
      if (losses?.has(plan.baseline)) return;
      const variants = plan.variants.filter(({ name }) => !losses?.has(name));
      times = yield* stepTimes({ ...plan, variants }, rateOf, (name, error) =>
        losses?.add(failureOf(name, 'timing', error)),
      );
    },
  };

  const ended = new Set(done.map((run) => keyOf({ ...run, variant: { name: run.variant } })));
  return {
    trials: {
      *prepare() {
        same = yield* sameFunctions(plan);
      },
      trials: [
        ...[...tunings(plan), ...finals(plan)].filter((one) => !ended.has(keyOf(one))).map(trialOf),
        timing,
      ],
      failures: plan.failures,
    },
    swept: ({ failures }) => ({ runs, same, tunings: tuningsOf(plan, runs), times, failures }),
  };
}

/** A training whose learning rate may not be chosen yet, and whose variant counts by its name. */
interface Keyed extends Pick<Training, 'stage' | 'seed'> {
  readonly variant: { readonly name: string };
  readonly learningRate?: number;
}

/** The key of a training, unique within a plan: final trainings have one learning rate for each variant. */
const keyOf = ({ stage, variant, learningRate, seed }: Keyed): string =>
  JSON.stringify([stage, variant.name, stage === 'tuning' ? learningRate : undefined, seed]);

import { setImmediate } from 'node:timers/promises';
import { type Failure, failureOf } from '../failures.js';
import type { Watcher } from '../progress.js';
import { count } from '../words.js';
import { type Plan, type Training, finals, tunings } from './plan.js';
import { sameFunctions } from './same.js';
import { type StepTime, stepTimes } from './timing.js';
import { type Run, train } from './training.js';
import { type Tuning, tuningsOf } from './tuning.js';

/** How long a sweep runs before it checks for an interruption, in milliseconds. */
const INTERVAL = 20;

/** The duration of the timing in the progress bar, in trainings. */
export const TIMING_WEIGHT = 12;

/** The finished results. */
export interface Swept {
  readonly runs: readonly Run[];
  readonly same: readonly (readonly string[])[];
  /** The tuning of each variant that has tried all learning rates. */
  readonly tunings: readonly Tuning[];
  /** Empty if the sweep was interrupted before. */
  readonly times: readonly StepTime[];
  /** The variants that threw in a training, after which theirs were skipped. */
  readonly failures: readonly Failure[];
}

/** The state of a sweep: the runs that finished before, the recorder of new ones, and the progress bar. */
export interface Progress {
  readonly done: readonly Run[];
  keep(run: Run): void;
  /** Called with each failure when it happens. */
  fail(failure: Failure): void;
  readonly watcher: Watcher;
  readonly interrupted: AbortSignal;
}

/**
 * Chooses the learning rates, runs all planned trainings that were not run before, and times the steps at the end, when
 * all code is compiled. A variant that throws is given up, and the others go on. After an interruption, returns the
 * finished results.
 */
export async function sweep(
  plan: Plan,
  { done, keep, fail, watcher, interrupted }: Progress,
): Promise<Swept> {
  const runs = [...done];
  const ended = new Map(done.map((run) => [keyOf({ ...run, variant: { name: run.variant } }), run]));
  const failures = new Map<string, Failure>();
  const give = (name: string, when: Failure['when'], error: unknown): void => {
    const failure = failureOf(name, when, error);
    failures.set(name, failure);
    fail(failure);
  };
  const patient = patience(interrupted);
  const all = async (trainings: readonly Training[]): Promise<void> => {
    for (const training of trainings) {
      const { name } = training.variant;
      if (ended.has(keyOf(training)) || failures.has(name)) continue;
      const rate = training.stage === 'tuning' ? ` at ${training.learningRate}` : '';
      watcher.start(`${name}${rate}`);
      const { epochs } = plan.settings;
      const attempt = await patient(train(plan, training), ({ share, epoch, loss }) =>
        watcher.step(share, `epoch ${epoch}/${epochs}, loss ${loss.toFixed(3)}`),
      ).catch((error: unknown) => ({ error }));
      if (!attempt) return;
      if ('error' in attempt) {
        give(name, 'training', attempt.error);
        continue;
      }
      runs.push(attempt);
      keep(attempt);
    }
  };

  const same = (await patient(sameFunctions(plan), () => {})) ?? [];
  await all(tunings(plan));
  const chosen = tuningsOf(plan, runs);
  const found = (times: readonly StepTime[] = []): Swept => ({
    runs,
    same,
    tunings: chosen,
    times,
    failures: [...failures.values()],
  });
  if (interrupted.aborted) return found();
  const rateOf = (variant: string): number => chosen.find((own) => own.variant === variant)!.learningRate;
  const sound = (): Plan => ({ ...plan, variants: plan.variants.filter(({ name }) => !failures.has(name)) });
  await all(finals(sound(), rateOf));
  // Times are relative to the baseline.
  if (interrupted.aborted || failures.has(plan.baseline)) return found();
  watcher.start(`time of ${count(plan.variants.length, 'step')}`);
  const onError = (name: string, error: unknown): void => give(name, 'timing', error);
  const times = await patient(stepTimes(sound(), rateOf, onError), (share) => watcher.step(share));
  return found(times);
}

/** The key of a training, unique within a plan. */
const keyOf = ({
  stage,
  variant,
  learningRate,
  seed,
}: Omit<Training, 'variant'> & { readonly variant: { readonly name: string } }): string =>
  JSON.stringify([stage, variant.name, learningRate, seed]);

/**
 * Returns a function that runs a task with pauses in which signals are handled; it returns undefined after an
 * interruption.
 */
function patience(interrupted: AbortSignal) {
  let looked = performance.now();
  return async <S, R>(work: Generator<S, R>, hear: (step: S) => void): Promise<R | undefined> => {
    for (;;) {
      if (performance.now() - looked > INTERVAL) {
        await setImmediate();
        looked = performance.now();
      }
      if (interrupted.aborted) return undefined;
      const next = work.next();
      if (next.done) return next.value;
      hear(next.value);
    }
  };
}

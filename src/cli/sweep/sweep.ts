import { setImmediate } from 'node:timers/promises';
import type { Watcher } from '../progress.js';
import { count } from '../words.js';
import { type Plan, type Training, finals, tunings } from './plan.js';
import { sameFunctions } from './same.js';
import { type StepTime, stepTimes } from './timing.js';
import { type Run, train } from './training.js';
import { type Tuning, tuningsOf } from './tuning.js';

/** How long a sweep works before it looks whether somebody wants it to stop. */
const PATIENCE = 20;

/** How many trainings the timing of the steps lasts as long as, in the progress bar. */
export const TIMING_WEIGHT = 12;

/** All that came to its end. */
export interface Swept {
  readonly runs: readonly Run[];
  readonly same: readonly (readonly string[])[];
  /** Of the variants that have tried all learning rates. */
  readonly tunings: readonly Tuning[];
  /** Empty if the sweep was interrupted before they were measured. */
  readonly times: readonly StepTime[];
}

/** The state of a sweep: the runs that ended before, the recorder of new ones, and the progress display. */
export interface Progress {
  readonly done: readonly Run[];
  keep(run: Run): void;
  readonly watcher: Watcher;
  readonly interrupted: AbortSignal;
}

/**
 * Chooses the learning rates, trains all that is planned and was not done before, and times the steps at the end, when
 * all code is compiled. If interrupted, returns what came to its end.
 */
export async function sweep(plan: Plan, { done, keep, watcher, interrupted }: Progress): Promise<Swept> {
  const runs = [...done];
  const ended = new Map(done.map((run) => [keyOf({ ...run, variant: { name: run.variant } }), run]));
  const patient = patience(interrupted);
  const all = async (trainings: readonly Training[]): Promise<void> => {
    for (const training of trainings) {
      if (ended.has(keyOf(training))) continue;
      const rate = training.stage === 'tuning' ? ` at ${training.learningRate}` : '';
      watcher.start(`${training.variant.name}${rate}`);
      const { epochs } = plan.settings;
      const run = await patient(train(plan, training), ({ share, epoch, loss }) =>
        watcher.step(share, `epoch ${epoch}/${epochs}, loss ${loss.toFixed(3)}`),
      );
      if (!run) return;
      runs.push(run);
      keep(run);
    }
  };

  const same = interrupted.aborted ? [] : sameFunctions(plan);
  await all(tunings(plan));
  const chosen = tuningsOf(plan, runs);
  const found: Swept = { runs, same, tunings: chosen, times: [] };
  if (interrupted.aborted || chosen.length < plan.variants.length) return found;
  const rateOf = (variant: string): number => chosen.find((own) => own.variant === variant)!.learningRate;
  await all(finals(plan, rateOf));
  if (interrupted.aborted) return found;
  watcher.start(`time of ${count(plan.variants.length, 'step')}`);
  const times = await patient(stepTimes(plan, rateOf), (share) => watcher.step(share));
  return { ...found, times: times ?? [] };
}

/** The key of a training, unique within a plan. */
const keyOf = ({
  stage,
  variant,
  learningRate,
  seed,
}: Omit<Training, 'variant'> & { readonly variant: { readonly name: string } }): string =>
  JSON.stringify([stage, variant.name, learningRate, seed]);

/** Runs work to its end with pauses in which an interruption is heard; undefined if there was one. */
function patience(interrupted: AbortSignal) {
  let looked = performance.now();
  return async <S, R>(work: Generator<S, R>, hear: (step: S) => void): Promise<R | undefined> => {
    for (;;) {
      if (performance.now() - looked > PATIENCE) {
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

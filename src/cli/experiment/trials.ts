import { setImmediate } from 'node:timers/promises';
import { type Failure, failureOf } from '../failures.js';
import { type Watcher, bar } from '../progress.js';
import type { Terminal } from '../terminal.js';
import type { Trial, Work } from './experiment.js';

/** How long an experiment runs before it checks for an interruption, in milliseconds. */
const INTERVAL = 20;

/** The outcome of the trials. */
export interface Outcome<R> {
  readonly results: readonly R[];
  readonly failures: readonly Failure[];
  /** Whether all trials have been run. */
  readonly isWhole: boolean;
}

/** Wraps `save` so that it takes at most a twentieth of the time. */
export function seldom<A>(save: (what: A) => Promise<void>): (what: A) => Promise<void> {
  let next = 0;
  return async (what) => {
    const start = performance.now();
    if (start < next) return;
    await save(what);
    next = performance.now() + 20 * (performance.now() - start);
  };
}

/**
 * Runs the trials one after the other; after an interruption, the finished ones count. If one throws, others of its
 * name are skipped. Calls `save` with the outcome so far, after each.
 */
export async function carriedOut<R>(
  { tuning = [], trials, failures: before = [] }: Work<R>,
  terminal: Pick<Terminal, 'screen' | 'interrupted'>,
  tell: (failure: Failure) => void,
  save: (outcome: Outcome<R>) => Promise<void>,
): Promise<Outcome<R>> {
  const results: R[] = [];
  const failures = [...before];
  const counted = trials.map(({ run, ...trial }) => ({
    ...trial,
    *run() {
      results.push(yield* run());
    },
  }));
  const all: readonly Trial<void>[] = [...tuning, ...counted];
  const weights = all.map(({ weight = 1 }) => weight);
  const watcher = bar(all.length, terminal, weights);
  const skipped = new Set<string>();
  try {
    for (const trial of all) {
      if (skipped.has(trial.name)) continue;
      watcher.start(trial.name);
      const [isWhole, failure] = await ended(trial, watcher, terminal.interrupted);
      if (!isWhole) return { results, failures, isWhole };
      if (failure) {
        skipped.add(trial.name);
        failures.push(failure);
        tell(failure);
      } else if (results.length > 0) {
        await save({ results, failures, isWhole: false });
      }
    }
  } finally {
    watcher.stop();
  }
  return { results, failures, isWhole: true };
}

let looked = performance.now();

/** Runs a trial; returns whether it was not interrupted, and its error. */
async function ended(
  { name, run }: Trial<void>,
  watcher: Watcher,
  interrupted: AbortSignal,
): Promise<readonly [boolean, Failure?]> {
  try {
    for (const { share, note } of run()) {
      watcher.step(share, note);
      if (performance.now() - looked > INTERVAL) {
        await setImmediate();
        looked = performance.now();
      }
      if (interrupted.aborted) return [false];
    }
    return [true];
  } catch (error) {
    return [true, failureOf(name, 'training', error)];
  }
}

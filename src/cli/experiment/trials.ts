import { type Failure, failureOf } from '../failures.js';
import { bar } from '../progress.js';
import type { Terminal } from '../terminal.js';
import { inTurns } from '../turns.js';
import type { Losses, Progress, Trial, Trials } from './experiment.js';

/** The outcome of the trials. */
export interface Outcome<R> {
  readonly results: readonly R[];
  readonly failures: readonly Failure[];
  /** Whether all trials have been run. */
  readonly isWhole: boolean;
}

/** Called when a trial fails or finishes. */
interface Listener<R> {
  failed(failure: Failure): void;
  /** Called with the outcome so far after each trial that gave a result. */
  ended(outcome: Outcome<R>): void | Promise<void>;
}

/**
 * Runs trials one after the other with a progress bar; after an interruption, the finished ones count. If one throws,
 * others of its variant are skipped.
 */
export async function runTrials<R>(
  { prepare, trials, failures: unbuilt = [] }: Trials<R>,
  terminal: Pick<Terminal, 'screen' | 'interrupted'>,
  { failed, ended }: Listener<R>,
): Promise<Outcome<R>> {
  const { interrupted } = terminal;
  const results: R[] = [];
  const failures = [...unbuilt];
  const skipped = new Set<string>();
  const add = (failure: Failure): void => {
    skipped.add(failure.name);
    failures.push(failure);
    failed(failure);
  };
  const losses: Losses = { has: (subject) => skipped.has(subject), add };
  const weights = trials.map(({ weight = 1 }) => weight);
  const watcher = bar(trials.length, terminal, weights);
  try {
    if (prepare) await inTurns(prepare(), interrupted);
    for (const trial of trials as readonly Trial<R | undefined>[]) {
      const { name, subject = name } = trial;
      if (skipped.has(subject)) continue;
      watcher.start(name);
      const hear = ({ share, note }: Progress): void => watcher.step(share, note);
      try {
        const result = await inTurns(trial.run(losses), interrupted, hear);
        if (result !== undefined) results.push(result);
        else if (interrupted.aborted) return { results, failures, isWhole: false };
        else continue;
      } catch (error) {
        add(failureOf(subject, 'training', error));
        continue;
      }
      await ended({ results, failures, isWhole: false });
    }
  } finally {
    watcher.stop();
  }
  return { results, failures, isWhole: true };
}

/** Wraps `save` so that it takes at most a twentieth of the time. */
export function seldom<A extends readonly unknown[]>(
  save: (...what: A) => Promise<unknown>,
): (...what: A) => Promise<void> {
  let next = 0;
  return async (...what) => {
    const start = performance.now();
    if (start < next) return;
    await save(...what);
    next = performance.now() + 20 * (performance.now() - start);
  };
}

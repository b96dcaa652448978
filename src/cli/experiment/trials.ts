import { type Failure, failureOf } from '../failures.js';
import { bar } from '../progress.js';
import type { Terminal } from '../terminal.js';
import { inTurns } from '../turns.js';
import type { Losses, Progress, Trial, Trials } from './experiment.js';

/** The results of trials. */
export interface Outcome<R> {
  readonly results: readonly R[];
  readonly failures: readonly Failure[];
  /** Whether no trial is left to run. */
  readonly isWhole: boolean;
}

/** Hears of failures and results when they happen. */
export interface Listener<R> {
  failed(failure: Failure): void;
  /** Called with everything so far after each trial that gave a result. */
  ended(outcome: Outcome<R>): void | Promise<void>;
}

/** Runs trials one after the other, under a progress bar; if interrupted, returns the results of those that ended. */
export async function runTrials<R>(
  { prepare, trials, failures: unbuilt = [] }: Trials<R>,
  terminal: Pick<Terminal, 'screen' | 'interrupted'>,
  { failed, ended }: Listener<R>,
): Promise<Outcome<R>> {
  const { interrupted } = terminal;
  const results: R[] = [];
  const failures = [...unbuilt];
  const lost = new Set<string>();
  const add = (failure: Failure): void => {
    lost.add(failure.name);
    failures.push(failure);
    failed(failure);
  };
  const losses: Losses = { has: (subject) => lost.has(subject), add };
  const weights = trials.map(({ weight = 1 }) => weight);
  const watcher = bar(trials.length, terminal, weights);
  try {
    if (prepare) await inTurns(prepare(), interrupted);
    for (const trial of trials as readonly Trial<R | undefined>[]) {
      const { name, subject = name } = trial;
      if (lost.has(subject)) continue;
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

/** Calls a function at most so often that it takes a twentieth of the time. */
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

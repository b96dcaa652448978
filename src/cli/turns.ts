import { setImmediate } from 'node:timers/promises';

/** A task that yields its progress, from 0 to 1, at least every few milliseconds. */
export type Work<A> = Generator<number, A>;

/** How long tasks run before signals are handled and the progress bar moves, in milliseconds. */
const TURN = 20;

/** Runs a task to its end without a pause; returns its result. */
export function atOnce<A>(work: Work<A>): A {
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
}

/** The time of the last pause; many short tasks share it, so that pauses come as often as in a long one. */
let paused = performance.now();

/**
 * Runs a task with pauses in which signals are handled; returns its result, or undefined after an interruption. `hear` is
 * called with everything that the task yields.
 */
export async function inTurns<S, A>(
  work: Generator<S, A, void>,
  interrupted: AbortSignal,
  hear: (step: S) => void = () => {},
): Promise<A | undefined> {
  try {
    while (!interrupted.aborted) {
      const step = work.next();
      if (step.done) return step.value;
      hear(step.value);
      if (performance.now() - paused > TURN) {
        await setImmediate();
        paused = performance.now();
      }
    }
    return undefined;
  } finally {
    // Lets an interrupted task undo what it has changed.
    work.return(undefined as never);
  }
}

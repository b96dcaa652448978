import { setImmediate } from 'node:timers/promises';

/** A task that yields its progress, from 0 to 1, at least every few milliseconds. */
export type Work<A> = Generator<number, A>;

/** How long a task runs before signals are handled and the progress bar moves, in milliseconds. */
const TURN = 50;

/** Runs a task to its end without a pause; returns its result. */
export function atOnce<A>(work: Work<A>): A {
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
}

/** Runs a task with pauses in which signals are handled; returns its result, or undefined after an interruption. */
export async function inTurns<A>(
  work: Work<A>,
  interrupted: AbortSignal,
  tell: (share: number) => void = () => {},
): Promise<A | undefined> {
  let since = performance.now();
  let step = work.next();
  while (!step.done) {
    if (performance.now() - since > TURN) {
      tell(step.value);
      await setImmediate();
      if (interrupted.aborted) return undefined;
      since = performance.now();
    }
    step = work.next();
  }
  return step.value;
}

import { setImmediate } from 'node:timers/promises';

/** Work that yields how far it is, from 0 to 1, at least every few milliseconds. */
export type Work<A> = Generator<number, A>;

/** For so many milliseconds a work runs before keys are heard and a bar moves. */
const TURN = 50;

/** Does all of a work in one go. */
export function atOnce<A>(work: Work<A>): A {
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
}

/** Does a work in short turns, between which Ctrl-C is heard; returns undefined if it came. */
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

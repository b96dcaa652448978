import { ignoreRejection } from '../autograd/promise.js';
import { NormtapeError, isPromise } from '../error.js';
import type { Callback, StepRecord } from './callback.js';

/** The methods of a callback that are called during training. */
export type Hearing = 'start' | 'step' | 'epoch' | 'settled' | 'fault' | 'end';

/** A promise of a callback: training goes on when it is kept. */
export class Waiting {
  constructor(
    readonly callback: Callback,
    readonly method: Hearing,
    readonly promise: unknown,
  ) {}

  /** The error of a loop that cannot wait. */
  ignoreRejection(): NormtapeError {
    return new NormtapeError({
      where: `fit.callbacks: ${this.callback.name}.${this.method}`,
      expected: 'a callback that is done when it returns',
      received: ignoreRejection(this.promise),
      hint: 'for await (const step of training(model, data, options)) waits for promises; fit cannot.',
    });
  }
}

/** What a callback returned: nothing to wait for, or a promise. */
export function* heard(callback: Callback, method: Hearing, returned: unknown): Generator<Waiting, void> {
  if (isPromise(returned)) yield new Waiting(callback, method, returned);
}

/** Steps with the promises of callbacks between them. */
export type Steps<H> = Generator<StepRecord | Waiting, H, void>;

/** The steps alone, for a loop that cannot wait: a promise is refused, which ends training. */
export function* alone<H>(steps: Steps<H>): Generator<StepRecord, H, void> {
  try {
    let next = steps.next();
    while (!next.done) {
      if (next.value instanceof Waiting) next = steps.throw(next.value.ignoreRejection());
      else {
        yield next.value;
        next = steps.next();
      }
    }
    return next.value;
  } finally {
    steps.return(undefined as never);
  }
}

/** The steps alone, each after the promises before it; one that is broken ends training with its error. */
export async function* awaited<H>(steps: Steps<H>): AsyncGenerator<StepRecord, H, void> {
  try {
    let next = steps.next();
    while (!next.done) {
      if (next.value instanceof Waiting) {
        const { promise } = next.value;
        const broken = await Promise.resolve(promise).then(
          () => undefined,
          (error: unknown) => ({ error }),
        );
        next = broken ? steps.throw(broken.error) : steps.next();
      } else {
        yield next.value;
        next = steps.next();
      }
    }
    return next.value;
  } finally {
    steps.return(undefined as never);
  }
}

import { ignoreRejection } from '../autograd/promise.js';
import { NormtapeError, isPromise } from '../error.js';
import type { Callback, StepRecord } from './callback.js';

/** The methods of a callback that are called during training. */
export type Hearing = 'start' | 'step' | 'epoch' | 'settled' | 'fault' | 'end';

/** A promise of a callback: training continues when it is resolved. */
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
      hint: 'await fitAsync(model, data, options) waits for promises, as does for await over training(…); fit cannot.',
    });
  }
}

/** Yields the return value of a callback if it is a promise. */
export function* heard(callback: Callback, method: Hearing, returned: unknown): Generator<Waiting, void> {
  if (isPromise(returned)) yield new Waiting(callback, method, returned);
}

/** A place between the batches of a validation, at which a loop may rest, as after a step. */
export const REST: unique symbol = Symbol('rest');

/** Steps, with the promises of callbacks between them. */
export type Steps<H> = Generator<StepRecord | Waiting | typeof REST, H, void>;

/** The steps, for a loop that cannot wait: a promise ends training with an error. */
export function* alone<H>(steps: Steps<H>): Generator<StepRecord, H, void> {
  try {
    let next = steps.next();
    while (!next.done) {
      if (next.value instanceof Waiting) next = steps.throw(next.value.ignoreRejection());
      else {
        if (next.value !== REST) yield next.value;
        next = steps.next();
      }
    }
    return next.value;
  } finally {
    steps.return(undefined as never);
  }
}

/** What happens while a loop does not train. */
export interface Break {
  /** Awaits a promise of a callback. */
  during(promise: Promise<unknown>): Promise<unknown>;
  /** Rests if it is time, after a step or a batch of a validation; undefined if not. */
  rest(): Promise<unknown> | undefined;
}

const NONE: Break = { during: (promise) => promise, rest: () => undefined };

/** The steps, each after the promises before it are resolved; a rejected one ends training with its error. */
export async function* awaited<H>(steps: Steps<H>, pause: Break = NONE): AsyncGenerator<StepRecord, H, void> {
  try {
    let next = steps.next();
    while (!next.done) {
      if (next.value instanceof Waiting) {
        const { promise } = next.value;
        const settled = Promise.resolve(promise).then(
          () => undefined,
          (error: unknown) => ({ error }),
        );
        const broken = (await pause.during(settled)) as { readonly error: unknown } | undefined;
        next = broken ? steps.throw(broken.error) : steps.next();
      } else {
        if (next.value !== REST) yield next.value;
        const resting = pause.rest();
        if (resting) await resting;
        next = steps.next();
      }
    }
    return next.value;
  } finally {
    steps.return(undefined as never);
  }
}

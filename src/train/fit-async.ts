import type { Model, TrainingData } from './examples.js';
import { Claim } from './claimed.js';
import { Fitting } from './fitting.js';
import type { History } from './history.js';
import { type FitAsyncOptions, type Stopping, readFitAsyncOptions } from './options-async.js';
import { now, turn } from './turn.js';
import { type Break, type Steps, awaited } from './waiting.js';

/**
 * Trains a model as `fit` does, to the same bits, but gives the event loop back after every `budget` milliseconds, so that a
 * page without a worker keeps drawing. Never rests within a step. It awaits promises of callbacks; `signal` ends training
 * after the step or validation that runs, as `stop` of a callback does.
 *
 * While it rests, the model is in the mode in which it was handed over, and holds the weights of the last step: predictions
 * are welcome. Another training of the same model or optimizer is refused. A forward pass in training mode counts, as
 * anywhere: it updates running statistics and draws random numbers.
 *
 * @throws NormtapeError (as a rejection) where `fit` throws; the model is then as `fit` leaves it.
 */
export async function fitAsync<X, Y, P, M extends string = never>(
  model: Model<X, P>,
  data: TrainingData<X, Y>,
  options: FitAsyncOptions<M, X, NoInfer<Y>, NoInfer<P>>,
): Promise<History<M>> {
  const { budget, signal, rest } = readFitAsyncOptions<M, X, Y, P>(options);
  const claim = new Claim();
  const fitting = new Fitting('fitAsync', model, data, rest, claim);
  const pause = new Handover(fitting.model, budget);
  try {
    return await stoppable(signal, fitting.stop, async () => {
      // What runs before the first turn runs in the scope or tape of the caller.
      await pause.turn();
      return pause.restored(() => ended(awaited(whole(fitting), pause)));
    });
  } finally {
    claim.isOpen = false;
  }
}

/** A whole training, its preparation included. */
function* whole<H>(fitting: { prepare(): Steps<void>; run(): Steps<H> }): Steps<H> {
  yield* fitting.prepare();
  return yield* fitting.run();
}

/** Goes to the end of steps; returns what they return. */
async function ended<H>(steps: AsyncGenerator<unknown, H, void>): Promise<H> {
  let next = await steps.next();
  while (!next.done) next = await steps.next();
  return next.value;
}

/** Runs f; once the signal is aborted, calls `stop` with the reason. */
async function stoppable<Y>(
  signal: Stopping | undefined,
  stop: (reason: string) => void,
  f: () => Promise<Y>,
): Promise<Y> {
  const abort = (): void => stop(reasonOf(signal?.reason));
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort);
  try {
    return await f();
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

const reasonOf = (reason: unknown): string => {
  if (typeof reason === 'string') return reason;
  const { message } = (reason ?? {}) as { readonly message?: unknown };
  return typeof message === 'string' ? message : 'The signal was aborted.';
};

/** Gives a model in training back to its page for a while, in the modes that the page gave it. */
class Handover implements Break {
  readonly #model: Model<never, unknown>;
  readonly #budget: number;
  #modes: { restore(): void };
  #since = now();

  constructor(model: Model<never, unknown>, budget: number) {
    this.#model = model;
    this.#budget = budget;
    this.#modes = model.snapshot('modes');
  }

  turn(): Promise<void> {
    return this.during(turn());
  }

  rest(): Promise<void> | undefined {
    const trained = now() - this.#since;
    // A host without performance has a clock that may be set back.
    return trained >= 0 && trained < this.#budget ? undefined : this.turn();
  }

  async during<Y>(promise: Promise<Y>): Promise<Y> {
    const own = this.#model.snapshot('modes');
    this.#modes.restore();
    try {
      return await promise;
    } finally {
      this.#modes = this.#model.snapshot('modes');
      own.restore();
      this.#since = now();
    }
  }

  /** Runs f; afterwards, the modes are those that the page gave last. */
  async restored<Y>(f: () => Promise<Y>): Promise<Y> {
    try {
      return await f();
    } finally {
      this.#modes.restore();
    }
  }
}

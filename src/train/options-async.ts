import { demand } from '../demand.js';
import { number, resolveBeside } from '../option/index.js';
import { BESIDE, type FitOptions, OPTIONS, demandRateElsewhere } from './options.js';

/** What is used of an AbortSignal. */
export interface Stopping {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

const ASYNC = {
  ...OPTIONS,
  budget: number(12, 'After how many milliseconds of training the event loop gets a turn.', {
    min: 0,
    explore: [0, 50],
  }),
};

/** The options of `fitAsync`: those of `fit`, and when it yields to the event loop or stops. */
export interface FitAsyncOptions<M extends string, X, Y, P> extends FitOptions<M, X, Y, P> {
  /** After how many milliseconds of training the event loop gets a turn. Default: 12. */
  readonly budget?: number | undefined;
  /** The signal of an AbortController, which ends training once a promise of a callback is settled; the history then says why. */
  readonly signal?: Stopping | undefined;
}

/** Checks what `fit` does not know; the rest are options of `fit`. */
export function readFitAsyncOptions<M extends string, X, Y, P>(given: FitAsyncOptions<M, X, Y, P>) {
  demandRateElsewhere('fitAsync', given);
  const { budget, signal, ...rest } = resolveBeside('fitAsync', ASYNC, given, [...BESIDE, 'signal'] as const);
  if (signal !== undefined) demand('fitAsync.signal', 'the signal of an AbortController', isStopping, signal);
  return { budget, signal, rest };
}

const isStopping = (value: unknown): value is Stopping => {
  const { aborted, addEventListener, removeEventListener } = value as Partial<Stopping>;
  return (
    typeof aborted === 'boolean' &&
    typeof addEventListener === 'function' &&
    typeof removeEventListener === 'function'
  );
};

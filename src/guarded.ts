import { isOne } from './demand.js';
import { NormtapeError } from './error.js';

/** A function that calls what it is given: errors in there are the caller's, and pass as they are. */
export interface Calling {
  /** What comes before that function, in words. */
  readonly expected: string;
  /** How many of these there are. */
  readonly count: number;
  readonly is: (value: unknown) => boolean;
}

type Call = (...args: readonly unknown[]) => unknown;

const isClass = (value: Call): boolean => /^class\b/.test(Function.prototype.toString.call(value));

/**
 * A namespace for callers from outside. The library hands its own functions what they take, and checks of every call
 * would cost more than the work on small arrays: so what goes wrong inside is named afterwards, by a NormtapeError.
 */
export const guarded = <N extends object>(
  name: string,
  own: N,
  calling: Readonly<Record<string, Calling>> = {},
): N =>
  Object.freeze(
    Object.fromEntries(
      Object.entries(own).map(([key, value]: [string, unknown]) => [
        key,
        typeof value === 'function' && !isClass(value as Call)
          ? answering(`${name}.${key}`, value as Call, calling[key])
          : value,
      ]),
    ),
  ) as N;

function answering(where: string, call: Call, calling: Calling | undefined): Call {
  const outer: Call = (...args) => {
    if (calling) demandCallable(where, args, calling);
    try {
      return call(...args);
    } catch (error) {
      if (error instanceof NormtapeError || calling) throw error;
      throw Object.assign(refusal(where, 'arguments of the kinds that it takes', args), { cause: error });
    }
  };
  return Object.defineProperty(outer, 'length', { value: call.length });
}

function demandCallable(where: string, args: readonly unknown[], { expected, count, is }: Calling): void {
  const stray = Array.from({ length: count }, (_, i) => args[i]).findIndex(
    (given) => !isOne((one): one is unknown => is(one), given),
  );
  if (stray >= 0) throw refusal(where, expected, args[stray]);
  if (typeof args[count] !== 'function') throw refusal(where, 'a function', args[count]);
}

const refusal = (where: string, expected: string, received: unknown): NormtapeError =>
  new NormtapeError({ where, expected, received });

import { isOne } from './demand.js';
import { NormtapeError } from './error.js';

/** A function that calls a function of the user, whose errors are passed on unchanged. */
export interface Calling {
  /** The arguments before that function, in words. */
  readonly expected: string;
  /** The number of these arguments. */
  readonly count: number;
  readonly is: (value: unknown) => boolean;
}

type Call = (...args: readonly unknown[]) => unknown;

const isClass = (value: Call): boolean => /^class\b/.test(Function.prototype.toString.call(value));

/**
 * A frozen namespace for callers from outside. The functions of the library trust their arguments, since checking every
 * call would cost more than the work on small arrays; here, an error inside a function becomes a NormtapeError that
 * names it.
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

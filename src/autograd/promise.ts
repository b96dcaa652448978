import { NormtapeError, isPromise } from '../error.js';

/** The value that f returned; throws if it is a promise, since what surrounds f has ended before that is kept. */
export function settled<Y>(where: string, value: Y, hint: string): Y {
  if (!isPromise(value)) return value;
  throw new NormtapeError({ where, expected: 'a function', received: 'a promise', hint });
}

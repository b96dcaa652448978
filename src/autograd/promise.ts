import { NormtapeError, isPromise } from '../error.js';

/** Returns the value; throws if it is a promise, since the scope or tape around f has ended before that settles. */
export function synchronous<Y>(where: string, value: Y, hint: string, expected = 'a function'): Y {
  if (!isPromise(value)) return value;
  ignoreRejection(value);
  throw new NormtapeError({ where, expected, received: 'a promise', hint });
}

/** Ignores the rejection of a promise that was refused: it would end the process later. Returns the value. */
export function ignoreRejection<Y>(value: Y): Y {
  if (isPromise(value)) void Promise.resolve(value).then(undefined, () => undefined);
  return value;
}

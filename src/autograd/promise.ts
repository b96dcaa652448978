import { NormtapeError, isPromise } from '../error.js';

/** The value that f returned; throws if it is a promise, since what surrounds f has ended before that is kept. */
export function settled<Y>(where: string, value: Y, hint: string, expected = 'a function'): Y {
  if (!isPromise(value)) return value;
  refused(value);
  throw new NormtapeError({ where, expected, received: 'a promise', hint });
}

/** Says that nobody waits for a value, if it is a promise: broken, it would else end the process after its refusal was told. */
export function refused<Y>(value: Y): Y {
  if (isPromise(value)) void Promise.resolve(value).then(undefined, () => undefined);
  return value;
}

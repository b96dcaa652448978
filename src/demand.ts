import { NormtapeError } from './error.js';

/** Whether a value passes a check; false if the check throws, as for a revoked proxy. */
export function isOne<T>(is: (value: unknown) => value is T, value: unknown): value is T {
  try {
    return is(value);
  } catch {
    return false;
  }
}

/** Throws, with `where`, if a value is not of the kind that `expected` names. */
export function demand<T>(
  where: string,
  expected: string,
  is: (value: unknown) => value is T,
  value: unknown,
  hint?: string,
): asserts value is T {
  if (!isOne(is, value)) throw new NormtapeError({ where, expected, received: value, hint });
}

const isFunction = (value: unknown): value is (...args: never[]) => unknown => typeof value === 'function';

/** Throws, with `where`, if a value is not a function. */
export function demandFunction(where: string, value: unknown, hint?: string): void {
  demand(where, 'a function', isFunction, value, hint);
}

const isText = (value: unknown): value is string => typeof value === 'string';

/** Throws, with `where`, if a value is not a string. */
export function demandText(where: string, value: unknown): asserts value is string {
  demand(where, 'a string', isText, value);
}

/** Whether a value is iterable: a list, a Set, a generator and the like. */
export const isIterable = (given: unknown): given is Iterable<unknown> =>
  isOne(
    (value): value is Iterable<unknown> =>
      typeof value === 'object' &&
      value !== null &&
      Symbol.iterator in value &&
      typeof value[Symbol.iterator] === 'function',
    given,
  );

/** Whether a value is a list or a typed array that contains only items of a kind; a hole is undefined. */
export const isListOf =
  <T>(isItem: (item: unknown) => item is T) =>
  (given: unknown): given is ArrayLike<T> =>
    isOne(
      (value): value is ArrayLike<T> =>
        (Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value)) &&
        holdsOnly(value as ArrayLike<unknown>, isItem),
      given,
    );

/** Whether all items are of a kind, without a copy: a list may have billions of holes. */
function holdsOnly<T>(list: ArrayLike<unknown>, isItem: (item: unknown) => item is T): boolean {
  const { length } = list;
  for (let i = 0; i < length; i++) if (!isItem(list[i])) return false;
  return true;
}

const isNumber = (value: unknown): value is number => typeof value === 'number';

/** Whether a value is a list of strings, without holes. */
export const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && isListOf(isText)(value);

/** Whether a value is a list or a typed array of numbers. */
export const isNumbers = isListOf(isNumber);

const isInstance = Function.prototype[Symbol.hasInstance];

/** Makes `instanceof` return false for values that cannot be read, such as a revoked proxy, instead of throwing. */
export function answerAlways(owner: { readonly prototype: object }): void {
  const value = function (this: unknown, given: unknown): boolean {
    try {
      return isInstance.call(this, given);
    } catch {
      return false;
    }
  };
  Object.defineProperty(owner, Symbol.hasInstance, { value });
}

/** Whether a value is a list; false if it cannot be read. */
export const isList = (value: unknown): value is readonly unknown[] => isOne(Array.isArray, value);

import { isPlainObject } from './realm.js';

/** A deep copy of data that JSON can hold: lists and plain objects are copied, all else is taken as it is. */
export function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyOf(item)])) as T;
}

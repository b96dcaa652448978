const isA = (kind: 'Map' | 'Set', value: unknown): boolean =>
  Object.prototype.toString.call(value) === `[object ${kind}]`;

/** Whether it is a Map, of this realm or of another, such as a frame or the sandbox of a test runner. */
export const isMap = (value: unknown): value is Map<unknown, unknown> => isA('Map', value);

/** Whether it is a Set, of this realm or of another. */
export const isSet = (value: unknown): value is Set<unknown> => isA('Set', value);

/** Whether it is an object without a class; that of another window, whose Object is not ours, counts too. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

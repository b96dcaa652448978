const isA = (kind: 'Map' | 'Set', value: unknown): boolean =>
  attempt(() => Object.prototype.toString.call(value)) === `[object ${kind}]`;

/** Whether it is a Map, of this realm or of another, such as a frame or the sandbox of a test runner. */
export const isMap = (value: unknown): value is Map<unknown, unknown> => isA('Map', value);

/** Whether it is a Set, of this realm or of another. */
export const isSet = (value: unknown): value is Set<unknown> => isA('Set', value);

/**
 * Whether it is an object without a class; that of another window, whose Object is not ours, counts too. A proxy that
 * does not let itself be looked at is none.
 */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const isPlain = attempt(() => {
    const prototype: unknown = Object.getPrototypeOf(value);
    return prototype === null || Object.getPrototypeOf(prototype) === null;
  });
  return isPlain ?? false;
}

/**
 * The entries of an object without a class, each read once; undefined if it is none, or if a getter or a proxy throws.
 */
export const entriesOf = (value: unknown): [string, unknown][] | undefined =>
  isPlainObject(value) ? attempt(() => Object.entries(value)) : undefined;

/**
 * A copy of a list, each item read once; undefined if it is none, if it cannot be read, or if it has a hole, of which a
 * list can have billions.
 */
export const itemsOf = (value: unknown): unknown[] | undefined =>
  attempt(() => (Array.isArray(value) ? withoutHoles(value) : undefined));

function withoutHoles(list: readonly unknown[]): unknown[] | undefined {
  const items: unknown[] = [];
  const { length } = list;
  for (let i = 0; i < length; i++) {
    const item = list[i];
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}

/** What a look at a stranger's value returns; undefined if it throws. */
function attempt<A>(look: () => A): A | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

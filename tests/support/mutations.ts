import fc from 'fast-check';
import ndarray from 'ndarray';
import { type Garbage, garbage } from '../fuzz/garbage.js';

type Path = readonly (string | number)[];

/** One change of a state, at the place that a number selects. */
export interface Mutation {
  readonly at: number;
  readonly words: string;
  readonly change: (value: unknown) => unknown;
}

/** The result of a change that removes the value. */
export const GONE = Symbol('gone');

const value = (words: string, make: () => unknown): Omit<Mutation, 'at'> => ({ words, change: make });

const shared = (): unknown => {
  const same = (one: unknown): unknown[] => Array.from({ length: 1000 }, () => one);
  return same(same(same(1)));
};

const deep = (): unknown => {
  let list: unknown = [1];
  for (let i = 0; i < 20_000; i++) list = [list];
  return list;
};

const cyclic = (): unknown => {
  const list: unknown[] = [];
  list[0] = list;
  return list;
};

/** Changes that apply to every value, from near misses to claims of a billion numbers. */
export const changes: readonly Omit<Mutation, 'at'>[] = [
  ...[NaN, -1, 0, 0.5, 1e300, Infinity, 2 ** 31, '', 'abc', '-0', null, undefined, true].map((one) =>
    value(`${typeof one} ${String(one)}`, () => one),
  ),
  value('an empty list', () => []),
  value('an empty object', () => ({})),
  value('zeros', () => [0, 0, 0, 0]),
  value('a view of a billion numbers', () => ndarray(Float32Array.of(1), [1e9], [0])),
  value('a view beyond its data', () => ({
    data: Float32Array.of(1),
    dtype: 'float32',
    shape: [2],
    stride: [1],
    offset: 0,
  })),
  value('a view without steps', () => ({
    data: Float32Array.of(1),
    dtype: 'float32',
    shape: [1],
    stride: 1,
    offset: 0,
  })),
  value('JSON of a billion numbers', () => ({ shape: [1e9], dtype: 'float32', data: [1] })),
  value('a billion numbers in three lists', shared),
  value('a list of four billion holes', () => new Array<unknown>(2 ** 32 - 1)),
  value('a list that holds itself', cyclic),
  value('deep lists', deep),
  { words: 'left out', change: () => GONE },
  { words: 'in a list', change: (one) => [one] },
  { words: 'negative', change: (one) => (typeof one === 'number' ? -one - 1 : one) },
  { words: 'one more', change: (one) => (typeof one === 'number' ? one + 1 : one) },
  { words: 'as a string', change: (one) => (typeof one === 'number' ? String(one) : one) },
  {
    words: 'with one more part',
    change: (one) =>
      Array.isArray(one) ? [...(one as unknown[]), 1] : isHolder(one) ? { ...one, extra: 1 } : one,
  },
  { words: 'with one part less', change: (one) => (Array.isArray(one) ? one.slice(1) : one) },
];

/** Objects that throw whenever they are read are tried at other doors. */
const isLookedAt = ({ words }: Garbage): boolean => !/proxy|throws when it is read/.test(words);

export const mutations: fc.Arbitrary<Mutation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(fc.nat(), fc.constantFrom(...changes)).map(([at, one]) => ({ at, ...one })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat(), garbage.filter(isLookedAt))
      .map(([at, { words, make }]) => ({ at, words, change: make })),
  },
);

const isHolder = (one: unknown): one is Readonly<Record<string, unknown>> =>
  typeof one === 'object' &&
  one !== null &&
  [Object.prototype, Array.prototype].includes(Object.getPrototypeOf(one) as never);

/** The paths of every list, object and value in a state. */
export function pathsIn(state: unknown, path: Path = []): readonly Path[] {
  const below = Array.isArray(state)
    ? state.flatMap((one: unknown, i) => pathsIn(one, [...path, i]))
    : isHolder(state)
      ? Object.entries(state).flatMap(([key, one]) => pathsIn(one, [...path, key]))
      : [];
  return [path, ...below];
}

/** A copy of the state with the value at a path replaced. */
export function changedAt(
  state: unknown,
  [key, ...rest]: Path,
  change: (value: unknown) => unknown,
): unknown {
  if (key === undefined) return change(state);
  if (Array.isArray(state)) {
    const items: unknown[] = [...(state as unknown[])];
    const next = changedAt(items[key as number], rest, change);
    items.splice(key as number, 1, ...(next === GONE ? [] : [next]));
    return items;
  }
  const { [key]: before, ...others } = state as Record<string, unknown>;
  const next = changedAt(before, rest, change);
  return next === GONE ? others : { ...others, [key]: next };
}

/** The state after some mutations, and their paths in words. */
export function mutated(
  state: unknown,
  all: readonly Mutation[],
): { readonly state: unknown; readonly words: string } {
  const words: string[] = [];
  let now = state;
  for (const { at, words: what, change } of all) {
    // The value of the first mutation is not searched, because it may be endless.
    const paths = now === state ? pathsIn(state) : [];
    const path = paths[at % Math.max(1, paths.length)] ?? ['extra'];
    if (now !== state && (Array.isArray(now) || !isHolder(now))) break;
    words.push(`${path.join('.') || 'all'}: ${what}`);
    now = changedAt(now, path, change);
  }
  return { state: now === GONE ? undefined : now, words: words.join('; ') };
}

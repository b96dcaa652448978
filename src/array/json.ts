/** The number that an item of a list stands for; undefined if it stands for none. */
export type Item = (item: unknown) => number | undefined;

/** Numbers stand for themselves, and nothing else for one. */
export const asNumber: Item = (item) => (typeof item === 'number' ? item : undefined);

/** A number as JSON can hold it exactly: NaN, the infinities and −0 have no JSON of their own, and go as strings. */
export type JsonNumber = number | 'NaN' | 'Infinity' | '-Infinity' | '-0';

const WORDS = new Map<unknown, number>([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-0', -0],
]);

/** The number in a form that JSON keeps. */
export function toJsonNumber(value: number): JsonNumber {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : value;
  return String(value) as JsonNumber;
}

/** The value with every number in a form that JSON keeps, in nested lists too. */
export function toJsonNumbers(value: unknown): unknown {
  return Array.isArray(value)
    ? value.map(toJsonNumbers)
    : typeof value === 'number'
      ? toJsonNumber(value)
      : value;
}

/** The number that JSON holds as this value; undefined if it is none. */
export const asWord: Item = (value) => asNumber(value) ?? WORDS.get(value);

/** The same, where true stands for 1 and false for 0, as in a mask. */
export const asFlag: Item = (value) => (typeof value === 'boolean' ? Number(value) : asWord(value));

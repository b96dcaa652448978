import { asWord } from '../array/index.js';
import { NormtapeError, suggest } from '../error.js';
import { entriesOf } from '../option/index.js';

/** The object; throws, in the name of `where`, if a part of it is missing or unknown. */
export function demandKeys(
  where: string,
  given: unknown,
  names: readonly string[],
  optional: readonly string[] = [],
): Readonly<Record<string, unknown>> {
  const all = [...names, ...optional];
  const expected = all.length ? `an object of ${all.join(', ')}` : 'an object without parts';
  const entries = entriesOf(given);
  if (!entries) throw new NormtapeError({ where, expected, received: given });
  const keys = entries.map(([key]) => key);
  const unknown = keys.find((key) => !all.includes(key));
  if (unknown === undefined && names.every((name) => keys.includes(name))) return Object.fromEntries(entries);
  throw new NormtapeError({ where, expected, received: keys, hint: suggest(unknown, all) });
}

/** Reads the state of a callback with `read`; throws if it has parts of other names, or `read` returns undefined. */
export function readOwn<S>(
  where: string,
  state: unknown,
  names: readonly string[],
  read: (parts: Readonly<Record<string, unknown>>) => S | undefined,
): S {
  const entries = entriesOf(state);
  const isKnown = entries?.every(([key]) => names.includes(key));
  const found = isKnown ? read(Object.fromEntries(entries!)) : undefined;
  if (found !== undefined) return found;
  throw new NormtapeError({ where, expected: 'a state of this callback', received: state });
}

/** The best number in a state; undefined if it is not a number. */
export function bestOf(value: unknown): number | undefined {
  const best = asWord(value);
  return Number.isNaN(best) ? undefined : best;
}

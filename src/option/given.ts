import { NormtapeError } from '../error.js';
import { camelCase } from './case.js';
import { entriesOf } from './realm.js';

/** The form that options are given in, as errors call it. */
export const PLAIN = 'a plain object of options';

/** The options of these names, in either spelling, and all others; throws if `given` is not a plain object. */
export function takenOut<G extends object, K extends keyof G & string>(
  where: string,
  given: G,
  names: readonly K[],
): { readonly apart: Pick<G, K>; readonly rest: Omit<G, K> } {
  const apart: Partial<G> = {};
  const rest: Record<string, unknown> = {};
  for (const [key, value] of plainEntries(where, given)) {
    const name = names.find((known) => known === camelCase(key));
    if (name === undefined) rest[key] = value;
    else if (value !== undefined) apart[name] = value as G[K];
  }
  return { apart: apart as Pick<G, K>, rest: rest as Omit<G, K> };
}

/** A copy of the given options, for a caller that splits them before they are checked; throws if `given` is not a plain object. */
export const plain = <O extends object>(where: string, given: O): O =>
  Object.fromEntries(plainEntries(where, given)) as O;

function plainEntries(where: string, given: unknown): [string, unknown][] {
  const entries = entriesOf(given);
  if (entries) return entries;
  throw new NormtapeError({ where, expected: PLAIN, received: given });
}

/**
 * The given options, with these values for names that were not given in either spelling. A name that must not be left to
 * its default gets null, which, unlike undefined, is refused. Throws if the given value is no plain object.
 */
export function completed<G extends object>(
  where: string,
  given: G,
  otherwise: { readonly [K in keyof G]?: G[K] | null },
): G {
  const entries = plainEntries(where, given);
  const stated = entries.filter(([, value]) => value !== undefined);
  const names = new Set(stated.map(([key]) => camelCase(key)));
  const missing = Object.entries(otherwise).filter(([name]) => !names.has(name));
  return Object.fromEntries([...entries, ...missing]) as G;
}

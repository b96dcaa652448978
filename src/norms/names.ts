import { suggest } from '../error.js';
import { type Norm, isShapePreserving, reasonApart } from './norm.js';

/** A name without case, separators and the words that libraries add, in which spellings of one name differ. */
const plain = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replace(/normalization|normalisation/, 'norm');

/** The norm that a name means which is not its type: one of its other names, or its title, in any spelling. */
export const knownAs = (name: string, norms: readonly Norm[]): Norm | undefined =>
  norms.find(({ title, alsoKnownAs = [] }) =>
    [title, ...alsoKnownAs].some((other) => plain(other) === plain(name)),
  );

/**
 * A hint for a name that is not among the known ones, where only norms stand that keep the shape of x: why that norm
 * cannot, or the name that it may mean.
 */
export function suggestShapePreserving(
  given: string,
  norms: readonly Norm[],
  known: readonly string[],
): string | undefined {
  const meant = norms.find(({ type }) => type === given) ?? knownAs(given, norms);
  const reason = meant && reasonApart(meant);
  if (reason) return `${meant.type} cannot stand here. ${reason}`;
  return suggest(given, known) ?? suggestType(given, norms.filter(isShapePreserving));
}

/** A hint that leads from a name that is no type to the type it may mean; undefined if there is none. */
export function suggestType(given: unknown, norms: readonly Norm[]): string | undefined {
  const meant = typeof given === 'string' ? knownAs(given, norms) : undefined;
  if (meant) return `Did you mean ${meant.type}?`;
  return suggest(
    given,
    norms.map(({ type }) => type),
  );
}

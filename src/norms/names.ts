import { suggest } from '../error.js';
import { type Norm, isShapePreserving, reasonApart } from './norm.js';

/** A name without the module before it, case, separators and the words that libraries add, in which spellings differ. */
const plain = (name: string): string =>
  name
    .toLowerCase()
    .replace(/^.*\./, '')
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

/** Norms for another use, and what to say of one of them in a sentence after its type. */
export interface Elsewhere {
  readonly norms: readonly Norm[];
  readonly reason: string;
}

/** A hint that leads from a name that is no type to the type it may mean; undefined if there is none. */
export function suggestType(
  given: unknown,
  norms: readonly Norm[],
  elsewhere?: Elsewhere,
): string | undefined {
  if (typeof given === 'string') {
    const meant = knownAs(given, norms);
    if (meant) return `Did you mean ${meant.type}?`;
    const others = elsewhere?.norms ?? [];
    const other = others.find(({ type }) => type === given) ?? knownAs(given, others);
    if (other) return `${other.type} ${elsewhere!.reason}`;
  }
  return suggest(
    given,
    norms.map(({ type }) => type),
  );
}

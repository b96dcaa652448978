import { NormtapeError, suggest } from '../../error.js';
import type { StatedNormalization } from '../../models/normalization.js';
import { shapePreservingTypes } from '../../norms/normalizations.js';
import type { OwnNorms } from '../norms/named.js';

/** The names that were asked for; throws where one is unknown, or comes twice. */
export function demandNames(names: readonly string[], known: readonly string[]): readonly string[] {
  const where = '--norms';
  names.forEach((name, i) => {
    if (!known.includes(name)) {
      const expected = `one of ${known.join(', ')}`;
      throw new NormtapeError({ where, expected, received: name, hint: suggest(name, known) });
    }
    if (names.indexOf(name) !== i) {
      throw new NormtapeError({ where, expected: 'each name once', received: name });
    }
  });
  return names;
}

/** Types that models can normalize by: the built-in ones, and those of one's own that keep shapes. */
export const typesWith = (own: OwnNorms): readonly string[] => [
  'none',
  ...shapePreservingTypes,
  ...[...own].flatMap(([type, { norm }]) => (norm.outputs ? [] : [type])),
];

/** The normalization option of a model for such a type. */
export const statedBy = (type: string, own: OwnNorms): StatedNormalization =>
  (own.get(type)?.norm ?? type) as StatedNormalization;

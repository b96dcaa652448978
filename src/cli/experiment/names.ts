import { NormtapeError } from '../../error.js';
import type { StatedNormalization } from '../../models/normalization.js';
import { isShapePreserving } from '../../norms/norm.js';
import { suggestShapePreserving } from '../../norms/names.js';
import { norms, shapePreservingTypes } from '../../norms/normalizations.js';
import type { OwnNorms } from '../norms/named.js';

/**
 * Checks the names of a flag, and returns them.
 * @throws if one is unknown or occurs twice.
 */
export function demandNames(named: readonly string[], known: readonly string[]): readonly string[] {
  const where = '--norms';
  named.forEach((name, i) => {
    if (!known.includes(name)) {
      const expected = `one of ${known.join(', ')}`;
      const hint = suggestShapePreserving(name, Object.values(norms), known);
      throw new NormtapeError({ where, expected, received: name, hint });
    }
    if (named.indexOf(name) !== i) {
      throw new NormtapeError({ where, expected: 'each name once', received: name });
    }
  });
  return named;
}

/** The types that models can use: the built-in ones, and your own that keep the shape. */
export const typesWith = (own: OwnNorms): readonly string[] => [
  'none',
  ...shapePreservingTypes,
  ...[...own].flatMap(([type, { norm }]) => (isShapePreserving(norm) ? [type] : [])),
];

/** The normalization option of a model for this type. */
export const statedBy = (type: string, own: OwnNorms): StatedNormalization =>
  (own.get(type)?.norm ?? type) as StatedNormalization;

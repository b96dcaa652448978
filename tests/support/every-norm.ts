import { type BuiltInType, builtInNorms } from '../../src/norms/built-in.js';
import { type NormalizationLayer, normalization } from '../../src/norms/layer.js';
import { weightNorms } from '../../src/norms/weight-normalizations.js';

// The norms of both catalogs, under the names that those of the first have, for tests of what every norm owes.

export {
  type BuiltInType as NormalizationType,
  builtInNorms as norms,
  builtInTypes as normalizationTypes,
} from '../../src/norms/built-in.js';

export const createNormalizationLayer = (type: BuiltInType, options: object = {}): NormalizationLayer =>
  normalization(builtInNorms[type], options);

/** Whether the axes that the options name are those along which statistics differ, not those of a group. */
export const namesOthers = (type: BuiltInType): boolean =>
  type === 'batch_norm' || (type in weightNorms && builtInNorms[type].options['axis']?.kind === 'axes');

/** Whether a norm accepts an input of this shape under its default options. */
export const accepts = (type: BuiltInType, shape: readonly number[]): boolean => {
  const { definition, options } = createNormalizationLayer(type);
  return (definition.accepts?.(shape, options) ?? true) === true;
};

import { type TypeIn, byType, factoryOf } from './factory.js';
import type { GivenTo } from './norm.js';
import * as catalog from './weight-catalog.js';
import { notOfWeights } from './weight-names.js';

type Catalog = typeof catalog;

/** The catalog by type. */
type BuiltIn = { readonly [Name in keyof Catalog as Catalog[Name]['type']]: Catalog[Name] };

/** The name of a built-in norm of a weight, such as 'weight_norm'. */
export type WeightNormalizationType = TypeIn<BuiltIn>;

/** The options of one type, all of them optional. */
export type WeightNormalizationOptions<T extends WeightNormalizationType> = GivenTo<BuiltIn[T]>;

const builtIn = factoryOf(byType(catalog) as BuiltIn, notOfWeights);

/**
 * Every built-in norm of a weight by its type: options, weights, text, formula and laws, as data. In a bundle, reading text,
 * formula or laws throws unless the program calls a function that needs them, such as `getNormalizationInfo`.
 */
export const weightNorms = builtIn.norms;

/** The types of the built-in norms of a weight, in alphabetical order. */
export const weightNormalizationTypes = builtIn.normalizationTypes;

/**
 * A norm of a weight by its type, with options in camelCase: a layer whose `forward(weight)` is the effective weight. The
 * first weight builds it. `normalizeWeights` puts one on the kernels of a model. Throws if the type or an option does not
 * exist or has a wrong value.
 */
export const createWeightNormalization = builtIn.createNormalizationLayer;

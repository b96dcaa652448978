import type { Norm } from './norm.js';
import { type NormalizationType, normalizationTypes, norms } from './normalizations.js';
import {
  type WeightNormalizationType,
  weightNormalizationTypes,
  weightNorms,
} from './weight-normalizations.js';

/** The name of a built-in norm, of an input or of a weight. */
export type BuiltInType = NormalizationType | WeightNormalizationType;

/** The norms of both catalogs by their types. */
export const builtInNorms: Readonly<Record<BuiltInType, Norm>> = { ...norms, ...weightNorms };

/** The types of both catalogs, those of inputs first. */
export const builtInTypes: readonly BuiltInType[] = [...normalizationTypes, ...weightNormalizationTypes];

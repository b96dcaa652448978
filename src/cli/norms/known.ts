import type { Norm } from '../../norms/norm.js';
import type { Report } from '../../error.js';
import { defineNormalizations } from '../../norms/factory.js';
import type { NormalizationInfo } from '../../norms/info.js';
import { norms } from '../../norms/normalizations.js';
import type { OwnNorms } from './named.js';

/** The part of a factory with which commands check and describe norms, built-in or your own. */
export interface Known {
  readonly norms: Readonly<Record<string, Norm>>;
  readonly normalizationTypes: readonly string[];
  readonly shapePreservingTypes: readonly string[];
  readonly checkNormalizationConfig: (type: string, options?: object) => readonly Report[];
  readonly getNormalizationInfo: () => Readonly<Record<string, NormalizationInfo>>;
}

/** The definition of a type, your own or the built-in one; undefined for 'none'. */
export const definitionOf = (type: string, own: Norm | undefined): Norm | undefined =>
  own ?? (norms as Readonly<Record<string, Norm>>)[type];

/** Built-in norms, those of an input if nothing else is said, together with your own. */
export const knownWith = (own: OwnNorms, builtIn: Readonly<Record<string, Norm>> = norms): Known =>
  defineNormalizations<Readonly<Record<string, Norm>>>({
    ...builtIn,
    ...Object.fromEntries([...own].map(([type, { norm }]) => [type, norm])),
  });

import * as ofInputs from './catalog.js';
import { byType } from './factory.js';
import { type Elsewhere, suggestType } from './names.js';
import * as ofWeights from './weight-catalog.js';

/** The norms of inputs, where a norm of a weight is expected. */
export const notOfWeights: Elsewhere = {
  norms: Object.values(byType(ofInputs)),
  reason: 'is a norm of inputs: createNormalizationLayer makes it.',
};

/** A hint that leads from a name that is no type of a norm of a weight to the one it may mean. */
export const suggestWeightType = (given: unknown): string | undefined =>
  suggestType(given, Object.values(byType(ofWeights)), notOfWeights);

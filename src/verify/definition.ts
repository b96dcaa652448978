import type { Norm } from '../norms/norm.js';
import { isPlainObject } from '../norms/option.js';

/** Whether a value is a definition, as norm(…) makes them. */
export const isNorm = (value: unknown): value is Norm =>
  isPlainObject(value) &&
  typeof value['type'] === 'string' &&
  typeof value['apply'] === 'function' &&
  ['options', 'parameters', 'invariants', 'example'].every((key) => isPlainObject(value[key]));

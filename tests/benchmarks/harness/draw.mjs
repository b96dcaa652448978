import { array, randomNormal, randomUniform } from '../../../dist/node/index.js';

/**
 * Draws a tensor from its specification: `{ shape, seed }` is normal; with a `bound` it is uniform between −bound and
 * bound.
 */
export const draw = ({ shape, seed, bound }) =>
  bound === undefined
    ? randomNormal(shape, { seed })
    : randomUniform(shape, { seed, low: -bound, high: bound });

/** The numbers of a tensor, row by row. */
export const numbers = (tensor) => array.flat(tensor.value).slice();

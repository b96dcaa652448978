import { array, randomNormal, randomUniform } from '../../../dist/node/index.js';

/** Draws a tensor as its specification says: `{ shape, seed }` is normal, with a `bound` uniform on both sides of 0. */
export const draw = ({ shape, seed, bound }) =>
  bound === undefined
    ? randomNormal(shape, { seed })
    : randomUniform(shape, { seed, low: -bound, high: bound });

/** The numbers of a tensor, row by row. */
export const numbers = (tensor) => array.flat(tensor.value).slice();

import * as array from '../array/index.js';
import { positiveAxes } from '../array/index.js';
import { type Operand, SMOOTH, lift, withDomain } from '../autograd/primitive.js';
import type { Tensor } from '../autograd/tape.js';
import { type Given, axis as axisOption, flag, resolve } from '../option/index.js';
import { PRODUCTS } from './reduction.js';

const RUNNING = {
  axis: axisOption(-1, 'The axis along which numbers are accumulated.'),
  reverse: flag(false, 'Whether to begin at the end of the axis.'),
  exclusive: flag(false, 'Whether to leave each number out of its own sum, so that the first is 0.'),
};

/**
 * The running sum along an axis, accumulated in float64: yᵢ = x₀ + … + xᵢ, with the shape of x. Each number receives
 * the sum of the gradients from its own position on, a running sum in the other direction.
 *
 * @throws {NormtapeError} If there is no such axis.
 */
export const cumsum = withDomain(SMOOTH, (x: Operand, given: Given<typeof RUNNING> = {}): Tensor => {
  const { axis, reverse, exclusive } = resolve('cumsum', RUNNING, given);
  return lift(
    'cumsum',
    [x],
    (input) => {
      const [at] = positiveAxes(axis, input.shape.length, 'cumsum');
      return {
        value: array.cumulativeSum(input, at!, { reverse, exclusive }),
        pullback: (g) => [array.cumulativeSum(g, at!, { reverse: !reverse, exclusive })],
      };
    },
    { axis, reverse, exclusive },
  );
});

const ALONG = { axis: RUNNING.axis };

/**
 * The running product along an axis, accumulated in float64: yᵢ = x₀ · … · xᵢ, with the shape of x. Its backward pass
 * does not divide, so the gradient is exact even if some numbers are 0.
 *
 * @throws {NormtapeError} If there is no such axis.
 */
export const cumprod = withDomain(PRODUCTS, (x: Operand, given: Given<typeof ALONG> = {}): Tensor => {
  const { axis: stated } = resolve('cumprod', ALONG, given);
  return lift('cumprod', [x], (input) => {
    const [at] = positiveAxes(stated, input.shape.length, 'cumprod');
    return {
      value: array.cumulativeProduct(input, at!),
      pullback: (g) => [array.cumulativeProductBack(g, input, at!)],
    };
  });
});

import * as array from '../array/index.js';
import {
  type Axes,
  type NdArray,
  broadcastTo,
  mul,
  reshape,
  scale,
  sizeOf,
  sub,
  without,
} from '../array/index.js';
import {
  type Differentiated,
  type Op,
  type Operand,
  SMOOTH,
  type Domain,
  lift,
  within,
} from '../autograd/primitive.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { type Given, flag, resolve } from '../option/index.js';

/** How a reduction leaves its axes: gone, or kept with size 1. */
export type Reduced = Given<typeof REDUCED>;

const REDUCED = { keepDims: flag(false, 'Whether the axes stay, with size 1.') };
const LEFT_OUT = { keepDims: false };

type Reduction = Op<(x: Operand, axes?: Axes, reduced?: Reduced) => Tensor>;

/** The sum over the axes; left out: over all of them. */
export const sum = reduction('sum', 0, (x, axes) => ({
  value: array.sum(x, axes),
  pullback: (g) => [broadcastTo(g, x.shape)],
}));

/** The mean over the axes; left out: over all of them. */
export const mean = reduction('mean', 1, (x, axes) => {
  const value = array.mean(x, axes);
  return { value, pullback: (g) => [broadcastTo(scale(g, 1 / countOf(x, value)), x.shape)] };
});

/** The largest over the axes; a NaN wins. Those that tie share the gradient evenly. */
export const max = reduction('max', 1, (x, axes) => extreme(x, axes, array.max(x, axes)), {
  ...SMOOTH,
  ties: true,
});

/** The smallest over the axes; a NaN wins. Those that tie share the gradient evenly. */
export const min = reduction('min', 1, (x, axes) => extreme(x, axes, array.min(x, axes)), {
  ...SMOOTH,
  ties: true,
});

/** The mean of (x − x̄)² over the axes: d var = 2/n Σ (x − x̄)·dx, since the mean moves against itself. */
export const variance = reduction('variance', 1, (x, axes) => {
  const centered = sub(x, array.mean(x, axes));
  const offset = sub(centered, array.mean(centered, axes)); // What is left of the mean is rounding.
  const value = array.mean(array.square(offset), axes);
  return { value, pullback: (g) => [mul(offset, scale(g, 2 / countOf(x, value)))] };
});

/** ln Σ eˣ over the axes, without overflow: d ln Σ eˣ = ⟨softmax x, dx⟩. */
export const logSumExp = reduction('logSumExp', 1, (x, axes) => ({
  value: array.logSumExp(x, axes),
  pullback: (g) => [mul(g, array.softmax(x, axes))],
}));

/** An op over a rule whose value and gradient keep the reduced axes at size 1. */
function reduction(
  op: string,
  least: number,
  rule: (x: NdArray, axes: Axes) => Differentiated,
  domain: Domain = SMOOTH,
): Reduction {
  return within(domain, (operand: Operand, axes?: Axes, reduced?: Reduced) => {
    const { keepDims } = reduced === undefined ? LEFT_OUT : resolve(op, REDUCED, reduced);
    return lift(op, [operand], (x) => {
      const over = axes ?? x.shape.map((_, axis) => axis);
      const { value, pullback } = rule(x, over);
      if (countOf(x, value) < least && sizeOf(value.shape) > 0) {
        const expected = 'axes with at least one element';
        throw new NormtapeError({ where: op, expected, received: x.shape });
      }
      return {
        value: keepDims ? value : reshape(value, without(x.shape, over)),
        pullback: (g, needed) => pullback(reshape(g, value.shape), needed),
      };
    });
  });
}

const countOf = (x: NdArray, reduced: NdArray): number =>
  sizeOf(reduced.shape) && sizeOf(x.shape) / sizeOf(reduced.shape);

function extreme(x: NdArray, axes: Axes, value: NdArray): Differentiated {
  return { value, pullback: (g) => [array.extremeBack(x, value, g, axes)] };
}

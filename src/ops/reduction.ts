import * as array from '../array/index.js';
import {
  type Axes,
  type NdArray,
  broadcastTo,
  mul,
  reshape,
  scale,
  sizeOf,
  without,
} from '../array/index.js';
import { type Op, type Operand, SMOOTH, type Domain, lift, withDomain } from '../autograd/primitive.js';
import type { Differentiated } from '../autograd/rule.js';
import type { Attributes, Tensor } from '../autograd/tape.js';
import { isOne } from '../demand.js';
import { NormtapeError } from '../error.js';
import { type Given, flag, number, resolve } from '../option/index.js';

/** Whether the reduced axes are dropped, or kept with size 1. */
export type Reduced = Given<typeof REDUCED>;

const REDUCED = { keepDims: flag(false, 'Whether the axes stay, with size 1.') };

type Reduction = Op<(x: Operand, axes?: Axes, reduced?: Reduced) => Tensor>;

/** The sum over the axes, by default over all of them. */
export const sum = reduction('sum', 0, (x, axes) => ({
  value: array.sum(x, axes),
  pullback: (g) => [broadcastTo(g, x.shape)],
}));

/** The mean over the axes, by default over all of them. */
export const mean = reduction('mean', 1, (x, axes) => {
  const value = array.mean(x, axes);
  return { value, pullback: (g) => [broadcastTo(scale(g, 1 / countOf(x, value)), x.shape)] };
});

/** The maximum over the axes; a NaN wins. Ties share the gradient evenly. */
export const max = reduction('max', 1, (x, axes) => extreme(x, axes, array.max(x, axes)), {
  ...SMOOTH,
  ties: true,
});

/** The minimum over the axes; a NaN wins. Ties share the gradient evenly. */
export const min = reduction('min', 1, (x, axes) => extreme(x, axes, array.min(x, axes)), {
  ...SMOOTH,
  ties: true,
});

/** The mean of (x − x̄)² over the axes: d var = 2/n Σ (x − x̄)·dx; the terms from the mean cancel. */
export const variance = reduction('variance', 1, (x, axes) => {
  const { value, back } = array.variance(x, axes);
  return { value, pullback: (g) => [back(g)] };
});

/** Away from 0: near several zeros a product changes by a high power of the step, so that differences measure no slope. */
export const PRODUCTS: Domain = { ...SMOOTH, corners: [0] };

/**
 * The product over the axes. Each factor receives the gradient times the product of all others, which is exact even if
 * some of them are 0.
 */
export const prod = reduction(
  'prod',
  0,
  (x, axes) => ({
    value: array.product(x, axes),
    pullback: (g) => [array.productBack(g, x, axes)],
  }),
  PRODUCTS,
);

const SPREAD = {
  keepDims: REDUCED.keepDims,
  correction: number(0, 'What is taken off the count: 1 for the estimate of a sample.', {
    min: 0,
    explore: [0, 1],
  }),
};

/**
 * The standard deviation σ over the axes, √(Σ (x − x̄)² / (n − `correction`)): dσ = Σ (x − x̄)·dx / ((n −
 * correction)·σ). If all numbers are equal, σ and its gradient are 0. No square overflows or underflows.
 */
export const std = withDomain(
  { ...SMOOTH, ties: true }, // If all are equal, the slope jumps.
  (operand: Operand, axes?: Axes, given: Given<typeof SPREAD> = {}): Tensor => {
    const { keepDims, correction } = resolve('std', SPREAD, given);
    return reduced(
      'std',
      1,
      operand,
      axes,
      keepDims,
      (x, over) => {
        const count = sizeOf(x.shape) / sizeOf(array.across(x.shape, over));
        if (count <= correction) {
          const expected = `axes of more elements than the correction, ${correction}`;
          throw new NormtapeError({ where: 'std', expected, received: x.shape });
        }
        const size = array.magnitude(x, over);
        const scaled = array.div(x, size);
        const centered = array.sub(scaled, array.mean(scaled, over));
        const offset = array.sub(centered, array.mean(centered, over)); // What is left of the mean is rounding.
        const squares = array.sum(array.square(offset), over);
        const deviation = array.map(squares, (total) => Math.sqrt(total / (count - correction)));
        return {
          value: mul(deviation, size),
          pullback(g) {
            const share = array.zip(g, deviation, (gradient, s) =>
              s === 0 ? 0 : gradient / (s * (count - correction)),
            );
            return [mul(offset, share)];
          },
        };
      },
      { axes, correction },
    );
  },
);

/**
 * ln Σ eˣ over the axes, without overflow: d ln Σ eˣ = ⟨softmax x, dx⟩. If all numbers are −∞ it is −∞, with a
 * gradient of 0.
 */
export const logSumExp = reduction('logSumExp', 1, (x, axes) => {
  const value = array.logSumExp(x, axes);
  return {
    value,
    pullback(g) {
      const shares = mul(g, array.softmax(x, axes));
      // The softmax of infinite sums is NaN: finite numbers get a gradient of 0, and so do all if the sum is −∞.
      const known = (share: number, log: number, at: number): number =>
        log === -Infinity || (log === Infinity && at < log) ? 0 : share;
      return [array.finite(value) ? shares : array.zip3(shares, value, x, known)];
    },
  };
});

/** Makes an op of a rule whose value and gradient keep the reduced axes with size 1. */
export function reduction(
  op: string,
  least: number,
  rule: (x: NdArray, axes: Axes) => Differentiated,
  domain: Domain = SMOOTH,
): Reduction {
  return withDomain(domain, (operand: Operand, axes?: Axes, given?: Reduced) => {
    return reduced(op, least, operand, axes, keptIn(op, given), rule);
  });
}

/** Options with keepDims alone. */
const isPlainest = (given: unknown): given is { readonly keepDims: boolean } =>
  typeof given === 'object' &&
  given !== null &&
  Object.getPrototypeOf(given) === Object.prototype &&
  Object.keys(given).join() === 'keepDims' &&
  typeof (given as Reduced).keepDims === 'boolean';

/** Whether the axes stay. To read options takes longer than to sum a few numbers, so the plainest are seen at a glance. */
function keptIn(op: string, given: Reduced | undefined): boolean {
  if (given === undefined) return false;
  return isOne(isPlainest, given) ? given.keepDims : resolve(op, REDUCED, given).keepDims;
}

/** Records the rule of a reduction, with the reduced axes kept or dropped. */
function reduced(
  op: string,
  least: number,
  operand: Operand,
  axes: Axes | undefined,
  keepDims: boolean,
  rule: (x: NdArray, axes: Axes) => Differentiated,
  attributes: Attributes = { axes },
): Tensor {
  return lift(
    op,
    [operand],
    (x) => {
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
    },
    attributes,
  );
}

const countOf = (x: NdArray, reduced: NdArray): number =>
  sizeOf(reduced.shape) && sizeOf(x.shape) / sizeOf(reduced.shape);

function extreme(x: NdArray, axes: Axes, value: NdArray): Differentiated {
  return { value, pullback: (g) => [array.extremeBack(x, value, g, axes)] };
}

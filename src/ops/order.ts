import * as array from '../array/index.js';
import { type NdArray, positiveAxes, reshape, without } from '../array/index.js';
import { type Operand, SMOOTH, alike, lift, withDomain } from '../autograd/primitive.js';
import { type Tensor, record } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { type Given, axis as axisOption, flag, resolve } from '../option/index.js';
import type { Reduced } from './reduction.js';

const TIES = { ...SMOOTH, ties: true };

/**
 * The position of the largest number along the axis, as an integer in the dtype of x; the first one if several tie. A
 * NaN counts as the largest. No gradient passes.
 *
 * @throws {NormtapeError} If the axis is empty, or longer than float32 can count (2²⁴).
 */
export const argmax = withDomain(TIES, (x: Operand, axis = -1, reduced?: Reduced): Tensor =>
  extremePosition('argmax', x, axis, 1, reduced),
);

/**
 * The position of the smallest number along the axis, as an integer in the dtype of x; the first one if several tie. A
 * NaN counts as the smallest. No gradient passes.
 *
 * @throws {NormtapeError} If the axis is empty, or longer than float32 can count (2²⁴).
 */
export const argmin = withDomain(TIES, (x: Operand, axis = -1, reduced?: Reduced): Tensor =>
  extremePosition('argmin', x, axis, -1, reduced),
);

const KEPT = { keepDims: flag(false, 'Whether the axis stays, with size 1.') };

function extremePosition(op: string, x: Operand, axis: number, sign: 1 | -1, given: Reduced = {}): Tensor {
  const { keepDims } = resolve(op, KEPT, given);
  return lift(op, [x], (input) => {
    const at = oneAxis(op, axis, input);
    if (input.shape[at] === 0) {
      throw new NormtapeError({
        where: op,
        expected: 'an axis with at least one element',
        received: input.shape,
      });
    }
    const value = array.extremePosition(input, at, sign);
    return {
      value: keepDims ? value : reshape(value, without(input.shape, at)),
      pullback: () => [undefined],
    };
  });
}

/** Sorted numbers, and the position along the axis that each of them had. */
export interface Sorted {
  readonly values: Tensor;
  /** Positions as whole numbers, in the shape and dtype of `values`; a constant. */
  readonly indices: Tensor;
}

const ORDER = {
  axis: axisOption(-1, 'The axis along which the numbers are ordered.'),
  descending: flag(false, 'Whether the largest comes first.'),
};

/**
 * The numbers along an axis in ascending or descending order; equal numbers keep their order. A NaN counts as larger
 * than every number. Each number receives the gradient of its sorted position.
 *
 * @throws {NormtapeError} If there is no such axis, or it is longer than float32 can count (2²⁴).
 */
export const sort = withDomain(TIES, (x: Operand, given: Given<typeof ORDER> = {}): Sorted => {
  const { axis, descending } = resolve('sort', ORDER, given);
  return ordered('sort', x, axis, (n) => n, descending);
});

const TOP = {
  axis: axisOption(-1, 'The axis along which the numbers are compared.'),
  smallest: flag(false, 'Whether to take the smallest, in ascending order.'),
};

/**
 * The k largest numbers along an axis in descending order, or the k smallest in ascending order; among equal numbers
 * the first. A NaN counts as larger than every number. Only the selected numbers receive a gradient.
 *
 * @throws {NormtapeError} If k is not a whole number from 0 to the size of the axis.
 */
export const topK = withDomain(TIES, (x: Operand, k: number, given: Given<typeof TOP> = {}): Sorted => {
  const { axis, smallest } = resolve('topK', TOP, given);
  return ordered('topK', x, axis, () => k, !smallest);
});

function ordered(
  op: string,
  x: Operand,
  axis: number,
  countOf: (n: number) => number,
  descending: boolean,
): Sorted {
  const [values, indices] = record(op, alike(op, [x]), (input) => {
    const at = oneAxis(op, axis, input!);
    const n = input!.shape[at]!;
    const count = countOf(n);
    if (!(Number.isInteger(count) && count >= 0 && count <= n)) {
      throw new NormtapeError({
        where: `${op}.k`,
        expected: `a whole number from 0 to ${n}`,
        received: count,
      });
    }
    const { values, indices, back } = array.ordered(input!, at, count, descending);
    return { values: [values, indices], pullback: ([g]) => [back(g!)] };
  });
  return { values: values!, indices: indices! };
}

/** The axis, counted from the start. */
function oneAxis(op: string, axis: number, { shape }: NdArray): number {
  if (typeof axis !== 'number')
    throw new NormtapeError({ where: `${op}.axis`, expected: 'one axis', received: axis });
  return positiveAxes(axis, shape.length, op)[0]!;
}

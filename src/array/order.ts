import { NormtapeError } from '../error.js';
import * as kernels from '../kernels/index.js';
import {
  type NdArray,
  type Shape,
  across,
  demandShapeOf,
  empty,
  emptyLike,
  filled,
  positiveAxes,
} from './array.js';
import { flat } from './contiguous.js';
import { grouped } from './groups.js';

/** Numbers in order along an axis, and where each of them came from. */
export interface Ordered {
  readonly values: NdArray;
  /** Positions along the axis, in the shape and dtype of `values`. */
  readonly indices: NdArray;
  /** The backward pass: takes a gradient of the values to one of the array. */
  back(gradient: NdArray): NdArray;
}

/** The first `count` numbers along an axis, in ascending or descending order; equal ones keep their order. */
export function ordered(a: NdArray, axis: number, count: number, descending: boolean): Ordered {
  const [at] = positiveAxes(axis, a.shape.length);
  const { data, groups } = grouped(a, at!);
  const n = a.shape[at!]!;
  if (!(Number.isInteger(count) && count >= 0 && count <= n)) {
    throw new NormtapeError({ where: 'ordered', expected: `a count from 0 to ${n}`, received: count });
  }
  const picks = kernels.order(data, groups, count, descending);
  const shape = a.shape.map((n, i) => (i === at ? count : n));
  const values = empty(shape, a.dtype);
  kernels.takeAlong(data, values.store.numbers, picks, groups);
  return {
    values,
    indices: positions(picks, shape, a),
    back(gradient) {
      demandShapeOf('ordered.gradient', gradient, shape);
      const out = emptyLike(a);
      kernels.putAlong(flat(gradient), out.store.numbers, picks, groups);
      return out;
    },
  };
}

/** The position of the largest or smallest number along an axis, which stays with size 1; the first if several tie. */
export function extremePosition(a: NdArray, axis: number, sign: 1 | -1): NdArray {
  const { data, groups } = grouped(a, axis);
  return positions(kernels.extremePosition(data, groups, sign), across(a.shape, axis), a);
}

/** Positions in the dtype of the array that they lie in; throws if that dtype cannot count so far. */
function positions(picks: Int32Array, shape: Shape, { dtype, shape: whole }: NdArray): NdArray {
  if (dtype === 'float32' && whole.some((n) => n > 2 ** 24)) {
    throw new NormtapeError({
      where: 'indices',
      expected: 'axes of at most 2²⁴ elements in float32, which holds no larger odd number',
      received: whole,
      hint: "Use x.cast('float64').",
    });
  }
  return filled(picks, shape, dtype);
}

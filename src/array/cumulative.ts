import * as kernels from '../kernels/index.js';
import { type Axes, type NdArray, demandShapeOf, emptyLike } from './array.js';
import { flat } from './contiguous.js';
import { grouped } from './groups.js';
import { fold } from './reduce.js';

/** The numbers that each element of a cumulative sum holds. */
export interface Running {
  /** Whether it begins at the end of the axis. */
  readonly reverse: boolean;
  /** Whether each number is left out of its own sum. */
  readonly exclusive: boolean;
}

/** The running sum along an axis, accumulated in float64. */
export function cumulativeSum(a: NdArray, axis: number, { reverse, exclusive }: Running): NdArray {
  const { data, groups } = grouped(a, axis);
  const out = emptyLike(a);
  kernels.cumulativeSum(data, out.store.numbers, groups, reverse, exclusive);
  return out;
}

/** The running product along an axis, accumulated in float64. */
export function cumulativeProduct(a: NdArray, axis: number): NdArray {
  const { data, groups } = grouped(a, axis);
  const out = emptyLike(a);
  kernels.cumulativeProduct(data, out.store.numbers, groups);
  return out;
}

/** The backward pass of a running product along an axis. */
export function cumulativeProductBack(g: NdArray, a: NdArray, axis: number): NdArray {
  demandShapeOf('cumulativeProductBack.g', g, a.shape);
  const { data, groups } = grouped(a, axis);
  const out = emptyLike(a);
  kernels.cumulativeProductBack(flat(g), data, out.store.numbers, groups);
  return out;
}

/** The product over the axes, which stay with size 1. */
export const product = (a: NdArray, axes: Axes): NdArray => fold(a, axes, kernels.product);

/** The backward pass of `product`: g, of one number a group, times the product of all others of the group. */
export function productBack(g: NdArray, a: NdArray, axes: Axes): NdArray {
  const layout = grouped(a, axes);
  demandShapeOf('productBack.g', g, layout.measured);
  const out = layout.room();
  kernels.productBack(flat(g), layout.data, out.store.numbers, layout.groups);
  return layout.restore(out);
}

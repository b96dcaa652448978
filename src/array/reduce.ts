import * as kernels from '../kernels/index.js';
import { type Axes, type NdArray, type Numbers, across, filled, positiveAxes, sizeOf } from './array.js';
import { flat } from './contiguous.js';
import { grouped } from './groups.js';

type Reduction = kernels.Reduction;

/** Sum over the axes, which stay with size 1. */
export const sum = (a: NdArray, axes: Axes): NdArray => fold(a, axes, kernels.sum);

/** Maximum over the axes, which stay with size 1; a NaN wins. */
export const max = (a: NdArray, axes: Axes): NdArray => fold(a, axes, kernels.max);

/** Minimum over the axes, which stay with size 1; a NaN wins. */
export const min = (a: NdArray, axes: Axes): NdArray => fold(a, axes, kernels.min);

/** Mean over the axes, which stay with size 1. */
export function mean(a: NdArray, axes: Axes): NdArray {
  const count = sizeOf(a.shape) / sizeOf(across(a.shape, axes));
  return fold(a, axes, kernels.sum, count);
}

/**
 * The way back through a maximum or minimum over the axes, which stay with size 1: the gradient is shared evenly among
 * those that tie.
 */
export function extremeBack(a: NdArray, extreme: NdArray, gradient: NdArray, axes: Axes): NdArray {
  const layout = grouped(a, axes);
  const out = layout.room();
  kernels.extremeBack(layout.data, flat(extreme), flat(gradient), out.store.numbers, layout.groups);
  return layout.restore(out);
}

/**
 * Reduces the axes, which stay with size 1, from the last run of neighbours to the first, and divides what comes out.
 * What lies between two runs is kept in float64, and rounded to the dtype of the array once, at the end.
 */
export function fold(a: NdArray, axes: Axes, reduction: Reduction, divisor = 1): NdArray {
  const reduced = new Set(positiveAxes(axes, a.shape.length));
  let data: Numbers = flat(a);
  const shape = [...a.shape];
  for (let end = shape.length; end > 0; end--) {
    if (!reduced.has(end - 1)) continue;
    let start = end - 1;
    while (reduced.has(start - 1)) start--;
    const [outer, n, inner] = [shape.slice(0, start), shape.slice(start, end), shape.slice(end)].map(sizeOf);
    data = reduction(data, { outer: outer!, n: n!, inner: inner! });
    shape.fill(1, start, end);
    end = start + 1;
  }
  const out = filled(data, shape, a.dtype);
  if (divisor === 1) return out;
  const { numbers } = out.store;
  for (let i = 0; i < numbers.length; i++) numbers[i] = data[i]! / divisor;
  return out;
}

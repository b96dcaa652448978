import * as kernels from '../kernels/index.js';
import {
  type Axes,
  type NdArray,
  type Numbers,
  type Shape,
  across,
  demandShapeOf,
  filled,
  positiveAxes,
  sameShape,
  sizeOf,
} from './array.js';
import { flat, reshape } from './contiguous.js';
import { grouped } from './groups.js';
import { finite, mendedShort } from './range.js';

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

/** The sum of all elements, divided before it is rounded to the dtype: a mean is finite where the sum may not be. */
export const total = (a: NdArray, divisor = 1): NdArray =>
  reshape(fold(a, [...a.shape.keys()], kernels.sum, divisor), []);

/**
 * The backward pass of a maximum or minimum over the axes, which stay with size 1: elements that tie share the gradient
 * evenly.
 */
export function extremeBack(a: NdArray, extreme: NdArray, gradient: NdArray, axes: Axes): NdArray {
  const layout = grouped(a, axes);
  demandShapeOf('extremeBack.extreme', extreme, layout.measured);
  demandShapeOf('extremeBack.gradient', gradient, layout.measured);
  const out = layout.room();
  kernels.extremeBack(layout.data, flat(extreme), flat(gradient), out.store.numbers, layout.groups);
  return layout.restore(out);
}

/** Sums a broadcast array back to the smaller shape: the transpose of `broadcastTo`. Sums are in float64. */
export function sumTo(a: NdArray, shape: Shape): NdArray {
  if (sameShape(a.shape, shape)) return a;
  const lead = a.shape.length - shape.length;
  const stretched: number[] = [];
  for (let axis = 0; axis < a.shape.length; axis++)
    if (axis < lead || (a.shape[axis] !== 1 && shape[axis - lead] === 1)) stretched.push(axis);
  return reshape(fold(a, stretched, kernels.sum), shape);
}

/** Reduces the axes, which stay with size 1, and divides the results. A sum that overflows on the way is mended. */
export function fold(a: NdArray, axes: Axes, reduction: Reduction, divisor = 1): NdArray {
  const plain = foldOnce(a, axes, reduction, divisor);
  if (reduction !== kernels.sum || a.dtype === 'float32' || finite(plain)) return plain;
  return mendedShort(plain, (short) => foldOnce(short(a), axes, reduction, divisor));
}

/**
 * The same from the last run of neighbouring axes to the first. Results between two runs are kept in float64, and rounded to
 * the dtype of the array once, at the end.
 */
function foldOnce(a: NdArray, axes: Axes, reduction: Reduction, divisor: number): NdArray {
  const { data, shape } = folded(flat(a), a.shape, axes, reduction);
  const out = filled(data, shape, a.dtype);
  const { numbers } = out.store;
  if (divisor !== 1) for (let i = 0; i < numbers.length; i++) numbers[i] = data[i]! / divisor;
  return out;
}

function folded(
  from: Numbers,
  given: Shape,
  axes: Axes,
  reduction: Reduction,
): { readonly data: Numbers; readonly shape: number[] } {
  const reduced = positiveAxes(axes, given.length);
  let data = from;
  const shape = [...given];
  let inner = 1;
  for (let end = shape.length, last = reduced.length - 1; end > 0; end--) {
    if (reduced[last] !== end - 1) {
      inner *= shape[end - 1]!;
      continue;
    }
    let [start, n] = [end, 1];
    for (; last >= 0 && reduced[last] === start - 1; last--) {
      start -= 1;
      n *= shape[start]!;
      shape[start] = 1;
    }
    let outer = 1;
    for (let axis = 0; axis < start; axis++) outer *= shape[axis]!;
    data = reduction(data, { outer, n, inner });
    end = start + 1;
  }
  return { data, shape };
}

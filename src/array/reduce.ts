import * as kernels from '../kernels/index.js';
import {
  type Axes,
  type NdArray,
  type Numbers,
  type Shape,
  across,
  filled,
  positiveAxes,
  sizeOf,
} from './array.js';
import { flat, reshape } from './contiguous.js';
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

/** The sum of all elements, divided before it is rounded to the dtype: a mean is finite where the sum may not be. */
export const total = (a: NdArray, divisor = 1): NdArray =>
  reshape(fold(a, [...a.shape.keys()], kernels.sum, divisor), []);

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
  const { data, shape } = folded(flat(a), a.shape, axes, reduction);
  const out = filled(data, shape, a.dtype);
  const { numbers } = out.store;
  if (divisor !== 1) for (let i = 0; i < numbers.length; i++) numbers[i] = data[i]! / divisor;
  if (reduction === kernels.sum && a.dtype === 'float64' && !numbers.every(Number.isFinite)) {
    rescue(numbers, a, axes, divisor);
  }
  return out;
}

/** A power of two by which numbers are so small that no sum of them overflows. */
const SMALL = 2 ** -64;

/** Sums once more, in small units, what was infinite: the sum on the way may have been, and the result not. */
function rescue(numbers: Numbers, a: NdArray, axes: Axes, divisor: number): void {
  const small = flat(a).map((value) => value * SMALL);
  const { data } = folded(small, a.shape, axes, kernels.sum);
  for (let i = 0; i < numbers.length; i++) {
    if (!Number.isFinite(numbers[i]!)) numbers[i] = data[i]! / divisor / SMALL;
  }
}

function folded(
  from: Numbers,
  given: Shape,
  axes: Axes,
  reduction: Reduction,
): { readonly data: Numbers; readonly shape: number[] } {
  const reduced = new Set(positiveAxes(axes, given.length));
  let data = from;
  const shape = [...given];
  for (let end = shape.length; end > 0; end--) {
    if (!reduced.has(end - 1)) continue;
    let start = end - 1;
    while (reduced.has(start - 1)) start--;
    const [outer, n, inner] = [shape.slice(0, start), shape.slice(start, end), shape.slice(end)].map(sizeOf);
    data = reduction(data, { outer: outer!, n: n!, inner: inner! });
    shape.fill(1, start, end);
    end = start + 1;
  }
  return { data, shape };
}

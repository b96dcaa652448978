import { NormtapeError } from '../error.js';
import * as kernels from '../kernels/index.js';
import { type Axes, type NdArray, across, demandShapeOf, emptyLike, filled, sizeOf } from './array.js';
import { flat } from './contiguous.js';
import { grouped } from './groups.js';

/** ln Σ eˣ over the axes, which stay with size 1; nothing overflows. */
export function logSumExp(x: NdArray, axes: Axes): NdArray {
  const layout = grouped(x, axes);
  const totals = kernels.logSumExp(layout.data, layout.groups);
  return filled(totals, layout.measured, x.dtype);
}

/** eˣ / Σ eˣ over the axes, of x times a steepness; the largest x is subtracted before that. */
export function softmax(x: NdArray, axes: Axes, steepness = 1): NdArray {
  const layout = grouped(x, axes);
  const out = layout.room();
  kernels.softmax(layout.data, out.store.numbers, layout.groups, steepness);
  return layout.restore(out);
}

/** ln softmax(x) over the axes. */
export function logSoftmax(x: NdArray, axes: Axes): NdArray {
  const layout = grouped(x, axes);
  const out = layout.room();
  kernels.logSoftmax(layout.data, out.store.numbers, layout.groups);
  return layout.restore(out);
}

/** The gradient of x from that of y = softmax(x). */
export const softmaxBack = (gradient: NdArray, y: NdArray, axes: Axes): NdArray =>
  back(kernels.softmaxBack, 'softmaxBack.gradient', gradient, y, axes);

/** The gradient of x from that of y = ln softmax(x). */
export const logSoftmaxBack = (gradient: NdArray, y: NdArray, axes: Axes): NdArray =>
  back(kernels.logSoftmaxBack, 'logSoftmaxBack.gradient', gradient, y, axes);

function back(
  kernel: typeof kernels.softmaxBack,
  where: string,
  gradient: NdArray,
  y: NdArray,
  axes: Axes,
): NdArray {
  demandShapeOf(where, gradient, y.shape);
  const layout = grouped(y, axes);
  const out = layout.room();
  kernel(layout.arrange(gradient), layout.data, out.store.numbers, layout.groups);
  return layout.restore(out);
}

/** −ln softmax(x) at a label for each row along the last axis, which stays with size 1, and the gradient of each. */
export function crossEntropy(
  x: NdArray,
  labels: Int32Array,
): { readonly losses: NdArray; readonly gradient: NdArray } {
  const n = x.shape.at(-1) ?? 0;
  demandLabels(labels, sizeOf(x.shape), n);
  const losses = new Float64Array(labels.length);
  const gradient = emptyLike(x);
  kernels.crossEntropy(flat(x), labels, losses, gradient.store.numbers, n);
  return { losses: filled(losses, across(x.shape, -1), x.dtype), gradient };
}

/** Throws unless there is one label from 0 to n − 1 for each row of n among so many elements. */
function demandLabels(labels: Int32Array, size: number, n: number): void {
  if (labels instanceof Int32Array && labels.length * n === size && areBelow(labels, n)) return;
  const expected = `an Int32Array of ${n && size / n} labels, each from 0 to ${n - 1}`;
  throw new NormtapeError({ where: 'crossEntropy.labels', expected, received: labels });
}

/** Whether all are from 0 to n − 1: a negative label, read without its sign, is 2³¹ or more. */
function areBelow(labels: Int32Array, n: number): boolean {
  for (let row = 0; row < labels.length; row++) if (labels[row]! >>> 0 >= n) return false;
  return true;
}

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

/** eˣ / Σ eˣ over the axes. */
export function softmax(x: NdArray, axes: Axes): NdArray {
  const layout = grouped(x, axes);
  const out = layout.room();
  kernels.softmax(layout.data, out.store.numbers, layout.groups);
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
  back('softmaxBack', gradient, y, axes);

/** The gradient of x from that of y = ln softmax(x). */
export const logSoftmaxBack = (gradient: NdArray, y: NdArray, axes: Axes): NdArray =>
  back('logSoftmaxBack', gradient, y, axes);

function back(name: 'softmaxBack' | 'logSoftmaxBack', gradient: NdArray, y: NdArray, axes: Axes): NdArray {
  demandShapeOf(`${name}.gradient`, gradient, y.shape);
  const layout = grouped(y, axes);
  const out = layout.room();
  kernels[name](layout.arrange(gradient), layout.data, out.store.numbers, layout.groups);
  return layout.restore(out);
}

/** −ln softmax(x) at a label for each row along the last axis, which stays with size 1, and the gradient of each. */
export function crossEntropy(
  x: NdArray,
  labels: Int32Array,
): { readonly losses: NdArray; readonly gradient: NdArray } {
  const n = x.shape.at(-1) ?? 0;
  demandLabels(labels, n && sizeOf(x.shape) / n, n);
  const losses = new Float64Array(labels.length);
  const gradient = emptyLike(x);
  kernels.crossEntropy(flat(x), labels, losses, gradient.store.numbers, n);
  return { losses: filled(losses, across(x.shape, -1), x.dtype), gradient };
}

/** Throws unless there is one label from 0 to n − 1 for each row. */
function demandLabels(labels: Int32Array, rows: number, n: number): void {
  if (labels instanceof Int32Array && labels.length === rows && areBelow(labels, n)) return;
  const expected = `an Int32Array of ${rows} labels, each from 0 to ${n - 1}`;
  throw new NormtapeError({ where: 'crossEntropy.labels', expected, received: labels });
}

function areBelow(labels: Int32Array, n: number): boolean {
  for (let row = 0; row < labels.length; row++) if (labels[row]! < 0 || labels[row]! >= n) return false;
  return true;
}

import * as kernels from '../kernels/index.js';
import { type Axes, type NdArray, filled } from './array.js';
import { grouped } from './groups.js';

/** ln Σ eˣ over the axes, which stay with size 1; nothing overflows. */
export function logSumExp(x: NdArray, axes: Axes): NdArray {
  const { data, groups, measured } = grouped(x, axes);
  const totals = kernels.logSumExp(data, groups);
  return filled(totals, measured, x.dtype);
}

/** eˣ / Σ eˣ over the axes. */
export function softmax(x: NdArray, axes: Axes): NdArray {
  const { data, groups, room, restore } = grouped(x, axes);
  const out = room();
  kernels.softmax(data, out.store.numbers, groups);
  return restore(out);
}

/** ln softmax(x) over the axes. */
export function logSoftmax(x: NdArray, axes: Axes): NdArray {
  const { data, groups, room, restore } = grouped(x, axes);
  const out = room();
  kernels.logSoftmax(data, out.store.numbers, groups);
  return restore(out);
}

/** The gradient of x from that of y = softmax(x). */
export const softmaxBack = (gradient: NdArray, y: NdArray, axes: Axes): NdArray =>
  back('softmax', gradient, y, axes);

/** The gradient of x from that of y = ln softmax(x). */
export const logSoftmaxBack = (gradient: NdArray, y: NdArray, axes: Axes): NdArray =>
  back('logSoftmax', gradient, y, axes);

function back(name: 'softmax' | 'logSoftmax', gradient: NdArray, y: NdArray, axes: Axes): NdArray {
  const { data, groups, room, restore, arrange } = grouped(y, axes);
  const out = room();
  kernels.softmaxBack(name, arrange(gradient), data, out.store.numbers, groups);
  return restore(out);
}

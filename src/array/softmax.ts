import * as kernels from '../kernels/index.js';
import { type Axes, type NdArray, fromFlat, store } from './array.js';
import { grouped } from './groups.js';

/** ln Σ eˣ over the axes, which stay with size 1; nothing overflows. */
export function logSumExp(x: NdArray, axes: Axes): NdArray {
  const { data, groups, measured } = grouped(x, axes);
  const totals = kernels.logSumExp(data, kernels.reduce.max(data, groups), groups);
  return fromFlat(x.dtype === 'float64' ? totals : Float32Array.from(totals), measured);
}

/** eˣ / Σ eˣ over the axes. */
export function softmax(x: NdArray, axes: Axes): NdArray {
  const { data, groups, restore } = grouped(x, axes);
  const out = store(x.dtype, data.length);
  kernels.softmax(data, out, kernels.reduce.max(data, groups), groups);
  return restore(out);
}

/** ln softmax(x) over the axes. */
export function logSoftmax(x: NdArray, axes: Axes): NdArray {
  const { data, groups, restore } = grouped(x, axes);
  const out = store(x.dtype, data.length);
  kernels.logSoftmax(data, out, kernels.reduce.max(data, groups), groups);
  return restore(out);
}

/** The gradient of x from that of y = softmax(x). */
export function softmaxBack(gradient: NdArray, y: NdArray, axes: Axes): NdArray {
  const { data, groups, restore, arrange } = grouped(y, axes);
  const out = store(y.dtype, data.length);
  kernels.softmaxBack(arrange(gradient), data, out, groups);
  return restore(out);
}

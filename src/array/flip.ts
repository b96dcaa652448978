import { type Axes, type NdArray, positiveAxes } from './array.js';
import { strided } from './view.js';

/** A view with the order of the numbers turned round along the axes. */
export function flip(a: NdArray, axes: Axes): NdArray {
  const turned = positiveAxes(axes, a.shape.length, 'flip');
  const isEmpty = a.shape.includes(0);
  const last = turned.reduce((offset, axis) => offset + a.stride[axis]! * (a.shape[axis]! - 1), 0);
  const stride = a.stride.map((step, axis) => (turned.includes(axis) ? -step : step));
  return strided(a, a.shape, stride, isEmpty ? a.offset : a.offset + last);
}

import type { NdArray, Shape } from './array.js';
import { strided } from './view.js';

/** A view with its axes in this order; left out: the last two swapped. */
export function transpose(a: NdArray, order?: Shape): NdArray {
  const { shape, stride } = a;
  const rank = shape.length;
  const axes = order ?? shape.map((_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
  return strided(
    a,
    axes.map((axis) => shape[axis]!),
    axes.map((axis) => stride[axis]!),
    a.offset,
  );
}

import {
  type NdArray,
  type Shape,
  contiguous,
  positiveAxes,
  reshape,
  sizeOf,
  transpose,
} from '../../array/index.js';

/** Arrays of a shape as [samples, positions, features], with the features along an axis other than the first, and back. */
export function byPosition(shape: Shape, axis: number) {
  const [at = 0] = positiveAxes(axis, shape.length);
  const order = [...shape.keys()].filter((i) => i !== at).concat(at);
  const back = order.map((_, i) => order.indexOf(i));
  const moved = order.map((i) => shape[i]!);
  const isLast = at === shape.length - 1;
  const [samples, features] = [shape[0]!, shape[at]!];
  const positions = sizeOf(moved.slice(1, -1));
  return {
    lay: (a: NdArray): NdArray => reshape(isLast ? a : transpose(a, order), [samples, positions, features]),
    restore: (a: NdArray): NdArray =>
      isLast ? reshape(a, shape) : contiguous(transpose(reshape(a, moved), back)),
    /** A mask, which has no features. */
    layMask: (mask: NdArray): NdArray => reshape(mask, [samples, positions, 1]),
  };
}

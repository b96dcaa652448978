import { type NdArray, cast, flat, sumTo, zip } from '../../array/index.js';
import { hiding } from './masked-steps.js';

/**
 * x of [samples, positions, features] by a mask of [samples, positions, 1]: NaN and ∞ that do not count are 0, and so is a
 * sample of which nothing counts. They come out as NaN and as 0, and their gradients are 0.
 */
export function counted(given: NdArray, mask: NdArray | undefined) {
  const same = (a: NdArray) => a;
  if (!mask) return { x: given, value: same, gradient: same };
  const wide = cast(mask, 'float64');
  const count = sumTo(wide, [given.shape[0]!, 1, 1]);
  const { x, cover } = hiding(given, wide, count);
  const known = flat(count).includes(0)
    ? (a: NdArray) => zip(a, cast(count, a.dtype), (value, total) => (total > 0 ? value : 0))
    : same;
  return {
    x: known(x),
    value: (y: NdArray) => cover(y, NaN),
    gradient: (g: NdArray) => cover(known(g), 0),
  };
}

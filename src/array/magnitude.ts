import { type Axes, type NdArray } from './array.js';
import { map, maximum, scale } from './arithmetic.js';
import { max, min } from './reduce.js';

/**
 * For every group along the axes, which stay with size 1, the largest power of two that is not above its largest magnitude; 1 for a
 * group of zeros, or one that is not finite. To divide by it rounds nothing, and leaves numbers whose squares neither
 * overflow nor vanish together.
 */
export const magnitude = (a: NdArray, axes: Axes): NdArray =>
  map(maximum(max(a, axes), scale(min(a, axes), -1)), powerBelow);

function powerBelow(x: number): number {
  if (!(x > 0 && x < Infinity)) return 1;
  // The logarithm of a number just below a power of two is rounded to that of the power.
  const power = 2 ** Math.min(1023, Math.floor(Math.log2(x)));
  return power > x ? power / 2 : power;
}

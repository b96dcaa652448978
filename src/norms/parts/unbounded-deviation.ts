import {
  type Axes,
  type NdArray,
  Unbounded,
  across,
  broadcastTo,
  cast,
  full,
  map,
  sizeOf,
  sumTo,
} from '../../array/index.js';

/**
 * N = √(v + ε) with the variance v of x over the axes, of the positions that count by a mask in the shape of x, and its
 * backward pass: N² = Σ m (x − x̄)² / W + ε, so dx = m (x − x̄) dN / (W N).
 */
export function unboundedDeviation(x: Unbounded, mask: NdArray | undefined, axes: Axes, epsilon: number) {
  const shape = across(x.shape, axes);
  const counted = (a: Unbounded) => (mask ? a.only(mask) : a);
  const count = mask
    ? map(sumTo(broadcastTo(cast(mask, 'float64'), x.shape), shape), (W) => W || 1)
    : full(shape, sizeOf(x.shape) / sizeOf(shape), 'float64');
  const W = Unbounded.of(count);
  const mean = (a: Unbounded) => counted(a).sumTo(shape).over(W);
  const rough = x.minus(mean(x));
  const centered = counted(rough.minus(mean(rough)));
  const length = mean(centered.times(centered))
    .plus(Unbounded.of(full([], epsilon, 'float64')))
    .root();
  return {
    length,
    pullback: (ofLength: Unbounded) => centered.times(ofLength.over(W.times(length))),
  };
}

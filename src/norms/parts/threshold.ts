import {
  type NdArray,
  ROUNDOFF,
  type Weights,
  broadcastTo,
  cast,
  curve,
  curveBack,
  flat,
  full,
  maximum,
  min,
  onto,
  reshape,
  sub,
  sumTo,
  zip,
} from '../../array/index.js';

/** max(z, τ) for a learned τ of every feature. Where both are equal, each receives half of the gradient. */
export function atLeast(z: NdArray, tau: NdArray, axis: number) {
  const level = reshape(tau, onto(z.shape, axis));
  return {
    value: maximum(z, level),
    pullback(g: NdArray) {
      const above = sub(z, level);
      const passed = curveBack('relu', g, above, above);
      const ofZ = hasNone(above) ? passed : zip(passed, halvesOf(g, above), (one, half) => one + half);
      return { z: ofZ, tau: reshape(sumTo(sub(g, ofZ), level.shape), tau.shape) };
    },
  };
}

/** Whether no number is 0. */
const hasNone = (a: NdArray): boolean =>
  flat(
    min(
      curve('abs', a),
      a.shape.map((_, axis) => axis),
    ),
  )[0]! > 0;

/** Half of each gradient where a number is 0, and 0 elsewhere. */
const halvesOf = (g: NdArray, a: NdArray): NdArray => zip(g, a, (value, at) => (at === 0 ? value / 2 : 0));

/** A normalized array without weights, and the N of its groups. */
interface Unit {
  readonly value: NdArray;
  moments(): { readonly length: NdArray };
}

/**
 * A bound on the distance of x and of the weights from the nearest at which z = γ x̂ + β, for x̂ = x / N, is τ: no slope
 * of z exceeds the divisor. 0 if rounding decides which is larger.
 */
export function thresholdGap(unit: Unit, { gain, shift, along }: Weights, tau: NdArray): number {
  const { value } = unit;
  const wide = (a: NdArray): NdArray => cast(a, 'float64');
  const spread = (a: NdArray | undefined, otherwise: number): ArrayLike<number> =>
    flat(
      broadcastTo(
        a ? reshape(wide(a), onto(value.shape, along)) : full([], otherwise, 'float64'),
        value.shape,
      ),
    );
  const [gains, shifts, levels] = [spread(gain, 1), spread(shift, 0), spread(tau, 0)];
  const lengths = flat(broadcastTo(unit.moments().length, value.shape));
  const rounding = (value.size + 32) * ROUNDOFF[value.dtype];
  const gaps = Array.from(flat(wide(value)), (x, i) => {
    const [grown, N] = [gains[i]! * x, lengths[i]!];
    const size = Math.abs(grown) + Math.abs(shifts[i]!) + Math.abs(levels[i]!);
    const slope = Math.max(1, Math.abs(x), Math.abs(gains[i]! / N), Math.abs(grown / N / N));
    const gap = Math.abs(grown + shifts[i]! - levels[i]!) - rounding * size;
    return Math.max(0, gap) / slope;
  });
  return Math.min(...gaps);
}

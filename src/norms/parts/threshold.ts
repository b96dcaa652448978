import {
  type NdArray,
  ROUNDOFF,
  type Weights,
  add,
  broadcastTo,
  cast,
  curve,
  curveBack,
  flat,
  full,
  maximum,
  maximumBack,
  min,
  onto,
  reshape,
  sub,
  sumTo,
  zip,
} from '../../array/index.js';

/** A gradient where a number is above 0, half of it where it is 0, and 0 where it is below. */
export function partAbove(g: NdArray, above: NdArray): NdArray {
  const passed = curveBack('relu', g, above, above);
  return hasNone(above) ? passed : add(passed, halvesOf(g, above));
}

/** max(z, τ) for a τ that stretches to z. Where both are equal, each receives half of the gradient. */
export function atLeast(z: NdArray, level: NdArray) {
  return {
    value: maximum(z, level),
    pullback(g: NdArray) {
      if (level.size === z.shape.at(-1) && level.shape.at(-1) === level.size) {
        const pulled = maximumBack(g, z, level);
        return { z: pulled.x, level: pulled.level };
      }
      const ofZ = partAbove(g, sub(z, level));
      return { z: ofZ, level: sumTo(sub(g, ofZ), level.shape) };
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

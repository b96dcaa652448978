import {
  type Axes,
  type NdArray,
  SMALLEST_NORMAL,
  add,
  cast,
  finite,
  flat,
  map,
  mendedShort,
  mul,
  onto,
  positiveAxes,
  reshape,
  scale,
  sizeOf,
  sub,
  sumOfProducts,
  widened,
  zip,
  zip3,
} from '../../array/index.js';
import { standardizeWhere } from './masked.js';

/** Statistics of all data so far: mean and biased variance of each place along some axes, and the count of numbers in each. */
export interface Data {
  readonly mean: NdArray;
  readonly variance: NdArray;
  readonly count: NdArray;
}

/** The axes that are reduced. */
export const allBut = (shape: readonly number[], axis: Axes): readonly number[] => {
  const kept = positiveAxes(axis, shape.length);
  return shape.map((_, i) => i).filter((i) => !kept.includes(i));
};

/**
 * Statistics of the data so far and a batch together. With the share s of the batch in all numbers and δ = m − μ
 *
 *     μ ← μ + s δ
 *     v ← (1 − s) v + s v_b + s (1 − s) δ²
 *
 * N = √(v + ε) is a hypotenuse of deviations, which does not overflow where v does. All in float64, on the axes of x.
 */
export function merged(mask: NdArray | undefined, x: NdArray, axis: Axes, epsilon: number, before: Data) {
  const over = allBut(x.shape, axis);
  const shape = onto(x.shape, axis);
  const laid = (a: NdArray) => reshape(cast(a, 'float64'), shape);
  const n = mask ? flat(mask).filter((on) => on === 1).length : x.size / sizeOf(shape);
  const seen = flat(before.count)[0]!;
  const [mean, variance] = [laid(before.mean), laid(before.variance)];
  if (n === 0) return { mean, length: rooted(variance, epsilon), state: before };

  const batch = standardizeWhere(mask, x, over, epsilon, { along: axis });
  const moments = batch.moments();
  const [center, rootOfBatch] = [laid(moments.center), laid(moments.length)];
  const own = laid(batch.varianceShare(1));
  // Where the variance of the batch overflows, ε is nothing beside it.
  const spread = zip(own, rootOfBatch, (v, root) => (v < Infinity ? Math.sqrt(v) : root));
  const share = n / (seen + n);
  const kept = seen / (seen + n);
  const between = Math.sqrt(share * kept);
  const delta = sub(center, mean);
  const isFirst = seen === 0;
  const next = isFirst ? center : add(mean, scale(delta, share));
  const length = isFirst
    ? map(spread, (deviation) => Math.hypot(deviation, Math.sqrt(epsilon)))
    : zip3(spread, variance, delta, (deviation, v, d) =>
        Math.hypot(Math.sqrt(share) * deviation, Math.sqrt(kept * v), between * d, Math.sqrt(epsilon)),
      );
  const whole = isFirst
    ? own
    : zip3(own, variance, delta, (v, old, d) => share * v + kept * old + (between * d) ** 2);
  const stored = (a: NdArray, like: NdArray) => reshape(cast(a, like.dtype), like.shape);
  return {
    mean: next,
    length,
    state: {
      mean: stored(next, before.mean),
      variance: stored(whole, before.variance),
      count: map(before.count, (value) => value + n),
    },
  };
}

const rooted = (variance: NdArray, epsilon: number): NdArray => map(variance, (v) => Math.sqrt(v + epsilon));

/** The mean and N of statistics, in float64, on the axes of x. */
export function known(x: NdArray, axis: Axes, epsilon: number, { mean, variance }: Data) {
  const laid = (a: NdArray) => reshape(cast(a, 'float64'), onto(x.shape, axis));
  return { mean: laid(mean), length: rooted(laid(variance), epsilon) };
}

/** Statistics in float64, laid onto the axes of x. */
interface Constants {
  readonly mean: NdArray;
  readonly length: NdArray;
}

/**
 * (x − μ) / N and its backward pass, dx = dy / N, for constants in float64. In float32 the part of μ that float32 does not
 * hold is taken off the quotient, so that nothing is lost beside a large mean.
 */
export function standardizeFar(x: NdArray, { mean, length }: Constants) {
  const k = map(length, (N) => 1 / N);
  const near = cast(mean, x.dtype);
  const rest = mul(sub(cast(near, 'float64'), mean), k);
  const isPlain = flat(k).every((r) => !(r < SMALLEST_NORMAL[x.dtype]) && !(r > 2 ** 126));
  const careful = (short: (a: NdArray) => NdArray) => mul(sub(short(x), short(mean)), k);
  const plain = isPlain
    ? sumOfProducts(sub(x, near), cast(k, x.dtype), undefined, cast(rest, x.dtype))
    : cast(
        careful((a) => cast(a, 'float64')),
        x.dtype,
      );
  return {
    value: mendedShort(plain, careful),
    pullback: (g: NdArray) => timesFactor(g, k, isPlain),
  };
}

/** y N + μ and its backward pass, dx = dy N. */
export function destandardize(x: NdArray, { mean, length }: Constants) {
  const isPlain = finite(cast(length, x.dtype));
  return {
    value: widened(x.dtype, (to) => add(mul(to(x), to(length)), to(mean))),
    pullback: (g: NdArray) => timesFactor(g, length, isPlain),
  };
}

const timesFactor = (g: NdArray, factor: NdArray, isPlain: boolean): NdArray =>
  isPlain ? widened(g.dtype, (to) => mul(to(g), to(factor))) : cast(mul(cast(g, 'float64'), factor), g.dtype);

import {
  type Axes,
  type NdArray,
  type Weights,
  add,
  broadcastTo,
  cast,
  div,
  flat,
  map,
  mended,
  mendedShort,
  mul,
  onto,
  reshape,
  scale,
  SHORT,
  sub,
  sum,
  sumOfProducts,
  sumTo,
  zip,
  zip3,
} from '../../array/index.js';
import { standardizeWhere } from './masked.js';

const wide = (a: NdArray) => cast(a, 'float64');

/**
 * γ x̂ + β of `standardizeWhere`, with the mean and N of each group as further results. Their gradients are added to that
 * of x, at the positions that count:
 *
 *     dx = … + w (dx̄ + x̂ dN) / W
 *
 * If they are constants, dx = γ dy / N.
 */
export function standardizeReversibly(
  mask: NdArray | undefined,
  x: NdArray,
  axes: Axes,
  epsilon: number,
  weights: Weights,
  isConstant: boolean,
) {
  const unit = standardizeWhere(mask, x, axes, epsilon, weights);
  const moments = unit.moments();
  const { length } = moments;
  const counts = mask && sum(wide(mask), axes);
  const n = x.size / length.size;

  /** γ dy / N; 0 for groups in which nothing counts. */
  function quotient(ofY: NdArray): NdArray {
    const { gain, along } = weights;
    const inverse = map(length, (N) => 1 / N);
    const whole = counts ? zip(inverse, counts, (r, W) => (W > 0 ? r : 0)) : inverse;
    const factor = gain ? mul(whole, reshape(wide(gain), onto(x.shape, along))) : whole;
    // γ / N may leave the range of numbers, and then dy brings it back.
    const plain = mul(wide(ofY), factor);
    const late = (a: NdArray) => mul(gain ? mul(a, reshape(wide(gain), onto(x.shape, along))) : a, whole);
    return cast(
      mendedShort(plain, (short) => late(short(ofY))),
      x.dtype,
    );
  }

  const shareOfMean = (ofMean: NdArray): NdArray =>
    mask
      ? cast(
          mul(
            zip(wide(mask), counts!, (on, W) => (on ? 1 / W : 0)),
            wide(ofMean),
          ),
          x.dtype,
        )
      : scale(ofMean, 1 / n);

  return {
    value: unit.value,
    // Kernels of float32 take off a mean that is rounded relative to x, which may be far above the mean.
    mean:
      mask || x.dtype === 'float64'
        ? cast(moments.center, x.dtype)
        : mended(scale(sum(x, axes), 1 / n), () => cast(moments.center, x.dtype)),
    deviation: cast(length, x.dtype),
    pullback(ofY: NdArray, ofMean: NdArray, ofLength: NdArray) {
      if (isConstant) return { ...unit.pullback(ofY), x: quotient(ofY) };
      const pulled = unit.pullback(ofY, ofLength);
      return { ...pulled, x: add(pulled.x, shareOfMean(ofMean)) };
    },
  };
}

/** The statistics that an inverse reads, with every axis but the batch and the features at size 1. */
interface Statistics {
  readonly mean: NdArray;
  readonly deviation: NdArray;
}

/**
 * Whether a quotient by γ and a product with s / γ leave the range of numbers no earlier than the result. It is asked of
 * every sample by itself, so that no other sample decides how one is rounded.
 */
const isTame = (gain: number, factor: number, deviation: number): boolean =>
  Math.abs(gain) >= 2 ** -16 &&
  Math.abs(gain) <= 2 ** 16 &&
  (deviation === 0 || (Math.abs(factor) >= 2 ** -100 && Math.abs(factor) <= 2 ** 100));

/**
 * p s + μ for p = (y − β) / γ, which undoes y = γ (x − μ) / s + β. With P = Σ g p over the positions of each sample
 *
 *     dy = s g / γ
 *     ds = P              dμ = Σ g
 *     dγ = −Σ s P / γ     dβ = −Σ s g / γ
 */
export function restored(y: NdArray, { mean, deviation }: Statistics, { gain, shift, along }: Weights) {
  const shape = onto(y.shape, along);
  const s = wide(deviation);
  const beta = shift && reshape(shift, shape);
  const gamma = gain ? reshape(wide(gain), shape) : map(s, () => 1);
  const factor = div(s, gamma);
  const isFar = zip3(factor, gamma, s, (f, c, d) => Number(!isTame(c, f, d)));
  const isPlain = flat(isFar).every((far) => far === 0);
  const settled = (plain: NdArray, rescue: () => NdArray) =>
    isPlain ? plain : zip3(plain, rescue(), isFar, (a, b, far) => (far ? b : a));
  const low = (to: (a: NdArray) => NdArray): NdArray => (beta ? sub(to(y), to(beta)) : to(y));
  const [near, narrow] = [low((a) => a), cast(factor, y.dtype)];
  const plain = settled(sumOfProducts(near, narrow, undefined, mean), () =>
    cast(add(mul(div(low(wide), gamma), s), wide(mean)), y.dtype),
  );

  /** Σ g p with y and β in a unit; a product g p is a number if g (y − β) or p is. */
  function careful(g: NdArray, unit: number): NdArray {
    const own = low((a) => scale(wide(a), unit));
    const products = zip3(wide(g), own, gamma, (slope, value, c) => {
      const p = value / c;
      return Number.isFinite(p) ? slope * p : (slope * value) / c;
    });
    return sumTo(products, mean.shape);
  }

  return {
    // s / γ may be a number if p is none.
    value: mendedShort(plain, (short) => add(mul(low(short), factor), short(mean))),
    pullback(g: NdArray) {
      const sums = div(wide(sumTo(mul(g, near), mean.shape)), gamma);
      const ofDeviation = mended(
        settled(sums, () => careful(g, 1)),
        () => careful(g, 1),
      );
      const like = (a: NdArray, of: NdArray) => cast(reshape(a, of.shape), y.dtype);
      const total = (to: readonly number[], by?: NdArray) => {
        const slopes = (a: NdArray) => (by ? mul(a, by) : a);
        return mendedShort(sumTo(slopes(wide(g)), to), (short) => sumTo(slopes(short(g)), to));
      };
      // s / γ multiplies g before p if its product with their sum may have lost digits, or is none.
      const ofGain = (unit: number) => sumTo(careful(mul(wide(g), factor), unit), shape);
      const gainSums = isPlain ? sumTo(mul(ofDeviation, factor), shape) : ofGain(1);
      return {
        x: settled(mul(g, narrow), () => cast(mul(wide(g), factor), y.dtype)),
        mean: like(total(mean.shape), mean),
        deviation: like(
          mended(ofDeviation, () => scale(careful(g, SHORT), 1 / SHORT)),
          deviation,
        ),
        gain:
          gain &&
          like(
            scale(
              mended(
                mended(gainSums, () => ofGain(1)),
                () => scale(ofGain(SHORT), 1 / SHORT),
              ),
              -1,
            ),
            gain,
          ),
        shift: shift && like(scale(total(shape, broadcastTo(factor, mean.shape)), -1), shift),
      };
    },
  };
}

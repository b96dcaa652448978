import {
  type Axes,
  type NdArray,
  type Weights,
  add,
  cast,
  div,
  flat,
  map,
  mended,
  mul,
  onto,
  reshape,
  scale,
  sub,
  sum,
  sumTo,
  widened,
  zip,
} from '../../array/index.js';
import { contract } from './affine.js';
import { standardizeWhere } from './masked.js';
import { standardizeWith } from './normalize.js';

const wide = (a: NdArray) => cast(a, 'float64');

/**
 * γ x̂ + β of `standardizeWhere`, with the mean and N of each group as further results. Their gradients are
 *
 *     dx = … + w (dx̄ + x̂ dN) / W
 *
 * or nothing if they are constants; then dx = γ dy / N.
 */
export function standardizeReversibly(
  mask: NdArray | undefined,
  x: NdArray,
  axes: Axes,
  epsilon: number,
  weights: Weights,
  isConstant: boolean,
) {
  const whole = mask ? undefined : standardizeWith(x, axes, epsilon, weights);
  const unit = whole ?? standardizeWhere(mask, x, axes, epsilon, weights);
  const { center, length } = unit.moments();
  const counts = mask && sum(wide(mask), axes);
  const n = x.size / length.size;

  /** γ dy / N; 0 for groups in which nothing counts. */
  function plainly(ofY: NdArray): NdArray {
    const { gain, along } = weights;
    const inverse = counts ? zip(length, counts, (N, W) => (W > 0 ? 1 / N : 0)) : map(length, (N) => 1 / N);
    const grown = gain ? mul(wide(ofY), reshape(wide(gain), onto(x.shape, along))) : wide(ofY);
    return cast(mul(grown, inverse), x.dtype);
  }

  /** The gradient of x through the mean and N, by the positions that count. */
  function ofStatistics(ofMean: NdArray, ofLength: NdArray): NdArray {
    const share = zip(wide(mask!), counts!, (on, W) => (on ? 1 / W : 0));
    const centered = zip(sub(wide(x), center), share, (value, own) => (own ? value : 0));
    const inside = add(wide(ofMean), mul(div(centered, length), wide(ofLength)));
    return cast(mul(inside, share), x.dtype);
  }

  return {
    value: unit.value,
    mean: cast(center, x.dtype),
    deviation: cast(length, x.dtype),
    pullback(ofY: NdArray, ofMean: NdArray, ofLength: NdArray) {
      if (isConstant) return { ...unit.pullback(ofY), x: plainly(ofY) };
      if (whole) {
        const pulled = whole.pullback(ofY, ofLength);
        return { ...pulled, x: add(pulled.x, scale(ofMean, 1 / n)) };
      }
      const pulled = unit.pullback(ofY);
      return { ...pulled, x: add(pulled.x, ofStatistics(ofMean, ofLength)) };
    },
  };
}

/** The statistics that an inverse reads, with every axis but the batch and the features at size 1. */
interface Statistics {
  readonly mean: NdArray;
  readonly deviation: NdArray;
}

/**
 * p s + μ for p = (y − β) / γ, which undoes y = γ (x − μ) / s + β.
 *
 *     dy = s g / γ
 *     dβ = −Σ s g / γ     dγ = −Σ s g p / γ
 *     ds = Σ g p          dμ = Σ g
 */
export function restored(y: NdArray, { mean, deviation }: Statistics, { gain, shift, along }: Weights) {
  const shape = onto(y.shape, along);
  const [gamma, beta] = [gain && reshape(gain, shape), shift && reshape(shift, shape)];
  type Take = (a: NdArray) => NdArray;
  const unit = (to: Take): NdArray => {
    const low = beta ? sub(to(y), to(beta)) : to(y);
    return gamma ? div(low, to(gamma)) : low;
  };
  const factor = gamma ? div(wide(deviation), wide(gamma)) : wide(deviation);
  const value = widened(y.dtype, (to) => add(mul(unit(to), to(deviation)), to(mean)));
  return {
    // s / γ may be a number if p is none.
    value: mended(value, () => {
      const low = beta ? sub(wide(y), wide(beta)) : wide(y);
      return cast(add(mul(low, factor), wide(mean)), y.dtype);
    }),
    pullback(gradient: NdArray) {
      const g = wide(gradient);
      const ofY = mul(g, factor);
      const low = beta ? sub(wide(y), wide(beta)) : wide(y);
      // Σ a p, of products that are divided by γ afterwards, or before if they overflow.
      const along = (a: NdArray, to: readonly number[]) => {
        const late = contract(a, low, to);
        return mended(gamma ? div(late, wide(gamma)) : late, () => contract(a, unit(wide), to));
      };
      const like = (a: NdArray, of: NdArray) => cast(reshape(a, of.shape), y.dtype);
      return {
        x: cast(ofY, y.dtype),
        mean: like(sumTo(g, mean.shape), mean),
        deviation: like(along(g, deviation.shape), deviation),
        gain: gain && like(scale(along(ofY, shape), -1), gain),
        shift: shift && like(scale(sumTo(ofY, shape), -1), shift),
      };
    },
  };
}

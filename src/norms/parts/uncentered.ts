import {
  type Axes,
  type Dtype,
  type NdArray,
  SHORT,
  SMALLEST_NORMAL,
  type Weights,
  cast,
  flat,
  map,
  mended,
  mul,
  onto,
  reshape,
  scale,
  sizeOf,
  sumOfProducts,
  widened,
} from '../../array/index.js';
import { contract } from './affine.js';
import { standardize } from './normalize.js';

/**
 * γ x̂ for x̂ = x / N along one axis, where N = √(v + ε) has the variance of x over all other axes, and x keeps its mean.
 *
 *     dN = −Σ dx̂ x̂ / N     x̂ = x / N
 *     dv = dN / (2 N)      N² = v + ε
 *     dx = dx̂ / N + 2 (x − x̄) dv / n
 *        = (dx̂ − (x − x̄) / N · mean(dx̂ x̂)) / N
 *
 * The kernels normalize to (x − x̄) / N. The value is computed of x itself, so that 0 stays 0 and small numbers keep their
 * digits beside a large mean. Up to √n, x̂ is as x̂ of other norms; if a mean is larger, products with x̂ are summed in float64.
 */
export function unitizeByDeviation(x: NdArray, axes: Axes, epsilon: number, { gain, along }: Weights) {
  const wide = (a: NdArray) => cast(a, 'float64');
  const short = (a: NdArray) => scale(wide(a), SHORT);
  const centered = standardize(x, axes, epsilon);
  const shape = onto(x.shape, along);
  // 1 / N may lose digits where N is near the largest number; 1 / (N · SHORT) has all.
  const [inverse, inverseOfShort] = [SHORT, 1].map((unit) => map(centered.unit.short, (N) => unit / N));
  const grown = (a: NdArray) => (gain ? mul(a, reshape(wide(gain), shape)) : a);
  const [factor, careful] = [grown(inverse!), grown(inverseOfShort!)];
  const unitMean = flat(mul(centered.moments().center, inverse!));
  const isNear = unitMean.every((value) => !(value * value > x.size / sizeOf(shape)));
  return {
    value: isWhole(factor, careful, x.dtype)
      ? widened(x.dtype, (to) => mul(to(x), to(factor)))
      : cast(mul(short(x), careful), x.dtype),
    pullback(gradient: NdArray) {
      // Σ dy x̂
      const plain = isNear ? contract(gradient, x, shape) : contract(wide(gradient), wide(x), shape);
      const radial = mended(mul(wide(plain), inverse!), () =>
        contract(mul(wide(gradient), inverseOfShort!), short(x), shape),
      );
      const drift = scale(mul(factor, radial), -sizeOf(shape) / x.size);
      return {
        x: widened(x.dtype, (to) => sumOfProducts(to(gradient), to(factor), to(centered.value), to(drift))),
        gain: gain && cast(reshape(radial, gain.shape), x.dtype),
      };
    },
    variance: () => centered.variance(),
    varianceShare: (share: number) => centered.varianceShare(share),
  };
}

/** Whether a dtype holds all digits of these factors, which are 0 only if they are 0 in larger units too. */
const isWhole = (factor: NdArray, inLargerUnits: NdArray, dtype: Dtype): boolean => {
  const all = flat(inLargerUnits);
  return flat(factor).every((k, i) => !(Math.abs(k) < SMALLEST_NORMAL[dtype]) || all[i] === 0);
};

import {
  type Axes,
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
  zip,
  zip3,
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
  const gamma = gain && reshape(wide(gain), shape);
  const grown = (a: NdArray) => (gamma ? mul(a, gamma) : a);
  // 1 / N may lose digits where N is near the largest number; 1 / (N · SHORT) has all.
  const [inverse, inverseOfShort] = [SHORT, 1].map((unit) => map(centered.unit.short, (N) => unit / N));
  const factor = grown(inverse!);
  // Each feature has its own way, so that no other changes a bit of it.
  const isLost = zip(factor, gamma ?? inverse!, (k, own) =>
    Number(own !== 0 && Math.abs(k) < SMALLEST_NORMAL[x.dtype]),
  );
  const unitMean = mul(centered.moments().center, inverse!);
  const isFar = map(unitMean, (value) => Number(value * value > x.size / sizeOf(shape)));
  return {
    value: whereAny(
      isLost,
      widened(x.dtype, (to) => mul(to(x), to(factor))),
      () => {
        const unit = mul(short(x), inverseOfShort!);
        // Without a bound on x̂, it may overflow; then γ x does not.
        const value = mended(grown(unit), () => mul(grown(wide(x)), inverse!));
        return cast(value, x.dtype);
      },
    ),
    pullback(gradient: NdArray) {
      // Σ dy x̂
      const plain = whereAny(isFar, wide(contract(gradient, x, shape)), () =>
        contract(wide(gradient), wide(x), shape),
      );
      const radial = mended(mul(plain, inverse!), () =>
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

/** `plain`, with the numbers of some features, which are marked by 1, taken from `careful`. */
const whereAny = (marked: NdArray, plain: NdArray, careful: () => NdArray): NdArray =>
  flat(marked).includes(1)
    ? zip3(plain, careful(), cast(marked, plain.dtype), (a, b, on) => (on === 1 ? b : a))
    : plain;

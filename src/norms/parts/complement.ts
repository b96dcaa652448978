import {
  type Axes,
  type NdArray,
  SHORT,
  cast,
  div,
  mended,
  mul,
  overShort,
  scale,
  sizeOf,
  sub,
  sum,
  zip,
} from '../../array/index.js';
import { contract } from './affine.js';
import { unitizeWith } from './normalize.js';

/** γ ⊙ x̂, and its backward pass. */
interface Gained {
  readonly value: NdArray;
  pullback(gradient: NdArray): { readonly x: NdArray; readonly gain: NdArray | undefined };
}

/**
 * γ ⊙ x̂ for x̂ = x / N, where N is the root mean square of x and of −Σ x: the entry that x lacks, if it is all but one of
 * the entries of a vector that sums to 0. The gain lies along the axes.
 *
 * The kernels divide by N₀ = √(mean(x²) + ε) alone, which is corrected by k = N₀ / N, with (n + 1) N² = n N₀² + ε + S² for
 * S = Σ x. With T = Σ dx̂ x̂ / (n + 1), which is Σ dy y / (n + 1), dx = (dx̂ − x̂ T − (S / N) T) / N. For the gradient k dx̂ of
 * x / N₀ they return (dx̂ − x̂ T (n + 1) / (n k²)) / N. A gradient T ((n + 1) − n k²) / N₀ of N₀ makes this (dx̂ − x̂ T) / N.
 */
export function unitizeComplemented(x: NdArray, axes: Axes, epsilon: number, gain?: NdArray): Gained {
  const wide = (a: NdArray) => cast(a, 'float64');
  const plain = unitizeWith(x, axes, epsilon, 'mean', { gain, along: axes });
  const { short } = plain.unit;
  const n = sizeOf(x.shape) / sizeOf(short.shape);
  // S, N₀ and N in short units: a sum may exceed the largest number.
  const total = mended(scale(wide(sum(x, axes)), SHORT), () => sum(scale(wide(x), SHORT), axes));
  const least = Math.sqrt(epsilon) * SHORT;
  const length = zip(short, total, (own, s) => Math.hypot(Math.sqrt(n) * own, s, least) / Math.sqrt(n + 1));
  // A group with a NaN stays one by its x̂; its share must not make the kernels compute others in another way.
  const share = zip(short, length, (own, all) => (Number.isNaN(own / all) ? 1 : own / all));
  const value = mul(plain.value, cast(share, x.dtype));
  return {
    value,
    pullback(gradient) {
      const radial = scale(wide(contract(gradient, value, short.shape)), 1 / (n + 1));
      const ofShort = zip(radial, share, (t, k) => t * (n + 1 - n * k * k));
      const pulled = plain.pullback(mul(gradient, cast(share, x.dtype)), overShort(ofShort, short));
      const offset = overShort(mul(div(total, length), radial), length);
      const dx = sub(pulled.x, cast(offset, x.dtype));
      // Terms beyond the largest float32 may add up to a gradient that is not.
      const inFloat64 = () => unitizeComplemented(wide(x), axes, epsilon, gain && wide(gain));
      return {
        x:
          x.dtype === 'float64'
            ? dx
            : mended(dx, () => cast(inFloat64().pullback(wide(gradient)).x, x.dtype)),
        gain: pulled.gain,
      };
    },
  };
}

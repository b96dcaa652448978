import { finite, mended, mul, scale, square, sub } from './arithmetic.js';
import { type Axes, type NdArray, across, sizeOf } from './array.js';
import { cast } from './contiguous.js';
import { mean } from './reduce.js';

/** A variance, and the way back from its gradient. */
export interface Spread {
  readonly value: NdArray;
  back(gradient: NdArray): NdArray;
}

/** A power of two by which squares of float64 stay in range, those of their differences too. */
const SMALL = 2 ** -520;

/**
 * The mean of (x − x̄)² over the axes, which stay with size 1: d var = 2/n Σ (x − x̄)·dx, since the mean moves against
 * itself. Where a square is past the largest number and the variance may not be, it is taken in small units of float64.
 */
export function variance(x: NdArray, axes: Axes): Spread {
  const count = sizeOf(x.shape) / sizeOf(across(x.shape, axes));
  const offset = centered(x, axes);
  const value = mean(square(offset), axes);
  if (finite(value)) return { value, back: (g) => mul(offset, scale(g, 2 / count)) };
  const small = centered(scale(cast(x, 'float64'), SMALL), axes);
  return {
    value: mended(value, () => cast(grown(grown(mean(square(small), axes))), x.dtype)),
    back: (g) =>
      mended(mul(offset, scale(g, 2 / count)), () =>
        cast(grown(mul(small, scale(cast(g, 'float64'), 2 / count))), x.dtype),
      ),
  };
}

const grown = (a: NdArray): NdArray => scale(a, 1 / SMALL);

function centered(x: NdArray, axes: Axes): NdArray {
  const rough = sub(x, mean(x, axes));
  return sub(rough, mean(rough, axes)); // What is left of the mean is rounding.
}

import { mul, scale, square, sub } from './arithmetic.js';
import { type Axes, type NdArray, across, demandShapeOf, sizeOf } from './array.js';
import { cast } from './contiguous.js';
import { finite, mendedSquares } from './range.js';
import { mean } from './reduce.js';

/** A variance, and its backward pass. */
export interface Spread {
  readonly value: NdArray;
  back(gradient: NdArray): NdArray;
}

/**
 * The mean of (x − x̄)² over the axes, which stay with size 1: d var = 2/n Σ (x − x̄)·dx, since the mean moves against
 * itself. It is finite wherever the dtype holds it.
 */
export function variance(x: NdArray, axes: Axes): Spread {
  const count = sizeOf(x.shape) / sizeOf(across(x.shape, axes));
  const offset = centered(x, axes);
  const value = mean(square(offset), axes);
  const back = (g: NdArray): NdArray => {
    demandShapeOf('variance.gradient', g, value.shape);
    return mul(offset, scale(g, 2 / count));
  };
  if (finite(value)) return { value, back };
  return {
    value: mendedSquares(value, x, 2, (small) => mean(square(centered(small, axes)), axes)),
    back: (g) =>
      mendedSquares(back(g), x, 1, (small) =>
        mul(centered(small, axes), scale(cast(g, 'float64'), 2 / count)),
      ),
  };
}

function centered(x: NdArray, axes: Axes): NdArray {
  const rough = sub(x, mean(x, axes));
  return sub(rough, mean(rough, axes)); // What is left of the mean is rounding.
}

import { type NdArray, flat, fromFlat, map, mul } from '../../src/array/index.js';
import { gradcheck } from '../../src/autograd/gradcheck/gradcheck.js';
import { primitive } from '../../src/autograd/primitive.js';
import { randomNormal } from '../../src/ops/create.js';

/** What is said of sin, in units of `unit`, where its gradient is made wrong in any way. */
export const findings = (
  shape: readonly number[],
  spoil: (right: Float64Array, x: Float64Array) => ArrayLike<number>,
  unit = 1,
): readonly string[] => {
  const x = randomNormal(shape, { seed: 3, dtype: 'float64' });
  const f = primitive('spoilt', (input: NdArray) => ({
    value: map(input, (v) => unit * Math.sin(v)),
    pullback(g) {
      const right = Float64Array.from(
        flat(
          mul(
            g,
            map(input, (v) => unit * Math.cos(v)),
          ),
        ),
      );
      return [fromFlat(Float64Array.from(spoil(right, Float64Array.from(flat(input)))), input.shape)];
    },
  }));
  return gradcheck(f, [x]).findings;
};

/** What is linear in the seed, and different in every number. */
export const shares = (right: Float64Array): number => right.reduce((sum, v) => sum + v, 0);

import { expect } from 'chai';
import fc from 'fast-check';
import { type Dtype, ROUNDOFF, broadcastTo, flat, fromSource, sumOfProducts } from '../../src/array/index.js';
import { random } from '../kernels/wasm/laboratory.js';

/** A shape, and two factors of its rank that are 1 along some of its axes. */
const shapes = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 4 })
  .map((axes) => [
    axes.map(([n]) => n),
    axes.map(([n, cut]) => (cut ? 1 : n)),
    axes.map(([n, , cut]) => (cut ? 1 : n)),
  ]);

describe('a sum of two products', () => {
  it('is that of every two numbers, however the factors stretch, to two roundings', () => {
    fc.assert(
      fc.property(
        shapes,
        fc.boolean(),
        fc.constantFrom<Dtype>('float32', 'float64'),
        fc.nat(),
        ([shape, first, second], both, dtype, seed) => {
          const next = random(seed);
          const drawn = (sizes: readonly number[]) =>
            fromSource(
              Float64Array.from({ length: sizes.reduce((n, m) => n * m, 1) }, () => 4 * next() - 2),
              {
                shape: sizes,
                dtype,
              },
            );
          const [a, s, b, t] = [
            drawn(shape!),
            drawn(first!),
            both ? drawn(shape!) : undefined,
            drawn(second!),
          ];
          const wide = (factor: typeof a) => flat(broadcastTo(factor, shape!));
          const [x, y, u, v] = [flat(a), wide(s), b && flat(b), wide(t)];
          flat(sumOfProducts(a, s, b, t)).forEach((value, i) => {
            const [left, right] = [x[i]! * y[i]!, (u ? u[i]! : 1) * v[i]!];
            const bound = 2 * ROUNDOFF[dtype] * (Math.abs(left) + Math.abs(right));
            expect(Math.abs(value - (left + right)), `number ${i}`).to.be.at.most(bound);
          });
        },
      ),
    );
  });
});

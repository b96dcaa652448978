import { expect } from 'chai';
import fc from 'fast-check';
import {
  type Dtype,
  ROUNDOFF,
  broadcastTo,
  flat,
  contiguous,
  fromSource,
  sliceView,
  sumOfProducts,
} from '../../src/array/index.js';
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

  it('gives a sample the bits that it has alone, if all samples share the factors', () => {
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
              { shape: sizes, dtype },
            );
          const [rest, shared] = [shape!.slice(1), (sizes: readonly number[]) => [1, ...sizes.slice(1)]];
          const [a, b] = [drawn(shape!), both ? drawn(shape!) : undefined];
          const [s, t] = [drawn(shared(first!)), drawn(shared(second!))];
          const alone = (x: typeof a) => contiguous(sliceView(x, [[0, 1]]));
          const whole = flat(sumOfProducts(a, s, b, t));
          const own = flat(sumOfProducts(alone(a), s, b && alone(b), t));
          expect([...own]).to.deep.equal([
            ...whole.subarray(
              0,
              rest.reduce((n, m) => n * m, 1),
            ),
          ]);
        },
      ),
    );
  });
});

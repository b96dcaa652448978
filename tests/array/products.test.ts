import { expect } from 'chai';
import fc from 'fast-check';
import {
  type Dtype,
  type NdArray,
  ROUNDOFF,
  type Shape,
  broadcastTo,
  contiguous,
  flat,
  fromSource,
  sizeOf,
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

/** Draws arrays of numbers between −2 and 2. */
function drawing(seed: number, dtype: Dtype) {
  const next = random(seed);
  return (shape: Shape) =>
    fromSource(
      Float64Array.from({ length: sizeOf(shape) }, () => 4 * next() - 2),
      { shape, dtype },
    );
}

/** All that a factor may be of a shape: 1 along any of its axes. */
const cuts = (shape: Shape): Shape[] =>
  shape.reduce<Shape[]>(
    (made, n) =>
      made.flatMap((before) => [
        [...before, n],
        [...before, 1],
      ]),
    [[]],
  );

/** Shapes, whether there is a second factor, a dtype and a seed. */
const stretches = fc.tuple(shapes, fc.boolean(), fc.constantFrom<Dtype>('float32', 'float64'), fc.nat());

describe('a sum of two products', () => {
  it('is that of every two numbers, to two roundings, for every two ways to stretch', () => {
    for (const shape of [
      [2, 3, 4],
      [3, 2, 2, 3],
    ])
      for (const first of cuts(shape))
        for (const second of cuts(shape)) {
          const drawn = drawing(1, 'float64');
          const [a, s, b, t] = [shape, first, shape, second].map(drawn) as [
            NdArray,
            NdArray,
            NdArray,
            NdArray,
          ];
          const wide = (factor: NdArray) => flat(broadcastTo(factor, shape));
          const [x, y, u, v] = [flat(a), wide(s), flat(b), wide(t)];
          flat(sumOfProducts(a, s, b, t)).forEach((value, i) =>
            expect(value, `${first} and ${second}`).to.be.closeTo(x[i]! * y[i]! + u[i]! * v[i]!, 1e-14),
          );
        }
  });

  it('is that of every two numbers, however the factors stretch, to two roundings', () => {
    fc.assert(
      fc.property(stretches, ([[shape, first, second], both, dtype, seed]) => {
        const drawn = drawing(seed, dtype);
        const [a, s, b, t] = [drawn(shape!), drawn(first!), both ? drawn(shape!) : undefined, drawn(second!)];
        const wide = (factor: typeof a) => flat(broadcastTo(factor, shape!));
        const [x, y, u, v] = [flat(a), wide(s), b && flat(b), wide(t)];
        flat(sumOfProducts(a, s, b, t)).forEach((value, i) => {
          const [left, right] = [x[i]! * y[i]!, (u ? u[i]! : 1) * v[i]!];
          const bound = 2 * ROUNDOFF[dtype] * (Math.abs(left) + Math.abs(right));
          expect(Math.abs(value - (left + right)), `number ${i}`).to.be.at.most(bound);
        });
      }),
    );
  });

  it('gives the bits of factors with a number for every element, however the factors stretch', () => {
    fc.assert(
      fc.property(stretches, ([[shape, first, second], both, dtype, seed]) => {
        const drawn = drawing(seed, dtype);
        const [a, b] = [drawn(shape!), both ? drawn(shape!) : undefined];
        const [s, t] = [drawn(first!), drawn(second!)];
        const spread = (factor: typeof a) => contiguous(broadcastTo(factor, shape!));
        expect([...flat(sumOfProducts(a, s, b, t))]).to.deep.equal([
          ...flat(sumOfProducts(a, spread(s), b, spread(t))),
        ]);
      }),
    );
  });

  it('takes operands of different dtypes, and is then in the wider one', () => {
    const dtypes = fc.constantFrom<Dtype>('float32', 'float64');
    fc.assert(
      fc.property(
        shapes,
        fc.tuple(dtypes, dtypes, dtypes, dtypes),
        fc.nat(),
        ([shape, first, second], of, seed) => {
          const drawn = (i: number, own: Shape) => drawing(seed + i, of[i]!)(own);
          const [a, s, b, t] = [drawn(0, shape!), drawn(1, first!), drawn(2, shape!), drawn(3, second!)];
          const made = sumOfProducts(a, s, b, t);
          expect(made.dtype).to.equal(of.includes('float64') ? 'float64' : 'float32');
          const wide = (factor: typeof a) => flat(broadcastTo(factor, shape!));
          const [x, y, u, v] = [flat(a), wide(s), flat(b), wide(t)];
          flat(made).forEach((value, i) => {
            const [left, right] = [x[i]! * y[i]!, u[i]! * v[i]!];
            const bound = 2 * ROUNDOFF.float32 * (Math.abs(left) + Math.abs(right));
            expect(Math.abs(value - (left + right)), `number ${i}`).to.be.at.most(bound);
          });
        },
      ),
    );
  });

  it('gives a sample the bits that it has alone, if all samples share the factors', () => {
    fc.assert(
      fc.property(stretches, ([[shape, first, second], both, dtype, seed]) => {
        const drawn = drawing(seed, dtype);
        const [rest, shared] = [shape!.slice(1), (sizes: readonly number[]) => [1, ...sizes.slice(1)]];
        const [a, b] = [drawn(shape!), both ? drawn(shape!) : undefined];
        const [s, t] = [drawn(shared(first!)), drawn(shared(second!))];
        const alone = (x: typeof a) => contiguous(sliceView(x, [[0, 1]]));
        const whole = flat(sumOfProducts(a, s, b, t));
        const own = flat(sumOfProducts(alone(a), s, b && alone(b), t));
        expect([...own]).to.deep.equal([...whole.subarray(0, sizeOf(rest))]);
      }),
    );
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import {
  type NdArray,
  Random,
  broadcastTo,
  cast,
  draw,
  flat,
  fromFlat,
  map,
  onto,
  reshape,
  squash,
} from '../../src/array/index.js';
import { kernelInfo, setKernels } from '../../src/kernels/index.js';
import { elements, views } from '../support/views.js';

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });

const cases = shapes.chain((shape) =>
  fc
    .subarray(
      shape.map((_, axis) => axis),
      { minLength: 1 },
    )
    .chain((axes) => {
      const weights = views(axes.map((axis) => shape[axis]!));
      return fc.record({
        x: views(shape),
        g: views(shape),
        gain: fc.option(weights, { nil: undefined }),
        shift: fc.option(weights, { nil: undefined }),
        along: fc.constantFrom(axes, axes.toReversed()),
        alpha: fc.constantFrom(0.5, -1.5),
      });
    }),
);

const number = (value: number): NdArray => fromFlat(Float64Array.of(value), []);
const row = (...values: number[]): NdArray => fromFlat(Float64Array.from(values), [values.length]);

/** Runs f with every set of kernels that runs here. */
function everywhere(f: () => void): void {
  const { kernels: before, available } = kernelInfo();
  try {
    for (const set of available) {
      setKernels(set);
      f();
    }
  } finally {
    setKernels(before);
  }
}

describe('squash', () => {
  for (const [dtype, tolerance] of [
    ['float64', 1e-13],
    ['float32', 2e-5],
  ] as const) {
    it(`is w tanh(α x) + b along any axes of any view, and pulls gradients back, in ${dtype}`, () => {
      everywhere(() =>
        fc.assert(
          fc.property(cases, ({ x, g, gain, shift, along, alpha }) => {
            const narrow = (a: NdArray | undefined) => a && cast(a, dtype);
            const squashed = squash(cast(x, dtype), cast(number(alpha), dtype), {
              gain: narrow(gain),
              shift: narrow(shift),
              along,
            });
            const pulled = squashed.pullback(cast(g, dtype));

            // A weight for every number, and its place among the weights.
            const axes = [...along].sort((a, b) => a - b);
            const beside = (w: NdArray) =>
              elements(broadcastTo(reshape(w, onto(x.shape, along)), x.shape) as NdArray);
            const shape = axes.map((axis) => x.shape[axis]!);
            const count = shape.reduce((size, n) => size * n, 1);
            const places = beside(
              fromFlat(
                Float64Array.from({ length: count }, (_, i) => i),
                shape,
              ),
            );
            const [w, b] = [gain && beside(gain), shift && beside(shift)];
            const sums = {
              alpha: [0],
              gain: Array<number>(count).fill(0),
              shift: Array<number>(count).fill(0),
            };
            const seeds = elements(g);
            const expected = elements(x).map((value, p) => {
              const t = Math.tanh(alpha * value);
              const q = seeds[p]! * (w?.[p] ?? 1) * (1 - t * t);
              sums.alpha[0]! += q * value;
              sums.gain[places[p]!]! += seeds[p]! * t;
              sums.shift[places[p]!]! += seeds[p]!;
              return { y: (w?.[p] ?? 1) * t + (b?.[p] ?? 0), dx: alpha * q };
            });
            const close = (actual: NdArray, numbers: readonly number[]) =>
              elements(actual).forEach((value, i) =>
                expect(value).to.be.closeTo(numbers[i]!, tolerance * (8 + x.size)),
              );
            close(
              squashed.value,
              expected.map(({ y }) => y),
            );
            close(
              pulled.x,
              expected.map(({ dx }) => dx),
            );
            for (const name of ['alpha', 'gain', 'shift'] as const) {
              const given = { alpha: number(alpha), gain, shift }[name];
              expect(pulled[name] === undefined).to.equal(given === undefined);
              if (!given) continue;
              expect([pulled[name]!.dtype, [...pulled[name]!.shape]]).to.deep.equal([
                dtype,
                [...given.shape],
              ]);
              close(pulled[name]!, sums[name]);
            }
          }),
        ),
      );
    });
  }

  it('gives samples the same sums to the bit, whatever silent ones stand behind them', () => {
    everywhere(() => {
      for (const [shape, along] of [
        [[3, 5, 1], [2]],
        [[3, 5, 1], [1]],
        [[3, 5, 2], [1]],
        [[3, 2, 7], [2]],
        [
          [3, 3, 2, 3],
          [1, 3],
        ],
      ] as const) {
        const random = new Random(shape.length);
        const sums = (samples: number, x: NdArray, g: NdArray, w: NdArray) => {
          const part = (a: NdArray) => a.hi(samples, ...shape.slice(1)) as NdArray;
          const weights = { gain: w, shift: w, along };
          const { alpha, gain, shift } = squash(part(x), cast(number(0.7), 'float32'), weights).pullback(
            part(g),
          );
          return [alpha, gain!, shift!].map(elements);
        };
        for (let round = 0; round < 30; round++) {
          const normal = (sizes: readonly number[]) => draw(sizes, () => random.normal(), 'float32');
          const [x, g] = [normal([5, ...shape.slice(1)]), normal([5, ...shape.slice(1)])];
          const w = normal(along.map((axis) => shape[axis]!));
          const silent = map(g, (value) => value);
          flat(silent).fill(0, (3 * g.size) / 5);
          expect(sums(5, x, silent, w)).to.deep.equal(sums(3, x, g, w));
        }
      }
    });
  });

  it('adds up products past the largest number of float64 whose sum is not', () => {
    everywhere(() => {
      // αx = 1; q x is some 2¹⁰³⁰ twice.
      const [far, near] = [2 ** 500, 2 ** -500];
      const { pullback } = squash(row(far, far), number(near), { gain: row(1, 1), along: 0 });
      const { alpha, gain } = pullback(row(2 ** 530, -(2 ** 530) * (1 - 2 ** -30)));
      const t = Math.tanh(1);
      expect(elements(alpha)[0]! / ((1 - t * t) * 2 ** 1000)).to.be.closeTo(1, 1e-6);
      expect(elements(gain!)[0]! / (t * 2 ** 530)).to.be.closeTo(1, 1e-12);

      const rows = fromFlat(Float64Array.of(50, 50, 50), [3, 1]);
      const ofRows = squash(rows, number(1), { gain: row(1), along: 1 }).pullback(
        fromFlat(Float64Array.of(1.5e308, 1.5e308, -1.5e308), [3, 1]),
      );
      expect(elements(ofRows.gain!)).to.deep.equal([1.5e308]);
    });
  });

  it('brings back what float32 does not hold on the way', () => {
    everywhere(() => {
      const narrow = (...values: number[]) => cast(row(...values), 'float32');
      // dy w is 2¹⁵⁰, (1 − t)(1 + t) some 2⁻¹⁰, and α 2⁻¹⁰⁰.
      const x = 4 * 2 ** 100;
      const alpha = cast(number(2 ** -100), 'float32');
      const squashed = squash(narrow(x, x), alpha, { gain: narrow(2 ** 90, 1), along: 0 });
      const pulled = squashed.pullback(narrow(2 ** 60, 1));
      const slope = 1 - Math.tanh(4) ** 2;
      const near = (value: number, wanted: number) => expect(value / wanted).to.be.closeTo(1, 1e-3);
      near(elements(pulled.x)[0]!, 2 ** 50 * slope);
      near(elements(pulled.x)[1]!, 2 ** -100 * slope);
      expect(elements(pulled.alpha)).to.deep.equal([Infinity]);
      near(elements(squashed.value)[0]!, 2 ** 90);
    });
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { PRECISIONS, laboratories, random } from './laboratory.js';

const OPERATIONS = {
  add: (x: number, y: number) => x + y,
  sub: (x: number, y: number) => x - y,
  mul: (x: number, y: number) => x * y,
  div: (x: number, y: number) => x / y,
  maximum: Math.max,
  minimum: Math.min,
  less: (x: number, y: number) => Number(x < y),
  lessEqual: (x: number, y: number) => Number(x <= y),
  equal: (x: number, y: number) => Number(x === y),
  notEqual: (x: number, y: number) => Number(x !== y),
  masked: (x: number, mask: number) => (mask === 0 ? 0 : x * mask),
  kept: (x: number, mask: number) => (mask === 0 ? 0 : x),
  dropped: (x: number, mask: number) => (mask === 0 ? x : 0),
};

const FUNCTIONS = {
  absolute: Math.abs,
  root: Math.sqrt,
  square: (x: number) => x * x,
  relu: (x: number) => (x <= 0 ? 0 : x),
};

const names = <T extends object>(object: T) => Object.keys(object) as (keyof T)[];

const SPECIAL = [0, -0, NaN, Infinity, -Infinity, 1e30, -1e-38, 1e-44, 1e300, -5e-324, 1, -1];

/** Numbers of all kinds, the special among them at places that vary. */
function numbers<T extends Float32Array | Float64Array>(like: T, seed: number): T {
  const next = random(seed);
  return like.map(() => (next() < 0.3 ? SPECIAL[Math.floor(next() * SPECIAL.length)]! : 8 * next() - 4)) as T;
}

// Single operations are rounded correctly: a kernel has the bits of JavaScript, or is wrong.
for (const [build, { kernels, clear, place, read }] of laboratories()) {
  for (const { suffix, Store } of PRECISIONS) {
    const round = (value: number): number => Store.of(value)[0]!;
    const same = (actual: Iterable<number>, expected: readonly number[]): void => {
      expect([...actual]).to.deep.equal(expected.map(round));
    };

    describe(`the ${build} elementwise kernels of float${suffix}`, () => {
      for (const name of names(OPERATIONS)) {
        it(`${name}: broadcasts rows, columns and single numbers, on either side`, () => {
          // The steps of an operand of its own, of a row for all rows, of a number for each row, and of one number.
          const kinds = (columns: number) => [
            [columns, 1],
            [0, 1],
            [1, 0],
            [0, 0],
            [columns + 3, 1],
          ];
          fc.assert(
            fc.property(
              fc.integer({ min: 0, max: 5 }),
              fc.integer({ min: 0, max: 40 }),
              fc.nat(4),
              fc.nat(4),
              fc.integer(),
              (rows, columns, left, right, seed) => {
                clear();
                const [x, y] = [0, 1].map((i) => numbers(new Store(1 + rows * (columns + 3)), seed + i)) as [
                  Float32Array,
                  Float32Array,
                ];
                const out = new Store(rows * columns);
                const [xs, ys] = [kinds(columns)[left]!, kinds(columns)[right]!] as [number[], number[]];
                const [atX, atY, atOut] = [place(x), place(y), place(out)];
                kernels[`${name}${suffix}`](rows, columns, atX, xs[0]!, xs[1]!, atY, ys[0]!, ys[1]!, atOut);
                const expected = Array.from(out, (_, p) => {
                  const [i, j] = [Math.floor(p / columns), p % columns];
                  return OPERATIONS[name](x[i * xs[0]! + j * xs[1]!]!, y[i * ys[0]! + j * ys[1]!]!);
                });
                same(read(atOut, out), expected);
              },
            ),
          );
        });
      }

      const each = (
        run: (x: number, y: number, out: number, n: number) => void,
        expected: (x: number, y: number) => number,
      ): void => {
        for (const n of [0, 1, 2, 3, 4, 5, 7, 8, 13, 64, 67]) {
          clear();
          const [x, y, out] = [numbers(new Store(n), n), numbers(new Store(n), n + 1), new Store(n)];
          const [atX, atY, atOut] = [place(x), place(y), place(out)];
          run(atX, atY, atOut, n);
          same(
            read(atOut, out),
            Array.from(x, (value, i) => expected(value, y[i]!)),
          );
          expect(read(atX, x)).to.deep.equal(x);
          run(atX, atY, atX, n);
          expect(read(atX, x)).to.deep.equal(read(atOut, out));
        }
      };

      for (const name of names(FUNCTIONS)) {
        it(`${name}: computes every element, in place as well`, () => {
          each((x, _, out, n) => kernels[`${name}${suffix}`](x, out, n), FUNCTIONS[name]);
        });
      }

      it('choose the first where the condition is not 0, and the second elsewhere', () => {
        each(
          (x, y, out, n) => kernels[`choose${suffix}`](y, x, y, out, n),
          (x, y) => (y === 0 ? y : x),
        );
        each(
          (x, y, out, n) => kernels[`choose${suffix}`](x, x, y, out, n),
          (x, y) => (x === 0 ? y : x),
        );
      });

      it('pass the gradient of relu for x above 0 or NaN, and 0 otherwise', () => {
        each(
          (x, y, out, n) => kernels[`reluBack${suffix}`](x, y, out, n),
          (g, x) => (x <= 0 ? 0 : g),
        );
      });

      it('clamp, and leave NaN', () => {
        each(
          (x, _, out, n) => kernels[`clamp${suffix}`](x, out, n, -1.5, 2),
          (x) => Math.max(-1.5, Math.min(x, 2)),
        );
      });

      it('scale by a factor that float32 does not hold, add a number, and round once', () => {
        for (const a of [0.5, 0.1, -1 / 3, 1e300, NaN]) {
          each(
            (x, _, out, n) => kernels[`scale${suffix}`](x, out, n, a),
            (x) => a * x,
          );
          each(
            (x, _, out, n) => kernels[`affine${suffix}`](x, out, n, a, 0.7),
            (x) => a * x + 0.7,
          );
        }
      });
    });
  }
}

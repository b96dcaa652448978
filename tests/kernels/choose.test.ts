import { expect } from 'chai';
import fc from 'fast-check';
import { kernelInfo, setKernels } from '../../src/kernels/index.js';
import * as js from '../../src/kernels/js/index.js';
import type { Binary, Kernels } from '../../src/kernels/kernels.js';
import * as wasm from '../../src/kernels/wasm/index.js';

type Name = 'less' | 'lessEqual' | 'equal' | 'notEqual' | 'masked' | 'kept' | 'dropped';

const RULES: Readonly<Record<Name, (x: number, y: number) => number>> = {
  less: (x, y) => Number(x < y),
  lessEqual: (x, y) => Number(x <= y),
  equal: (x, y) => Number(x === y),
  notEqual: (x, y) => Number(x !== y),
  masked: (x, mask) => (mask === 0 ? 0 : x * mask),
  kept: (x, mask) => (mask === 0 ? 0 : x),
  dropped: (x, mask) => (mask === 0 ? x : 0),
};

const number = fc.constantFrom(0, -0, 1, -1, 2, 0.5, NaN, Infinity, -Infinity);

/** Rows and columns, with the steps of two operands: of its own, one row for all, one number for each row, and gaps. */
const cases = fc
  .record({ rows: fc.integer({ min: 1, max: 4 }), columns: fc.integer({ min: 1, max: 20 }) })
  .chain(({ rows, columns }) => {
    const steps = fc.constantFrom(
      { row: columns, column: 1 },
      { row: 0, column: 1 },
      { row: 1, column: 0 },
      { row: 2 * columns, column: 2 },
    );
    const size = 2 * rows * columns + 3;
    const data = fc.array(number, { minLength: size, maxLength: size });
    return fc.record({
      rows: fc.constant(rows),
      columns: fc.constant(columns),
      Store: fc.constantFrom(Float32Array, Float64Array),
      x: data,
      y: data,
      xs: steps,
      ys: steps,
      at: fc.nat(2),
    });
  });

const demand = (name: Name, table: Readonly<Record<Name, Binary>>) =>
  fc.assert(
    fc.property(cases, ({ rows, columns, Store, x, y, xs, ys, at }) => {
      const out = new Store(rows * columns + 2).fill(7);
      const [a, b] = [Store.from(x), Store.from(y)];
      table[name](rows, columns, a, { at, ...xs }, b, { at: 2 - at, ...ys }, out, 1);
      const expected = Array.from({ length: rows * columns }, (_, p) => {
        const [i, j] = [Math.floor(p / columns), p % columns];
        return RULES[name](x[at + i * xs.row + j * xs.column]!, y[2 - at + i * ys.row + j * ys.column]!);
      });
      expect([...out]).to.deep.equal([7, ...expected, 7]);
    }),
  );

describe('the kernels of comparisons and masks', () => {
  const before = kernelInfo().kernels;
  afterEach(() => setKernels(before));

  for (const name of Object.keys(RULES) as Name[]) {
    it(`${name} follows its rule for steps of every kind, in JavaScript`, () => demand(name, js));

    for (const set of kernelInfo().available) {
      it(`${name} does so with the kernels ${set}`, () => {
        setKernels(set);
        demand(name, wasm);
      });
    }
  }

  it('choose by a condition, also for few elements and for many', () => {
    for (const table of [js, wasm] as readonly Pick<Kernels, 'choose'>[]) {
      for (const n of [1, 5, 300]) {
        const [condition, x, y, out] = Array.from({ length: 4 }, () => new Float32Array(n));
        for (let i = 0; i < n; i++) [condition![i], x![i], y![i]] = [i % 3 ? i - 2 : 0, i, NaN];
        table.choose(condition!, x!, y!, out!);
        expect([...out!]).to.deep.equal([...condition!].map((c, i) => (c === 0 ? NaN : i)));
      }
    }
  });
});

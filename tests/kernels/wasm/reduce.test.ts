import { expect } from 'chai';
import fc from 'fast-check';
import { extremeBack } from '../../../src/kernels/js/peak.js';
import { dot, isWithin, max, min, sum } from '../../../src/kernels/js/reduce.js';
import { PRECISIONS, laboratories, random } from './laboratory.js';

const shapes = fc.record({
  outer: fc.integer({ min: 1, max: 3 }),
  n: fc.integer({ min: 0, max: 70 }),
  inner: fc.integer({ min: 1, max: 19 }),
});

for (const [build, { kernels, clear, place, read }] of laboratories()) {
  for (const { suffix, Store } of PRECISIONS) {
    /** Whole numbers, so that every order of summation has the same, exact sum. */
    const numbers = (length: number, seed: number) => {
      const next = random(seed);
      return new Store(length).map(() => Math.round(2000 * next() - 1000));
    };

    describe(`the ${build} reductions of float${suffix}`, () => {
      it('compute sums and extremes of rows and columns, in float64', () => {
        fc.assert(
          fc.property(shapes, fc.integer(), fc.boolean(), ({ outer, n, inner }, seed, spoilt) => {
            const x = numbers(outer * n * inner, seed);
            // A sum in float32 would lose what is added to this.
            if (x.length > 2) x[1] = 2 ** 40;
            if (spoilt && x.length > 0) x[Math.abs(seed) % x.length] = NaN;
            for (const [name, reduce] of Object.entries({ sum, max, min }) as [
              'sum' | 'max' | 'min',
              typeof sum,
            ][]) {
              clear();
              const [rows, columns] = [new Float64Array(outer * inner), new Float64Array(outer * inner)];
              const [atX, atRows, atColumns] = [place(x), place(rows), place(columns)];
              kernels[`${name}Rows${suffix}`](atX, atRows, outer * inner, n);
              const lost = place(new Float64Array(inner));
              kernels[`${name}Columns${suffix}`](atX, atColumns, outer, n, inner, lost);
              const byRow = reduce(x, { outer: outer * inner, n, inner: 1 });
              expect(read(atRows, rows)).to.deep.equal(byRow);
              expect(read(atColumns, columns)).to.deep.equal(reduce(x, { outer, n, inner }));
            }
          }),
        );
      });

      it('find a NaN, the maximum and the minimum at any place of a row', () => {
        for (const n of [1, 2, 3, 4, 7, 8, 9, 16, 21]) {
          for (let at = 0; at < n; at++) {
            for (const value of [NaN, 1e9, -1e9, Infinity, -Infinity]) {
              clear();
              const x = numbers(n, n);
              x[at] = value;
              const found = new Float64Array(1);
              const [from, to] = [place(x), place(found)];
              kernels[`maxRows${suffix}`](from, to, 1, n);
              expect(read(to, found)).to.deep.equal(max(x, { outer: 1, n, inner: 1 }));
              kernels[`minRows${suffix}`](from, to, 1, n);
              expect(read(to, found)).to.deep.equal(min(x, { outer: 1, n, inner: 1 }));
            }
          }
        }
      });

      it('share the gradient of an extreme among the elements that tie', () => {
        for (const n of [1, 2, 3, 4, 5, 8, 13, 22]) {
          clear();
          const rows = 40;
          // Few numbers, so that there are ties; and now and then a NaN, which is equal to none.
          const x = numbers(rows * n, n).map((value, p) => (p % 97 === 5 ? NaN : Math.round(2 * value)));
          const most = max(x, { outer: rows, n, inner: 1 });
          const extremes = numbers(rows, n).map((_, i) => most[i]!);
          const gradient = numbers(rows, n + 1);
          const [out, expected] = [x.slice(), x.slice()];
          const at = [x, extremes, gradient, out].map(place) as [number, number, number, number];
          kernels[`extremeRowsBack${suffix}`](...at, rows, n);
          extremeBack(x, extremes, gradient, expected, { outer: rows, n, inner: 1 });
          expect(read(at[3], out)).to.deep.equal(expected);
        }
      });

      it('sum products exactly if float64 can', () => {
        for (const n of [0, 1, 3, 4, 7, 8, 15, 16, 67]) {
          clear();
          const [x, y] = [numbers(n, n), numbers(n, n + 1)];
          if (n > 5) [x[2], y[2]] = [2 ** 20 + 1, 2 ** 20 + 1];
          const [atX, atY] = [place(x), place(y)];
          expect(kernels[`dot${suffix}`](atX, atY, n)).to.equal(dot(x, y));
        }
      });

      it('find an element above a limit, or NaN, at any place', () => {
        for (const n of [1, 2, 7, 8, 9, 21]) {
          for (let at = 0; at < n; at++) {
            for (const value of [NaN, Infinity, -Infinity, 3e38, -3e38, 4, -4, 8, -8, -0, 1e-44]) {
              clear();
              const x = numbers(n, n);
              x[at] = value;
              const address = place(x);
              for (const limit of [4, 2 ** 100, (2 - 2 ** -23) * 2 ** 127]) {
                expect(kernels[`within${suffix}`](address, n, limit)).to.equal(+isWithin(x, limit));
              }
            }
          }
        }
        expect(kernels[`within${suffix}`](0, 0, 1)).to.equal(1);
      });
    });
  }
}

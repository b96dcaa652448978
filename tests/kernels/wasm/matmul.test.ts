import { expect } from 'chai';
import fc from 'fast-check';
import { PRECISIONS, laboratories, random } from './laboratory.js';

/** How the numbers of a matrix lie: row after row, column after column, or with gaps. */
const LAYOUTS = {
  rows: (_height: number, width: number) => ({ row: width, column: 1 }),
  columns: (height: number) => ({ row: 1, column: height }),
  gaps: (_height: number, width: number) => ({ row: 2 * width + 3, column: 2 }),
};

const layout = fc.constantFrom(...(Object.keys(LAYOUTS) as (keyof typeof LAYOUTS)[]));

/** Sizes about those of a tile, and now and then past what is packed at once. */
const side = (most: number) =>
  fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 1, max: 40 }) },
    { weight: 1, arbitrary: fc.integer({ min: 250, max: most }) },
  );

for (const [build, { kernels, clear, place, read }] of laboratories()) {
  for (const { suffix, Store } of PRECISIONS) {
    const multiply = kernels[`matmul${suffix}`];

    /** A matrix laid out so, with NaN in the gaps, and how it is read. */
    const lay = (lies: keyof typeof LAYOUTS, height: number, width: number, next: () => number) => {
      const { row, column } = LAYOUTS[lies](height, width);
      const data = new Store((height - 1) * row + (width - 1) * column + 1).fill(NaN);
      for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) data[i * row + j * column] = next();
      return { data, row, column, get: (i: number, j: number) => data[i * row + j * column]! };
    };

    type Laid = ReturnType<typeof lay>;

    /** The product by the kernel, of the rows from `top` on. */
    const product = (m: number, k: number, n: number, a: Laid, b: Laid, top = 0) => {
      clear();
      const out = new Store(m * n).fill(7);
      const [atA, atB, atOut] = [place(a.data), place(b.data), place(out)];
      const work = place(new Uint8Array(kernels.matmulWork()).fill(255));
      const from = atA + top * a.row * Store.BYTES_PER_ELEMENT;
      multiply(m, k, n, from, a.row, a.column, atB, b.row, b.column, atOut, work);
      read(work, new Uint8Array(kernels.matmulWork()));
      return read(atOut, out);
    };

    describe(`the ${build} kernel for products of float${suffix}`, () => {
      it('is exact for integers, of all sizes and steps', () => {
        fc.assert(
          fc.property(
            fc.record({ m: side(530), k: side(530), n: side(270) }),
            fc.tuple(layout, layout),
            fc.integer(),
            ({ m, k, n }, [liesA, liesB], seed) => {
              const next = random(seed);
              const whole = () => Math.round(200 * next() - 100);
              const [a, b] = [lay(liesA, m, k, whole), lay(liesB, k, n, whole)];
              const expected = new Store(m * n).map((_, p) => {
                const [i, j] = [Math.floor(p / n), p % n];
                let total = 0;
                for (let l = 0; l < k; l++) total += a.get(i, l) * b.get(l, j);
                return total;
              });
              expect(product(m, k, n, a, b)).to.deep.equal(expected);
            },
          ),
          { numRuns: 60 },
        );
      });

      it('gives a row the same bits, whatever the other rows and the steps', () => {
        fc.assert(
          fc.property(
            fc.record({ m: side(530), k: side(530), n: fc.integer({ min: 1, max: 40 }) }),
            fc.tuple(layout, layout),
            fc.nat(),
            fc.integer(),
            ({ m, k, n }, [liesA, liesB], some, seed) => {
              const [a, b] = [lay(liesA, m, k, random(seed)), lay(liesB, k, n, random(seed + 1))];
              const straight = product(
                m,
                k,
                n,
                lay('rows', m, k, random(seed)),
                lay('rows', k, n, random(seed + 1)),
              );
              const whole = product(m, k, n, a, b);
              expect(whole).to.deep.equal(straight);
              const [top, rows] = [some % m, 1 + (some % 3)];
              const height = Math.min(rows, m - top);
              expect(product(height, k, n, a, b, top)).to.deep.equal(
                whole.slice(top * n, (top + height) * n),
              );
            },
          ),
          { numRuns: 60 },
        );
      });

      it('gives a column alone the bits that it has beside others', () => {
        fc.assert(
          fc.property(
            fc.record({ m: side(530), k: side(530), n: fc.integer({ min: 2, max: 40 }) }),
            fc.tuple(layout, layout),
            fc.nat(),
            fc.integer(),
            ({ m, k, n }, [liesA, liesB], some, seed) => {
              const [a, b] = [lay(liesA, m, k, random(seed)), lay(liesB, k, n, random(seed + 1))];
              const [j, whole] = [some % n, product(m, k, n, a, b)];
              let i = 0;
              const alone = product(
                m,
                k,
                1,
                a,
                lay('gaps', k, 1, () => b.get(i++, j)),
              );
              expect(alone).to.deep.equal(new Store(m).map((_, row) => whole[row * n + j]!));
            },
          ),
          { numRuns: 60 },
        );
      });

      it('keeps NaN and infinities in their rows and columns', () => {
        for (const [m, k, n] of [
          [3, 5, 18],
          [20, 300, 17],
        ] as const) {
          const ones = () => 1;
          const [a, b] = [lay('rows', m, k, ones), lay('rows', k, n, ones)];
          a.data[2 * k + 4] = Infinity;
          b.data[1 * n + 16] = NaN;
          const out = product(m, k, n, a, b);
          out.forEach((value, p) => {
            const [i, j] = [Math.floor(p / n), p % n];
            expect(value).to.deep.equal(j === 16 ? NaN : i === 2 ? Infinity : k);
          });
        }
      });
    });
  }
}

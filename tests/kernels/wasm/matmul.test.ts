import { expect } from 'chai';
import fc from 'fast-check';
import { laboratories, random } from './laboratory.js';

for (const [build, { kernels, clear, place, read }] of laboratories()) {
  describe(`the ${build} kernel for small products`, () => {
    it('multiplies many at a time, transposed on the left or not, exactly where numbers are whole', () => {
      const side = fc.integer({ min: 1, max: 21 });
      fc.assert(
        fc.property(
          fc.record({ batch: fc.integer({ min: 0, max: 3 }), m: side, k: fc.nat(20), n: side }),
          fc.boolean(),
          fc.boolean(),
          fc.nat(3),
          fc.integer(),
          ({ batch, m, k, n }, turned, shared, gap, seed) => {
            const next = random(seed);
            const whole = (length: number) =>
              new Float32Array(length).map(() => Math.round(200 * next() - 100));
            const [bRow, bBatch] = [n + gap, shared ? 0 : k * (n + gap)];
            const [a, b] = [whole(batch * m * k), whole(batch * k * (n + gap))];
            const [aRow, aColumn] = turned ? [1, m] : [k, 1];
            const out = new Float32Array(batch * m * n).fill(7);
            clear();
            const [atA, atB, atOut] = [place(a), place(b), place(out)];
            kernels.matmulSmall32(batch, m, k, n, atA, m * k, aRow, aColumn, atB, bBatch, bRow, atOut);
            const expected = out.map((_, p) => {
              const [s, i, j] = [Math.floor(p / (m * n)), Math.floor(p / n) % m, p % n];
              let total = 0;
              for (let l = 0; l < k; l++)
                total += a[s * m * k + i * aRow + l * aColumn]! * b[s * bBatch + l * bRow + j]!;
              return total;
            });
            expect(read(atOut, out)).to.deep.equal(expected);
          },
        ),
      );
    });
  });
}

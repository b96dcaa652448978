import { expect } from 'chai';
import { PRECISIONS, laboratories, random } from './laboratory.js';
import { numbers } from './normalization.js';

for (const [build, { kernels, clear, place, read }] of laboratories()) {
  describe(`the ${build} kernels of sums over windows`, () => {
    for (const { suffix, Store } of PRECISIONS) {
      it(`add one element after the other and write nothing else, in float${suffix}`, () => {
        const round = (value: number): number => new Store([value])[0]!;
        for (const [outer, n, inner] of [
          [3, 1, 1],
          [2, 5, 1],
          [3, 16, 1],
          [2, 19, 1],
          [2, 6, 5],
          [1, 9, 8],
        ] as const) {
          for (const [before, after] of [
            [0, 0],
            [2, 2],
            [0, 3],
            [4, 0],
            [7, 9],
          ] as const) {
            clear();
            const x = numbers(Store, outer * n * inner, random(n + before), 2) as Float64Array;
            const room = new Uint8Array(kernels.windowWork(n, before + after + 1));
            const [from, to, work] = [place(x), place(x.slice().fill(7)), place(room)];
            kernels[`windowSum${suffix}`](from, to, work, outer, n, inner, before, after);
            read(work, room);
            expect(read(from, x)).to.deep.equal(x);
            read(to, x).forEach((value, p) => {
              const i = Math.floor(p / inner) % n;
              let sum = 0;
              for (let k = Math.max(0, i - before); k <= Math.min(n - 1, i + after); k++)
                sum = round(sum + x[p + (k - i) * inner]!);
              expect(value).to.equal(sum);
            });
          }
        }
      });
    }
  });
}

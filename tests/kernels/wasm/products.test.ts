import { expect } from 'chai';
import { PRECISIONS, laboratories, random } from './laboratory.js';

for (const [build, { kernels, clear, place, read }] of laboratories()) {
  for (const { suffix, Store, unit } of PRECISIONS) {
    describe(`the ${build} kernel of sums of products of float${suffix}`, () => {
      it('broadcasts factors over the rows of a block, or over all blocks', () => {
        for (const inner of [1, 2, 3, 4, 5, 8, 17]) {
          for (const [both, sStep, tStep] of [
            [true, inner, inner],
            [true, 0, inner],
            [false, inner, 0],
            [false, 0, 0],
          ] as const) {
            clear();
            const [outer, n] = [3, 5];
            const next = random(inner);
            const drawn = (count: number) => new Store(count).map(() => 4 * next() - 2);
            const [a, b, s, t] = [n, n, 1, 1].map((rows) => drawn(outer * rows * inner)) as [
              typeof Store.prototype,
              typeof Store.prototype,
              typeof Store.prototype,
              typeof Store.prototype,
            ];
            const out = new Store(a.length);
            const [atA, atS, atB, atT, to] = [a, s, b, t, out].map(place) as [
              number,
              number,
              number,
              number,
              number,
            ];
            kernels[`sumOfProducts${suffix}`](
              atA,
              atS,
              sStep,
              both ? atB : 0,
              atT,
              tStep,
              to,
              outer,
              n,
              inner,
            );
            read(to, out).forEach((value, p) => {
              const [block, column] = [Math.floor(p / (n * inner)), p % inner];
              const left = a[p]! * s[block * sStep + column]!;
              const right = (both ? b[p]! : 1) * t[block * tStep + column]!;
              expect(Math.abs(value - (left + right))).to.be.at.most(
                2 * unit * (Math.abs(left) + Math.abs(right)),
              );
            });
          }
        }
      });
    });
  }
}

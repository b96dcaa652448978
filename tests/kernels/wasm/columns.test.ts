import { expect } from 'chai';
import fc from 'fast-check';
import { MEASURES } from '../../../src/kernels/measures.js';
import { PRECISIONS, laboratories, random } from './laboratory.js';
import {
  type Numbers,
  type Setting,
  mean,
  numbers,
  row,
  seeds,
  settings,
  sizes,
  within,
} from './normalization.js';

/** A setting whose `rows` are the blocks. */
interface Blocks extends Setting {
  readonly inner: number;
}

const blocks = fc
  .tuple(settings, fc.integer({ min: 1, max: 19 }))
  .map(([setting, inner]): Blocks => ({ ...setting, rows: Math.min(3, setting.rows), inner }));

for (const [build, { kernels, clear, place, read }] of laboratories()) {
  for (const { suffix, Store, unit, least } of PRECISIONS) {
    const rounds = (n: number): number => (suffix === '64' ? n + 8 : 1);

    /** In the backward pass eight numbers of float32 are added in float32: so many times a sum of theirs may round. */
    const gathers = suffix === '32' ? 7 : 0;

    const group = (x: Numbers, { n, inner }: Blocks, o: number, j: number): number[] =>
      Array.from({ length: n }, (_, i) => x[(o * n + i) * inner + j]!);

    const normalize = (x: Numbers, gamma: Numbers | 0, beta: Numbers | 0, setting: Blocks) => {
      clear();
      const { rows: outer, n, inner, centered, sum, bound, epsilon } = setting;
      const [y, measures] = [new Store(x.length), new Float64Array(MEASURES * outer * inner)];
      const work = new Uint8Array(kernels.columnsWork(inner));
      const [atX, atGamma, atBeta] = [place(x), gamma && place(gamma), beta && place(beta)];
      const [atY, atMeasures, atWork] = [place(y), place(measures), place(work)];
      const undone = kernels[`normalizeColumns${suffix}`](
        atX,
        atGamma,
        atBeta,
        atY,
        atMeasures,
        atWork,
        outer,
        n,
        inner,
        +centered,
        +sum,
        bound,
        epsilon,
      );
      read(atWork, work);
      return { y: read(atY, y), measures: read(atMeasures, measures), undone };
    };

    describe(`the ${build} kernels for columns of float${suffix}`, () => {
      it('normalize columns of any size, with a gain and a shift each', () => {
        fc.assert(
          fc.property(blocks, sizes, fc.nat(3), seeds, (setting, size, gains, seed) => {
            const { rows: outer, n, inner } = setting;
            const next = random(seed);
            const x = numbers(Store, outer * n * inner, next, size, 2);
            // One column of another size than its neighbours.
            for (let p = 0; p < x.length; p += inner) x[p]! *= 2 ** -30;
            const gamma = gains & 1 ? numbers(Store, inner, next, 2) : 0;
            const beta = gains & 2 ? numbers(Store, inner, next, 2) : 0;
            const { y, measures, undone } = normalize(x, gamma, beta, setting);
            expect(undone).to.equal(0);
            for (let o = 0; o < outer; o++) {
              for (let j = 0; j < inner; j++) {
                const expected = row(group(x, setting, o, j), setting);
                const [center, power, root, live, rest, scale, far] = Array.from(
                  { length: MEASURES },
                  (_, k) => measures[(k * outer + o) * inner + j]!,
                );
                // The statistics of float32 round as its differences and squares do, and sums of eight of each; with a
                // shift two deviations away from the mean that counts five times.
                const rounded = suffix === '32' ? 40 * unit : 2 ** -49 * (n + 8) ** 2;
                within(center! + rest!, expected.center, rounded * Math.abs(size));
                within(power!, expected.size, rounded * expected.size);
                within(root!, expected.root, rounded * expected.root);
                within(live!, expected.live, setting.bound === 3 ? rounded * expected.live : 0);
                expect([scale, far]).to.deep.equal([1, 0]);
                const gain = gamma ? gamma[j]! : 1;
                expected.unit.forEach((value, i) => {
                  const scaled = value * gain + (beta ? beta[j]! : 0);
                  const bound = 5 * Math.abs(value * gain) + 4 * Math.abs(gain) + Math.abs(scaled);
                  within(
                    y[(o * n + i) * inner + j]!,
                    scaled,
                    bound * unit * rounds(n) + least * (2 + Math.abs(gain)),
                  );
                });
              }
            }
          }),
        );
      });

      it('normalize a constant column to its shift, and keep NaN, infinities and overflow in their columns, to the bit', () => {
        const setting: Blocks = {
          rows: 2,
          n: 19,
          inner: 7,
          centered: true,
          sum: false,
          bound: 0,
          epsilon: 1e-5,
        };
        const { n, inner } = setting;
        const x = numbers(Store, 2 * n * inner, random(3));
        const gamma = numbers(Store, inner, random(4));
        for (let p = 0; p < x.length; p += inner) x[p + 5] = 0.1;
        const clean = normalize(x, gamma, gamma, setting).y;
        for (let p = 0; p < x.length; p += inner) expect(clean[p + 5]).to.equal(gamma[5]);
        for (const at of [2, 6]) {
          for (const spoiler of [NaN, Infinity, 1e200, 1e38]) {
            const spoilt = x.slice();
            spoilt[(n + 9) * inner + at] = spoiler;
            const { y, undone } = normalize(spoilt, gamma, gamma, setting);
            const gone = !Number.isFinite(spoilt[(n + 9) * inner + at]!) || spoiler === 1e200;
            expect(undone).to.equal(suffix === '64' && gone ? 1 : 0);
            const expected = clean.slice();
            for (let i = 0; i < n; i++) {
              const p = (n + i) * inner + at;
              if (gone && suffix === '32') expect(y[p]).to.be.NaN;
              y[p] = expected[p] = 0;
            }
            expect(y).to.deep.equal(expected);
          }
        }
      });

      it('give no |x̂| above 1 if N is of a sum, even of one large square', () => {
        const [n, inner] = [20, 499];
        const next = random(7);
        const x = numbers(Store, n * inner, next).map((value, p) =>
          p >= 9 * inner && p < 10 * inner ? 2 - Math.abs(value) / 4 : 0,
        );
        const setting: Blocks = { rows: 1, n, inner, centered: false, sum: true, bound: 1, epsilon: 1e-30 };
        for (const value of normalize(x, 0, 0, setting).y) expect(Math.abs(value)).to.be.at.most(1);
      });

      it('measure a column whose first elements are outliers', () => {
        // The more numbers there are, the farther eight of them can be from the mean, in deviations.
        for (const [n, outliers] of [
          [500, 1],
          [100_000, 8],
        ] as const) {
          const setting: Blocks = { rows: 1, n, inner: 2, centered: true, sum: false, bound: 0, epsilon: 0 };
          const x = numbers(Store, 2 * n, random(5)).map((value) => value / 1024);
          for (let i = 0; i < outliers; i++) x[2 * i + 1]! += 1e4;
          const { y } = normalize(x, 0, 0, setting);
          row(group(x, setting, 0, 1), setting).unit.forEach((value, i) =>
            within(y[i * 2 + 1]!, value, (6 * Math.abs(value) + 2) * unit * rounds(n)),
          );
        }
      });

      it('find no variance in a constant column, whatever the constant', () => {
        for (const n of [2, 7, 8, 9, 33]) {
          const setting: Blocks = {
            rows: 1,
            n,
            inner: 50,
            centered: true,
            sum: false,
            bound: 0,
            epsilon: 1e-30,
          };
          const constants = numbers(Store, 50, random(n)).map((value, j) => value * 10 ** ((j % 41) - 20));
          const x = new Store(50 * n).map((_, p) => constants[p % 50]!);
          const { y, measures } = normalize(x, 0, 0, setting);
          expect(y).to.deep.equal(new Store(50 * n));
          expect(measures.subarray(50, 100)).to.deep.equal(new Float64Array(50));
        }
      });

      it('compute the gradients of the formula', () => {
        fc.assert(
          fc.property(
            blocks,
            sizes,
            fc.constantFrom(1, 1, 1e-33, 1e33),
            fc.nat(31),
            seeds,
            (setting, size, gradientSize, wanted, seed) => {
              const { rows: outer, n, inner, centered, sum } = setting;
              const next = random(seed);
              const x = numbers(Store, outer * n * inner, next, size, 2);
              const dy = numbers(Store, x.length, next, gradientSize, 0.25);
              const gamma = wanted & 1 ? numbers(Store, inner, next, 2) : 0;
              const ofRoot = wanted & 2 ? numbers(Store, outer * inner, next, gradientSize) : 0;
              const { measures } = normalize(x, 0, 0, setting);

              clear();
              const [dx, ofGain, ofShift] = [
                new Store(x.length),
                new Float64Array(inner).fill(1),
                new Float64Array(inner).fill(2),
              ];
              const work = new Uint8Array(kernels.columnsWork(inner));
              const [atDy, atInput, atGain, atMeasures] = [
                place(dy),
                place(x),
                gamma && place(gamma),
                place(measures),
              ];
              const [atX, atGamma, atBeta, atRoot, atWork] = [
                wanted & 4 ? place(dx) : 0,
                wanted & 8 ? place(ofGain) : 0,
                wanted & 16 ? place(ofShift) : 0,
                ofRoot && place(ofRoot),
                place(work),
              ];
              kernels[`normalizeColumnsBack${suffix}`](
                atDy,
                atInput,
                atGain,
                atMeasures,
                atX,
                atGamma,
                atBeta,
                atRoot,
                atWork,
                outer,
                n,
                inner,
                +centered,
                +sum,
              );
              read(atWork, work);
              const out = atX ? read(atX, dx) : dx;
              const share = sum ? 1 : 1 / n;
              for (let j = 0; j < inner; j++) {
                let [gained, roomOfGain, shifted, roomOfShift] = [1, 0, 2, 2 ** -52];
                const gain = gamma ? gamma[j]! : 1;
                for (let o = 0; o < outer; o++) {
                  const { unit: xHat, root, live } = row(group(x, setting, o, j), setting);
                  const seed = group(dy, setting, o, j);
                  const offset = centered ? gain * mean(seed) : 0;
                  const level = centered ? Math.abs(gain) * mean(seed.map(Math.abs)) : 0;
                  const dot = (f: (value: number, u: number) => number): number =>
                    gain * share * seed.reduce((total, value, i) => total + f(value, xHat[i]!), 0);
                  const radial = live * dot((value, u) => value * u);
                  const push = live * (ofRoot ? ofRoot[o * inner + j]! : 0) * share;
                  const spread = Math.abs(
                    dot((value, u) => Math.abs(value) * ((7 + gathers) * Math.abs(u) + 2)),
                  );
                  const along = Math.abs(radial) + Math.abs(push) * root;
                  xHat.forEach((u, i) => {
                    const rough = Math.abs(u);
                    const value = (gain * seed[i]! - u * radial - offset) / root + push * u;
                    // As for rows: what is added, x̂, and the sums.
                    const terms =
                      6 * (Math.abs(gain * seed[i]!) + level + rough * along) +
                      (5 * rough + 2) * along +
                      gathers * level;
                    const bound = (terms + rough * Math.max(1, live) * spread) / root;
                    const lost = least * (1 + (4 + Math.abs(gain)) / root);
                    if (atX)
                      within(out[(o * n + i) * inner + j]!, value, 1.01 * unit * rounds(n) * bound + lost);
                    gained += seed[i]! * u;
                    roomOfGain += Math.abs(seed[i]!) * ((6 + gathers) * rough + 2);
                    shifted += seed[i]!;
                    roomOfShift += Math.abs(seed[i]!) * (gathers * unit + 2 ** -45);
                  });
                }
                const room = 1.01 * unit * rounds(n) * roomOfGain + 4 * n * outer * least + 2 ** -50;
                if (atGamma) within(read(atGamma, ofGain)[j]!, gained, room);
                if (atBeta) within(read(atBeta, ofShift)[j]!, shifted, roomOfShift);
              }
            },
          ),
        );
      });
    });
  }
}

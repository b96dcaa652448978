import { expect } from 'chai';
import fc from 'fast-check';
import { FAR, MEASURES } from '../../../src/kernels/measures.js';
import { PRECISIONS, laboratories, random } from './laboratory.js';
import {
  type Numbers,
  type Setting,
  mean,
  numbers,
  row,
  rowsOf,
  seeds,
  settings,
  sizes,
  within,
} from './normalization.js';

for (const [build, laboratory] of laboratories()) {
  const { kernels, clear, place, read } = laboratory;

  for (const { suffix, Store, unit, least } of PRECISIONS) {
    const forward = kernels[`normalizeRows${suffix}`];
    const own = kernels[`normalizeRowsBack${suffix}`];
    // Those of float32 may be told what is taken off the gradient.
    const backward: typeof kernels.normalizeRowsBack64 = (...given) => own(...given, 0);

    /** Runs the forward kernel on copies. */
    const normalize = (x: Numbers, gamma: Numbers | 0, beta: Numbers | 0, setting: Setting) => {
      clear();
      const { rows, n, centered, sum, bound, epsilon } = setting;
      const [y, measures] = [new Store(x.length), new Float64Array(MEASURES * rows)];
      const [atY, atMeasures] = [place(y), place(measures)];
      const at = [x, gamma, beta].map((values) => values && place(values)) as [number, number, number];
      const undone = forward(...at, atY, atMeasures, rows, n, +centered, +sum, bound, epsilon);
      return { y: read(atY, y), measures: read(atMeasures, measures), undone };
    };

    const roomFor = (n: number) => new Uint8Array(kernels.rowsBackWork(n));

    /** Rows of float32 are added in float32 first, sixteen at most: so many times a sum of theirs may round. */
    const gathers = suffix === '32' ? 15 : 2 ** -50 / unit;

    /** In float64 the sums of a row round as well, by up to a unit a number. */
    const rounds = (n: number): number => (suffix === '64' ? n + 8 : 1);

    describe(`the ${build} kernels for rows of float${suffix}`, () => {
      it('normalize rows of any size, with any gain and shift', () => {
        fc.assert(
          fc.property(
            settings,
            sizes,
            fc.constantFrom(0, 3),
            fc.nat(3),
            seeds,
            (setting, size, far, gains, seed) => {
              const { rows, n } = setting;
              const next = random(seed);
              const x = numbers(Store, rows * n, next, size, far);
              const gamma = gains & 1 ? numbers(Store, n, next, 2) : 0;
              const beta = gains & 2 ? numbers(Store, n, next, 2) : 0;
              const { y, measures, undone } = normalize(x, gamma, beta, setting);
              expect(undone).to.equal(0);
              rowsOf(x, n).forEach((values, i) => {
                const expected = row(values, setting);
                const [center, power, root, live, rest, scale, far] = measures.subarray(
                  i * MEASURES,
                  (i + 1) * MEASURES,
                );
                // The statistics of float32 round as its differences and squares do, and sums of eight of each; a mean
                // that is no larger than the deviation is rounded once more.
                const rounded = suffix === '32' ? 8 * unit : 2 ** -49 * (n + 8) ** 2;
                within(center! + rest!, expected.center, rounded * Math.abs(size));
                within(power!, expected.size, rounded * expected.size);
                within(root!, expected.root, rounded * expected.root);
                within(live!, expected.live, setting.bound === 3 ? rounded * expected.live : 0);
                expect([scale, far]).to.deep.equal([1, 0]);
                expected.unit.forEach((unitValue, j) => {
                  const gain = gamma ? gamma[j]! : 1;
                  const value = unitValue * gain + (beta ? beta[j]! : 0);
                  // x − hi, − lo, r itself, times r and times γ round relatively to x̂γ; lo, which is below N, and the mean to γ.
                  const bound = 5 * Math.abs(unitValue * gain) + 3 * Math.abs(gain) + Math.abs(value);
                  within(y[i * n + j]!, value, bound * unit * rounds(n) + least * (2 + Math.abs(gain)));
                });
              });
            },
          ),
        );
      });

      it('give no |x̂| above 1 if N is of a sum, even of one large square', () => {
        // Below a power of two r is rounded up by the most, and the root of a square that was rounded down counts.
        const [rows, n] = [500, 64];
        const next = random(7);
        const x = numbers(Store, rows * n, next).map((value, p) =>
          p % n === 9 ? 2 - Math.abs(value) / 4 : 0,
        );
        const setting = { rows, n, centered: false, sum: true, bound: 1, epsilon: 1e-30 } as const;
        for (const value of normalize(x, 0, 0, setting).y) expect(Math.abs(value)).to.be.at.most(1);
      });

      it('normalize a constant row to exactly its shift, whatever its size and ε', () => {
        const values = [0, 1, 0.1, -1e4 / 3, 1e30, -3e38, 1e-40, 123456789];
        for (const value of values) {
          for (const n of [1, 2, 3, 7, 33, 70]) {
            const setting = { rows: 1, n, centered: true, sum: false, bound: 0, epsilon: 1e-30 } as const;
            const beta = numbers(Store, n, random(n));
            const gamma = numbers(Store, n, random(n + 1));
            const x = new Store(n).fill(value);
            const { y, measures } = normalize(x, gamma, beta, setting);
            expect(y).to.deep.equal(beta);
            expect(normalize(x, 0, 0, setting).y).to.deep.equal(new Store(n));
            expect([measures[0]! + measures[4]!, measures[1]]).to.deep.equal([x[0]!, 0]);
          }
        }
      });

      it('measure a row whose first element is an outlier, and one of neighbouring floats', () => {
        for (const n of [4, 67, 1001]) {
          const next = random(n);
          const setting = { rows: 1, n, centered: true, sum: false, bound: 0, epsilon: 0 } as const;
          const far = numbers(Store, n, next).map((value) => value / 1024);
          far[0] = 1e6;
          // 1 and its upper neighbours; what they are apart is exact.
          const near = new Store(n).map((_, i) => 1 + (((i * i) % 7) + +(i === 1)) * 2 * unit);
          for (const [x, apart] of [
            [far, far] as const,
            [near, near.map((value) => (value - 1) / unit)] as const,
          ]) {
            const { y } = normalize(x, 0, 0, setting);
            const expected = row([...apart], setting);
            expected.unit.forEach((value, j) =>
              within(y[j]!, value, (6 * Math.abs(value) + 2) * unit * rounds(n)),
            );
          }
        }
      });

      it('round all elements of a row alike, those after the last whole vector too', () => {
        fc.assert(
          fc.property(
            settings,
            sizes,
            fc.constantFrom(0, 3),
            fc.nat(3),
            seeds,
            (given, size, far, gains, seed) => {
              const next = random(seed);
              const mirrored = (scale: number, center = 0): Numbers => {
                const half = numbers(Store, given.n, next, scale, center);
                return Store.of(...half, ...half.toReversed()) as Numbers;
              };
              const n = 2 * given.n;
              const setting = { ...given, rows: 1, n };
              const x = mirrored(size, far);
              const gamma = gains & 1 ? mirrored(2) : 0;
              const { y, measures } = normalize(x, gamma, gains & 2 ? mirrored(2) : 0, setting);
              expect(y.toReversed()).to.deep.equal(y);
              clear();
              const dx = place(new Store(n));
              const [atDy, atX, atGamma, atMeasures] = ([mirrored(1), x, gamma, measures] as const).map(
                (values) => values && place(values),
              ) as [number, number, number, number];
              const sums = [0, 1].map(() => (gains & 2 ? place(new Float64Array(n)) : 0)) as [number, number];
              const [centered, sum] = [+setting.centered, +setting.sum];
              backward(
                atDy,
                atX,
                atGamma,
                atMeasures,
                dx,
                ...sums,
                0,
                place(roomFor(n)),
                1,
                n,
                centered,
                sum,
              );
              const pulled = read(dx, new Store(n));
              expect(pulled.toReversed()).to.deep.equal(pulled);
            },
          ),
        );
      });

      it('keep a NaN, an infinity or an overflow in its row, to the bit', () => {
        const [rows, n] = [5, 37];
        for (const centered of [true, false]) {
          const setting: Setting = { rows, n, centered, sum: false, bound: 0, epsilon: 1e-5 };
          const x = numbers(Store, rows * n, random(7));
          const gamma = numbers(Store, n, random(8));
          const clean = normalize(x, gamma, gamma, setting).y;
          for (const spoiler of [NaN, Infinity, -Infinity, 1e200]) {
            const spoilt = x.slice();
            spoilt[2 * n + 5] = spoiler;
            const { y, undone, measures } = normalize(spoilt, gamma, gamma, setting);
            expect(undone).to.equal(suffix === '64' ? 1 : 0);
            y.fill(0, 2 * n, 3 * n);
            const expected = clean.slice().fill(0, 2 * n, 3 * n);
            expect(y).to.deep.equal(expected);
            if (suffix === '64') expect(measures[2 * MEASURES + FAR]).to.equal(1);
          }
        }
      });

      it('give NaN for rows that are not finite, as division does', () => {
        const setting = { rows: 1, n: 5, centered: true, sum: false, bound: 0, epsilon: 1e-5 } as const;
        if (suffix === '64') return;
        for (const spoiler of [NaN, Infinity]) {
          const x = Store.of(1, 2, spoiler, 3, 4);
          expect(normalize(x, 0, 0, setting).y.every(Number.isNaN)).to.equal(true);
          const plain = normalize(x, 0, 0, { ...setting, centered: false }).y;
          expect([...plain]).to.deep.equal(spoiler === Infinity ? [0, 0, NaN, 0, 0] : Array(5).fill(NaN));
        }
      });

      if (suffix === '64') {
        it('mark and count rows whose squares leave the range of float64, and write none of them', () => {
          const setting = { rows: 3, n: 4, centered: true, sum: false, bound: 0, epsilon: 0 } as const;
          const x = Float64Array.of(1, 2, 3, 5, 1e160, 0, 0, 0, 1e-160, 0, 0, 0);
          const { y, undone, measures } = normalize(x, 0, 0, setting);
          expect(undone).to.equal(2);
          expect([0, 1, 2].map((row) => measures[row * MEASURES + FAR])).to.deep.equal([0, 1, 1]);
          expect(y.subarray(4)).to.deep.equal(new Float64Array(8));
          expect(y[0]).to.be.below(-1);
        });
      }

      it('compute the gradients of the formula', () => {
        const gradientSizes = fc.constantFrom(1, 1, 1e-3, 1e-33, 1e33);
        fc.assert(
          fc.property(
            settings,
            sizes,
            gradientSizes,
            fc.nat(31),
            seeds,
            (setting, size, gradientSize, wanted, seed) => {
              const { rows, n, centered, sum } = setting;
              const next = random(seed);
              const x = numbers(Store, rows * n, next, size, 2);
              const dy = numbers(Store, rows * n, next, gradientSize, 0.25);
              const gamma = wanted & 1 ? numbers(Store, n, next, 2) : 0;
              const ofRoot = wanted & 2 ? numbers(Store, rows, next, gradientSize) : 0;
              const { measures } = normalize(x, 0, 0, setting);

              clear();
              const [dx, dgamma, dbeta] = [
                new Store(rows * n),
                new Float64Array(n).fill(1),
                new Float64Array(n).fill(2),
              ];
              const at = ([dy, x, gamma, measures] as const).map((values) => values && place(values));
              const [atX, atGamma, atBeta, atRoot] = [
                wanted & 4 ? place(dx) : 0,
                wanted & 8 ? place(dgamma) : 0,
                wanted & 16 ? place(dbeta) : 0,
                ofRoot && place(ofRoot),
              ];
              const [d, v, g, m] = at as [number, number, number, number];
              const room = roomFor(n);
              const work = place(room);
              backward(d, v, g, m, atX, atGamma, atBeta, atRoot, work, rows, n, +centered, +sum);
              read(work, room);

              const share = sum ? 1 : 1 / n;
              const [sumsOfGain, sumsOfShift] = [new Array<number>(n).fill(1), new Array<number>(n).fill(2)];
              const [roomOfGain, roomOfShift] = [
                new Array<number>(n).fill(0),
                new Array<number>(n).fill(2 ** -51),
              ];
              const out = atX ? read(atX, dx) : dx;
              rowsOf(x, n).forEach((values, i) => {
                const { unit: xHat, root, live } = row(values, setting);
                const seedRow = [...dy.subarray(i * n, (i + 1) * n)];
                const pulled = seedRow.map((value, j) => value * (gamma ? gamma[j]! : 1));
                const offset = centered ? mean(pulled) : 0;
                const dot = (f: (value: number, unitValue: number) => number): number =>
                  share * pulled.reduce((total, value, j) => total + f(value, xHat[j]!), 0);
                const radial = live * dot((value, u) => value * u);
                const push = live * (ofRoot ? ofRoot[i]! : 0) * share;
                const spread = dot((value, u) => Math.abs(value) * (9 * Math.abs(u) + 2));
                const level = centered ? mean(pulled.map(Math.abs)) : 0;
                const along = Math.abs(radial) + Math.abs(push) * root;
                xHat.forEach((u, j) => {
                  const rough = Math.abs(u);
                  const value = (pulled[j]! - u * radial - offset) / root + push * u;
                  // Five roundings of what is added, those of x̂, and those of the sums.
                  const terms = 5 * (Math.abs(pulled[j]!) + level + rough * along) + (5 * rough + 2) * along;
                  const bound = (terms + rough * Math.max(1, live) * spread) / root;
                  // What gradients lose below the smallest normal number is divided by N as well.
                  const lost = least * (1 + (4 + (gamma ? 1 : 0)) / root);
                  if (atX) within(out[i * n + j]!, value, 1.01 * unit * rounds(n) * bound + lost);
                  sumsOfGain[j]! += seedRow[j]! * u;
                  roomOfGain[j]! += Math.abs(seedRow[j]!) * ((6 + gathers) * rough + 2);
                  sumsOfShift[j]! += seedRow[j]!;
                  roomOfShift[j]! += Math.abs(seedRow[j]!) * gathers * unit;
                });
              });
              if (atGamma)
                read(atGamma, dgamma).forEach((value, j) =>
                  within(
                    value,
                    sumsOfGain[j]!,
                    1.01 * unit * rounds(n) * roomOfGain[j]! + 4 * rows * least + 2 ** -50,
                  ),
                );
              if (atBeta)
                read(atBeta, dbeta).forEach((value, j) =>
                  within(value, sumsOfShift[j]!, 1.01 * roomOfShift[j]!),
                );
            },
          ),
        );
      });

      it('accumulate gradients whose partial sums overflow float32', () => {
        const [rows, n] = [3, 4];
        const most = 3e38;
        const setting: Setting = { rows, n, centered: true, sum: false, bound: 0, epsilon: 0 };
        const x = Store.of(1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1);
        const dy = Store.of(most, -most, 0, 0, most, -most, 0, 1, -most, most, 0, 0);
        const { measures } = normalize(x, 0, 0, setting);
        for (const inPlace of [false, true]) {
          clear();
          const at = [dy, x, new Store(n).fill(0.5), measures].map(place) as [number, number, number, number];
          const sums = [place(new Float64Array(n).fill(1)), place(new Float64Array(n))] as const;
          backward(...at, inPlace ? at[0] : place(x), ...sums, 0, place(roomFor(n)), rows, n, 1, 0);
          expect([...read(sums[0], new Float64Array(n))]).to.deep.equal([dy[0]!, -dy[0]!, 1, 0]);
          expect([...read(sums[1], new Float64Array(n))]).to.deep.equal([dy[0]!, -dy[0]!, 0, 1]);
        }
      });

      it('write dx over dy, and skip far rows', () => {
        const setting: Setting = { rows: 4, n: 13, centered: true, sum: false, bound: 0, epsilon: 1e-5 };
        const [rows, n] = [4, 13];
        const x = numbers(Store, rows * n, random(1));
        const dy = numbers(Store, rows * n, random(2));
        const gamma = numbers(Store, n, random(3));
        const { measures } = normalize(x, 0, 0, setting);
        measures[MEASURES + FAR] = 1;
        for (const inPlace of [false, true]) {
          for (const gain of [gamma, 0] as const) {
            clear();
            const sums = [place(new Float64Array(n)), place(new Float64Array(n))] as const;
            const [d, other] = [place(dy), place(dy)];
            const at = ([x, gain, measures] as const).map((values) => values && place(values)) as [
              number,
              number,
              number,
            ];
            backward(d, ...at, inPlace ? d : other, ...sums, 0, place(roomFor(n)), rows, n, 1, 0);
            const dx = read(inPlace ? d : other, dy);
            expect(dx.subarray(n, 2 * n)).to.deep.equal(dy.subarray(n, 2 * n));
            const total = read(sums[1], new Float64Array(n));
            total.forEach((value, j) =>
              within(value, dy[j]! + dy[2 * n + j]! + dy[3 * n + j]!, 3 * gathers * unit),
            );
            if (inPlace) expect(dx).to.deep.equal(read(other, dy).map((_, j) => dx[j]!));
            else expect(dx).not.to.deep.equal(dy);
          }
        }
      });
    });
  }
}

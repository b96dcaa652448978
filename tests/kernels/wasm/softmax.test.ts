import { expect } from 'chai';
import fc from 'fast-check';
import { laboratories, random } from './laboratory.js';
import { within } from './normalization.js';

const UNIT = 2 ** -24;

/** Softmax of a row and its parts, in float64. */
function shares(x: readonly number[]) {
  const most = Math.max(...x);
  const powers = x.map((value) => Math.exp(value - most));
  // Small powers are added apart from the one that is 1, so that the logarithm keeps their digits.
  const at = x.indexOf(most);
  const rest = powers.reduce((total, power, j) => (j === at ? total : total + power), 0);
  // Of every power but that: the rounding of x − most counts |x − most|-fold, and that of the power itself twice;
  // the kernel adds to 1 in float64.
  const off = x.reduce((total, value, j) => total + (j === at ? 0 : powers[j]! * (most - value + 3)), 0);
  const y = powers.map((power) => power / (1 + rest));
  return { most, y, log: Math.log1p(rest), slack: (UNIT * off) / (1 + rest) + 2 ** -52 * x.length };
}

const rowsOf = (values: Float32Array, n: number): number[][] =>
  Array.from({ length: values.length / n }, (_, i) => [...values.subarray(i * n, (i + 1) * n)]);

const drawn = fc.record({
  rows: fc.integer({ min: 1, max: 4 }),
  // Rows of eight have a loop of their own.
  n: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 70 }) }, fc.constant(8)),
  size: fc.constantFrom(1, 10, 200, 1e-3),
  far: fc.constantFrom(0, 1e4, -1e4),
  seed: fc.integer(),
});

for (const [build, { kernels, clear, place, read }] of laboratories()) {
  describe(`the ${build} kernels of softmax`, () => {
    it('compute softmax, its logarithm and logSumExp within a few roundings', () => {
      fc.assert(
        fc.property(drawn, ({ rows, n, size, far, seed }) => {
          const next = random(seed);
          const x = new Float32Array(rows * n).map(() => size * (2 * next() - 1) + far);
          clear();
          const [atX, atY, atLog] = [place(x), place(x), place(x)];
          const totals = new Float64Array(rows);
          const atTotals = place(totals);
          kernels.softmax32(atX, atY, rows, n, 1);
          kernels.logSoftmax32(atX, atLog, rows, n);
          kernels.logSumExp32(atX, atTotals, rows, n);
          const [y, logs, sums] = [read(atY, x), read(atLog, x), read(atTotals, totals)];
          kernels.softmax32(atX, atX, rows, n, 1);
          expect(read(atX, x)).to.deep.equal(y);
          rowsOf(x, n).forEach((row, i) => {
            const expected = shares(row);
            within(
              sums[i]!,
              expected.most + expected.log,
              expected.slack + 2 ** -51 * (Math.abs(far) + size),
            );
            row.forEach((value, j) => {
              const apart = value - expected.most;
              // x − most rounds, by so much of the power.
              const open = UNIT * (6 + Math.abs(apart)) * expected.y[j]! + 2 ** -148;
              within(y[i * n + j]!, expected.y[j]!, open + UNIT * 4 * expected.y[j]!);
              const log = apart - expected.log;
              within(
                logs[i * n + j]!,
                log,
                expected.slack + UNIT * (2 * Math.abs(apart) + 2 * expected.log + Math.abs(log)),
              );
            });
          });
        }),
      );
    });

    it('compute gradients, also fused with the cross-entropy', () => {
      fc.assert(
        fc.property(drawn, ({ rows, n, size, far, seed }) => {
          const next = random(seed);
          const x = new Float32Array(rows * n).map(() => size * (2 * next() - 1) + far);
          const g = x.map(() => 2 * next() - 0.5);
          const labels = new Int32Array(rows).map(() => Math.floor(next() * n));
          clear();
          const losses = new Float64Array(rows);
          const [atX, atY, atLog, atG] = [place(x), place(x), place(x), place(g)];
          const [atBack, atLogBack, atDx, atLosses] = [place(x), place(x), place(x), place(losses)];
          kernels.softmax32(atX, atY, rows, n, 1);
          kernels.logSoftmax32(atX, atLog, rows, n);
          kernels.softmaxBack32(atG, atY, atBack, rows, n);
          kernels.logSoftmaxBack32(atG, atLog, atLogBack, rows, n);
          kernels.crossEntropy32(atX, place(labels), atLosses, atDx, rows, n, 0.25);
          const [back, logBack, dx] = [read(atBack, x), read(atLogBack, x), read(atDx, x)];
          const [ys, logs, loss] = [read(atY, x), read(atLog, x), read(atLosses, losses)];
          rowsOf(x, n).forEach((row, i) => {
            const { y, log, most, slack } = shares(row);
            const seeds = [...g.subarray(i * n, (i + 1) * n)];
            const total = seeds.reduce((sum, value) => sum + value, 0);
            const [own, ownLogs] = [ys.subarray(i * n), logs.subarray(i * n)];
            const inward = seeds.reduce((sum, value, j) => sum + value * own[j]!, 0);
            const label = labels[i]!;
            const right = log - (row[label]! - most);
            within(loss[i]!, right, slack + 2 ** -50 * (Math.abs(far) + size));
            seeds.forEach((value, j) => {
              const at = i * n + j;
              const open = UNIT * 4 * own[j]! * (Math.abs(value) + Math.abs(inward)) + 2 ** -149;
              within(back[at]!, own[j]! * (value - inward), open);
              const share = Math.exp(ownLogs[j]!);
              const pulled = value - share * total;
              within(
                logBack[at]!,
                pulled,
                UNIT * (Math.abs(pulled) + 6 * share * Math.abs(total)) + 2 ** -148,
              );
              const others = y.reduce((sum, p, l) => (l === label ? sum : sum + p), 0);
              const expected = 0.25 * (j === label ? -others : y[j]!);
              // The power and the sum, as above: no x is further than twice the size from the largest.
              const spread = 10 + 2 * (2 * size);
              within(
                dx[at]!,
                expected,
                UNIT * spread * Math.abs(expected) + (j === label ? 2 ** -52 * n : 2 ** -148),
              );
            });
          });
        }),
      );
    });

    it('give rows of eight the bits that a longer row has, whose other powers are 0', () => {
      const bits = (from: readonly number[]) => {
        const x = Float32Array.from(from);
        clear();
        const [atX, atY] = [place(x), place(x)];
        kernels.softmax32(atX, atY, 1, x.length, 1);
        return [...read(atY, x)].slice(0, 8);
      };
      const next = random(3);
      const rows = Array.from({ length: 50 }, (_, i) =>
        Array.from({ length: 8 }, () => (i % 5 ? 1 : 200) * (2 * next() - 1)),
      );
      rows.push(
        [1, NaN, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, -Infinity],
        [0, 0, 0, 0, Infinity, 0, 0, 0],
      );
      // A NaN at every place, next to numbers whose powers take the longer way.
      for (const other of [1, -300, 300, Infinity, -Infinity])
        for (let at = 0; at < 8; at++) {
          const row = Array.from({ length: 8 }, (_, i) => (i === at ? NaN : i % 3 ? other : 1));
          expect(bits(row).every(Number.isNaN)).to.equal(true);
          rows.push(row);
        }
      for (const row of rows)
        expect(bits(row)).to.deep.equal(bits([...row, ...Array<number>(4).fill(-Infinity)]));
    });

    it('multiply by a steepness after the largest x is subtracted', () => {
      const next = random(4);
      for (const n of [7, 8]) {
        const x = new Float32Array(3 * n).map(() => 4 * next() - 2);
        const bits = (values: Float32Array, steepness: number) => {
          clear();
          const [atX, atY] = [place(values), place(values)];
          kernels.softmax32(atX, atY, 3, n, steepness);
          return [...read(atY, values)];
        };
        // Twice a number is exact; an offset that would overflow with it is not there any more.
        expect(bits(x, 2)).to.deep.equal(
          bits(
            x.map((value) => 2 * value),
            1,
          ),
        );
        const most = new Float32Array(3 * n).fill(2 ** 127);
        expect(bits(most, 4)).to.deep.equal(bits(most, 1));
      }
    });

    it('take the limits for rows of −∞, infinities among numbers, and masked elements', () => {
      clear();
      const x = Float32Array.of(-Infinity, -Infinity, -Infinity, 1, Infinity, 2, 0, -Infinity, 0, NaN, 0, 0);
      const totals = new Float64Array(4);
      const [atX, atY, atTotals] = [place(x), place(x), place(totals)];
      kernels.softmax32(atX, atY, 4, 3, 1);
      kernels.logSumExp32(atX, atTotals, 4, 3);
      expect([...read(atY, x).subarray(0, 3)].every(Number.isNaN)).to.equal(true);
      expect([...read(atY, x).subarray(6, 9)]).to.deep.equal([0.5, 0, 0.5]);
      expect([...read(atY, x).subarray(9)].every(Number.isNaN)).to.equal(true);
      expect([...read(atTotals, totals)]).to.deep.equal([-Infinity, Infinity, Math.log(2), NaN]);
      kernels.logSoftmax32(atX, atY, 4, 3);
      expect([...read(atY, x).subarray(6, 9)]).to.deep.equal([
        Math.fround(-Math.log(2)),
        -Infinity,
        Math.fround(-Math.log(2)),
      ]);
    });
  });
}

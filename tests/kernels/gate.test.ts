import { expect } from 'chai';
import fc from 'fast-check';
import { kernelInfo, setKernels } from '../../src/kernels/index.js';
import * as js from '../../src/kernels/js/index.js';
import type { Kernels } from '../../src/kernels/kernels.js';
import * as wasm from '../../src/kernels/wasm/index.js';
import { ranCompiled, withoutRoom } from './fallbacks.js';
import { within } from './wasm/normalization.js';

// a φ(z) for φ(z) = z σ(z) or σ(z), and its backward pass.

type Table = Pick<Kernels, 'gate' | 'gateBack'>;

const moderate = fc.double({ noNaN: true, noDefaultInfinity: true, min: -30, max: 30 });
const cases = fc.record({
  Store: fc.constantFrom(Float32Array, Float64Array),
  isSilu: fc.boolean(),
  // z beyond 87 takes the longer way.
  rows: fc.array(fc.tuple(moderate, fc.oneof(moderate, fc.constantFrom(-100, -88, 0, 88, 100)), moderate), {
    minLength: 1,
    maxLength: 11,
  }),
});

function run(
  table: Table,
  Store: typeof Float32Array | typeof Float64Array,
  isSilu: boolean,
  rows: number[][],
) {
  const [a, z, g] = [0, 1, 2].map((k) => Store.from(rows.map((row) => row[k]!)));
  const [t, y, ofA, ofZ] = Array.from({ length: 4 }, () => new Store(rows.length).fill(7));
  table.gate(isSilu, a!, z!, t!, y!);
  const isFinite = table.gateBack(isSilu, a!, z!, t!, g!, { ofA: ofA!, ofZ: ofZ! });
  return { a: a!, z: z!, g: g!, y: y!, ofA: ofA!, ofZ: ofZ!, isFinite };
}

const demand = (table: Table) =>
  fc.assert(
    fc.property(cases, ({ Store, isSilu, rows }) => {
      const { a, z, g, y, ofA, ofZ } = run(table, Store, isSilu, rows);
      const [unit, tiny] = Store === Float32Array ? [2 ** -24, 2 ** -140] : [2 ** -53, 2 ** -1060];
      a.forEach((value, i) => {
        const [at, dy] = [z[i]!, g[i]!];
        const [open, closed] = [1 / (1 + Math.exp(-at)), 1 / (1 + Math.exp(at))];
        const φ = isSilu ? at * open : open;
        const parts = isSilu ? [open, at * open * closed] : [open * closed];
        const slope = parts.reduce((sum, part) => sum + part);
        const size = parts.reduce((sum, part) => sum + Math.abs(part), 0);
        within(y[i]!, value * φ, 16 * unit * Math.abs(value * φ) + 100 * tiny);
        within(ofA[i]!, dy * φ, 16 * unit * Math.abs(dy * φ) + 100 * tiny);
        within(ofZ[i]!, dy * value * slope, 32 * unit * Math.abs(dy * value) * size + 1000 * tiny);
      });
    }),
  );

describe('the kernels of a gate', () => {
  const before = kernelInfo().kernels;
  afterEach(() => setKernels(before));

  it('match a φ(z) and its derivatives', () => demand(js));

  for (const set of kernelInfo().available) {
    it(`match them with the kernels ${set}`, () => {
      setKernels(set);
      demand(wasm);
    });

    it(`take limits at infinity with the kernels ${set}`, () => {
      setKernels(set);
      for (const Store of [Float32Array, Float64Array]) {
        const rows = [-Infinity, Infinity, -Infinity, Infinity, -Infinity].map((at) => [2, at, 3]);
        const silu = run(wasm, Store, true, rows);
        expect([...silu.y]).to.deep.equal([0, Infinity, 0, Infinity, 0]);
        expect([...silu.ofA].map(Math.abs)).to.deep.equal([0, Infinity, 0, Infinity, 0]);
        expect([...silu.ofZ]).to.deep.equal([0, 6, 0, 6, 0]);
        const [half] = run(wasm, Store, true, [[1, Infinity, 0.5]]).ofA;
        expect(half).to.equal(Infinity);
        const sigmoid = run(wasm, Store, false, rows);
        expect([...sigmoid.y]).to.deep.equal([0, 2, 0, 2, 0]);
        expect([...sigmoid.ofA]).to.deep.equal([0, 3, 0, 3, 0]);
        expect([...sigmoid.ofZ]).to.deep.equal([0, 0, 0, 0, 0]);
        expect([...run(wasm, Store, true, [[1, NaN, 1]]).y]).to.deep.equal([NaN]);
      }
    });
  }

  for (const set of kernelInfo().available) {
    it(`say that gradients are finite only if they are, with the kernels ${set}`, () => {
      setKernels(set);
      const looksAt = (Store: typeof Float32Array | typeof Float64Array) =>
        set !== 'js' && Store === Float32Array;
      for (const [Store, large] of [[Float32Array, 2 ** 127] as const, [Float64Array, 2 ** 1023] as const])
        for (const length of [1, 4, 7])
          for (let at = 0; at < length; at++) {
            const among = (row: number[]) => Array.from({ length }, (_, i) => (i === at ? row : [1, 1, 1]));
            // The gradient of a overflows, then that of z, then both are NaN.
            for (const row of [
              [0, 8, large],
              [large, 1, 4],
              [NaN, 1, 1],
              [1, 1, NaN],
            ])
              expect(run(wasm, Store, true, among(row)).isFinite, `${row} at ${at}`).to.equal(false);
            expect(run(wasm, Store, true, among([0.5, 1, large])).isFinite).to.equal(looksAt(Store));
            expect(run(wasm, Store, false, among([0.5, Infinity, large])).isFinite).to.equal(looksAt(Store));
          }
    });

    it(`round a number alike among others, however small its power, with the kernels ${set}`, () => {
      setKernels(set);
      const random = (i: number) => 3 * Math.sin(7 * i + 1);
      for (const isSilu of [true, false]) {
        const rows = Array.from({ length: 777 }, (_, i) => [random(i), random(3 * i), random(5 * i)]);
        const plain = run(wasm, Float32Array, isSilu, rows);
        for (const [place, z] of [0, 63, 64, 600, 776].flatMap((i) =>
          [-Infinity, -88, 90, NaN].map((z) => [i, z] as const),
        )) {
          const others = rows.map((row, i) => (i === place ? [row[0]!, z, row[2]!] : row));
          const result = run(wasm, Float32Array, isSilu, others);
          const alone = run(wasm, Float32Array, isSilu, [others[place]!]);
          for (const part of ['y', 'ofA', 'ofZ'] as const) {
            const expected = plain[part].slice();
            expected[place] = alone[part][0]!;
            expect([...result[part]]).to.deep.equal([...expected]);
          }
        }
      }
    });
  }

  it('run compiled for float32, and in JavaScript without room', function () {
    if (!kernelInfo().available.includes('wasm')) return this.skip();
    setKernels('wasm');
    const rows = [[1, 2, 3]];
    expect(ranCompiled(() => void run(wasm, Float32Array, true, rows))).to.equal(true);
    expect(ranCompiled(() => void run(wasm, Float64Array, true, rows))).to.equal(false);
    withoutRoom(() => demand(wasm));
  });
});

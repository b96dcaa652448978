import { expect } from 'chai';
import fc from 'fast-check';
import { kernelInfo, setKernels } from '../../src/kernels/index.js';
import * as js from '../../src/kernels/js/index.js';
import type { Kernels } from '../../src/kernels/kernels.js';
import * as wasm from '../../src/kernels/wasm/index.js';
import { ranCompiled, withoutRoom } from './fallbacks.js';
import { random } from './wasm/laboratory.js';
import { numbers, within } from './wasm/normalization.js';

// Σ x w and a (t s + c) over the parts of rows, and their backward passes.

type Table = Pick<Kernels, 'partDots' | 'partDotsBack' | 'partGains' | 'partGainsBack'>;

const layouts = fc.record({
  Store: fc.constantFrom(Float32Array, Float64Array),
  // More than are added in float32 before they are added in float64.
  rows: fc.integer({ min: 1, max: 19 }),
  groups: fc.integer({ min: 1, max: 3 }),
  m: fc.integer({ min: 1, max: 11 }),
  seed: fc.integer(),
});

type Layout = typeof layouts extends fc.Arbitrary<infer L> ? L : never;

function run(table: Table, { Store, rows, groups, m, seed }: Layout) {
  const next = random(seed);
  const n = groups * m;
  const drawn = (length: number) => numbers(Store, length, next, 2);
  const [x, g, s, c] = [drawn(rows * n), drawn(rows * n), drawn(n), drawn(n)];
  const t = Float64Array.from({ length: rows * groups }, () => next() - 0.5);
  // Sums that are accumulated start at 1, results that are written at 7.
  const wide = (length: number, start: number) => new Float64Array(length).fill(start);
  const own = (start: number) => new Store(x.length).fill(start);
  const made = {
    dots: wide(t.length, 7),
    ofX: own(1),
    ofW: wide(n, 1),
    y: own(7),
    ofA: own(7),
    ofT: wide(t.length, 7),
    ofS: wide(n, 1),
    ofC: wide(n, 1),
  };
  table.partDots(x, s, groups, made.dots);
  table.partDotsBack(x, s, groups, t, made.ofX, made.ofW);
  const task = { a: x, t, s, c, groups };
  table.partGains(task, made.y);
  table.partGainsBack(task, g, made);
  return { x, g, s, c, t, made };
}

/** Sums of terms, and of their sizes. */
class Sums {
  readonly sums: Float64Array;
  readonly sizes: Float64Array;

  constructor(length: number, start: number) {
    [this.sums, this.sizes] = [new Float64Array(length).fill(start), new Float64Array(length).fill(start)];
  }

  add(place: number, term: number): void {
    this.sums[place]! += term;
    this.sizes[place]! += Math.abs(term);
  }

  agree(actual: ArrayLike<number>, unit: number): void {
    this.sums.forEach((sum, i) => within(actual[i]!, sum, unit * this.sizes[i]!));
  }
}

const demand = (table: Table) =>
  fc.assert(
    fc.property(layouts, (layout) => {
      const { x, g, s, c, t, made } = run(table, layout);
      const { groups, m, Store } = layout;
      const n = groups * m;
      const u = Store === Float32Array ? 2 ** -24 : 2 ** -53;
      const [dots, ofT] = [new Sums(t.length, 0), new Sums(t.length, 0)];
      const [ofW, ofS, ofC] = [new Sums(n, 1), new Sums(n, 1), new Sums(n, 1)];
      x.forEach((value, p) => {
        const [i, row] = [p % n, Math.floor(p / n)];
        const part = row * groups + Math.floor(i / m);
        const [dy, weight, added, factor] = [g[p]!, s[i]!, c[i]!, t[part]!];
        const by = Math.abs(factor * weight) + Math.abs(added);
        within(made.ofX[p]!, 1 + factor * weight, 4 * u * (1 + Math.abs(factor * weight)));
        within(made.y[p]!, value * (factor * weight + added), 4 * u * Math.abs(value) * by);
        within(made.ofA[p]!, dy * (factor * weight + added), 4 * u * Math.abs(dy) * by);
        dots.add(part, value * weight);
        ofT.add(part, dy * value * weight);
        ofW.add(i, factor * value);
        ofS.add(i, factor * dy * value);
        ofC.add(i, dy * value);
      });
      // Products of two float32 are exact in float64.
      dots.agree(made.dots, 2 ** -48);
      ofT.agree(made.ofT, 4 * u);
      ofW.agree(made.ofW, 16 * u);
      ofS.agree(made.ofS, 16 * u);
      ofC.agree(made.ofC, 16 * u);
    }),
  );

describe('the kernels over parts of rows', () => {
  const before = kernelInfo().kernels;
  afterEach(() => setKernels(before));

  it('match Σ x w, a (t s + c), and their derivatives', () => demand(js));

  for (const set of kernelInfo().available)
    it(`match them with the kernels ${set}`, () => {
      setKernels(set);
      demand(wasm);
    });

  it('run compiled for float32, and in JavaScript without room', function () {
    if (!kernelInfo().available.includes('wasm')) return this.skip();
    setKernels('wasm');
    fc.assert(
      fc.property(layouts, (layout) => {
        expect(ranCompiled(() => void run(wasm, layout))).to.equal(layout.Store === Float32Array);
      }),
    );
    withoutRoom(() => demand(wasm));
  });
});

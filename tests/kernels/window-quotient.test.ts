import { expect } from 'chai';
import fc from 'fast-check';
import { kernelInfo, setKernels } from '../../src/kernels/index.js';
import * as js from '../../src/kernels/js/index.js';
import type { Kernels } from '../../src/kernels/kernels.js';
import * as wasm from '../../src/kernels/wasm/index.js';
import { ranCompiled, withoutRoom } from './fallbacks.js';
import { random } from './wasm/laboratory.js';
import { numbers, within } from './wasm/normalization.js';

// x / (offset + Σ (factor x)²)^(quarters / 4) over windows of rows, and its backward pass.

type Table = Pick<Kernels, 'overWindow' | 'overWindowBack'>;

const layouts = fc.record({
  Store: fc.constantFrom(Float32Array, Float64Array),
  rows: fc.integer({ min: 1, max: 4 }),
  n: fc.integer({ min: 1, max: 20 }),
  before: fc.integer({ min: 0, max: 6 }),
  after: fc.integer({ min: 0, max: 6 }),
  factor: fc.constantFrom(0.5, 1, 1.5),
  offset: fc.constantFrom(0.25, 1, 2),
  quarters: fc.integer({ min: 1, max: 7 }),
  seed: fc.integer(),
});

type Layout = typeof layouts extends fc.Arbitrary<infer L> ? L : never;

function run(table: Table, { Store, rows, n, before, after, factor, offset, quarters, seed }: Layout) {
  const next = random(seed);
  const [x, gradient] = [0, 1].map(() => numbers(Store, rows * n, next, 2)) as [Float32Array, Float32Array];
  const [r, d, y, ofX] = Array.from({ length: 4 }, () => new Store(x.length).fill(7)) as Float32Array[];
  const task = { n, before, length: before + 1 + after, factor, offset, quarters };
  table.overWindow(x, task, r!, d!, y!);
  table.overWindowBack(x, task, r!, d!, gradient, ofX!);
  return { x, gradient, y: y!, ofX: ofX! };
}

const demand = (table: Table) =>
  fc.assert(
    fc.property(layouts, (layout) => {
      const { n, before, after, factor, offset, quarters } = layout;
      const { x, gradient, y, ofX } = run(table, layout);
      const unit = layout.Store === Float32Array ? 2 ** -24 : 2 ** -53;
      const p = quarters / 4;
      const near = (at: number, back: number, on: number) =>
        [...Array(n).keys()]
          .map((i) => at - (at % n) + i)
          .filter((other) => other >= at - back && other <= at + on);
      const D = [...x].map((_, at) =>
        near(at, before, after).reduce((sum, k) => sum + (factor * x[k]!) ** 2, offset),
      );
      x.forEach((value, at) => {
        const expected = value / D[at]! ** p;
        within(y[at]!, expected, 32 * unit * Math.abs(expected));
        const terms = near(at, after, before).map(
          (k) => (-2 * p * gradient[k]! * x[k]! * factor ** 2 * value) / D[k]! ** (p + 1),
        );
        const all = [gradient[at]! / D[at]! ** p, ...terms];
        const size = all.reduce((sum, term) => sum + Math.abs(term), 0);
        within(
          ofX[at]!,
          all.reduce((a, b) => a + b),
          48 * unit * size,
        );
      });
    }),
  );

describe('the kernels of a quotient by windows', () => {
  const before = kernelInfo().kernels;
  afterEach(() => setKernels(before));

  it('match their definition', () => demand(js));

  for (const set of kernelInfo().available)
    it(`match it with the kernels ${set}`, () => {
      setKernels(set);
      demand(wasm);
    });

  it('mark what is too far from 1, and all windows that hold it', () => {
    const task = { n: 7, before: 1, length: 2, factor: 1, offset: 1, quarters: 3 };
    for (const [Store, far] of [
      [Float32Array, 2 ** 63],
      [Float64Array, 2 ** 511],
    ] as const)
      for (const table of [js, wasm]) {
        const x = Store.of(1, 1, far, 1, 1, 1, 1);
        const [r, d, y, ofX] = Array.from({ length: 4 }, () => x.slice());
        table.overWindow(x, task, r!, d!, y!);
        table.overWindowBack(x, task, r!, d!, x.slice().fill(1), ofX!);
        const isMarked = (a: typeof x) => Array.from(a, Number.isNaN);
        expect(isMarked(y!)).to.deep.equal([false, false, true, true, false, false, false]);
        expect(isMarked(ofX!)).to.deep.equal([false, true, true, true, false, false, false]);
      }
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

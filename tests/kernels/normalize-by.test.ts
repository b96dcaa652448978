import { expect } from 'chai';
import fc from 'fast-check';
import { CENTER, MEASURES, ROOT, SCALE, kernelInfo, setKernels } from '../../src/kernels/index.js';
import * as js from '../../src/kernels/js/index.js';
import type { Kernels } from '../../src/kernels/kernels.js';
import type { Task } from '../../src/kernels/measures.js';
import * as wasm from '../../src/kernels/wasm/index.js';
import { ranCompiled, withoutRoom } from './fallbacks.js';
import { random } from './wasm/laboratory.js';
import { numbers, within } from './wasm/normalization.js';

// γ (x − x̄) / N + β by statistics that are given, the sums of its backward pass, and that.

type Table = Pick<Kernels, 'normalizeBy' | 'pullBy' | 'normalizeByBack'>;

const layouts = fc.record({
  Store: fc.constantFrom(Float32Array, Float64Array),
  // More than are added in float32 before they are added in float64.
  outer: fc.integer({ min: 1, max: 20 }),
  n: fc.integer({ min: 2, max: 70 }),
  inner: fc.constantFrom(1, 1, 1, 3),
  gained: fc.boolean(),
  shifted: fc.boolean(),
  // Beyond 2¹⁰⁰, and with an N below 2⁻¹⁰⁰, a row is computed in float64.
  size: fc.constantFrom(1, 1e-20, 1e20, 1e-33, 1e33),
  // Whether the mean does not fit float32.
  center: fc.constantFrom(0, 1, 1 + 2 ** -30),
  seed: fc.integer(),
});

type Layout = typeof layouts extends fc.Arbitrary<infer L> ? L : never;

function taskOf({ Store, outer, n, inner, gained, shifted, size, center, seed }: Layout) {
  const next = random(seed);
  const groups = outer * inner;
  const x = numbers(Store, groups * n, next, size, center);
  const measures = new Float64Array(groups * MEASURES);
  const run = inner === 1 ? 1 : groups;
  const [means, lengths] = [0, 1].map(() => Float64Array.from({ length: groups }, next)) as [
    Float64Array,
    Float64Array,
  ];
  for (let group = 0; group < groups; group++) {
    const at = inner === 1 ? group * MEASURES : group;
    means[group] = size * (center + means[group]! / 4);
    lengths[group] = size * (0.5 + lengths[group]!);
    measures[at + CENTER * run] = means[group]!;
    measures[at + ROOT * run] = lengths[group]!;
    measures[at + SCALE * run] = 1;
  }
  const weights = inner === 1 ? n : inner;
  const weight = (has: boolean) => (has ? numbers(Store, weights, next, 2) : undefined);
  const task: Task = {
    x,
    groups: { outer, n, inner },
    recipe: { centered: true, total: 'mean', bound: 'added', epsilon: 0 },
    measures,
    gain: weight(gained),
    shift: weight(shifted),
  };
  const taken = Float64Array.from({ length: 2 * groups }, () => next() - 0.5);
  return { task, means, lengths, taken, gradient: numbers(Store, groups * n, next, 1), weights };
}

function run(table: Table, layout: Layout) {
  const all = taskOf(layout);
  const { task, taken, gradient, weights } = all;
  const own = () => new layout.Store(task.x.length).fill(7);
  const [y, ofX, sums] = [own(), own(), new Float64Array(taken.length).fill(7)];
  // Those of weights are added to what is there.
  const [ofGain, ofShift] = [task.gain, task.shift].map((w) => w && new Float64Array(weights).fill(1));
  table.normalizeBy(task, y);
  table.pullBy(task, gradient, sums);
  table.normalizeByBack(task, gradient, taken, { ofX, ofGain, ofShift });
  return { ...all, y, ofX, sums, ofGain, ofShift };
}

const demand = (table: Table) =>
  fc.assert(
    fc.property(layouts, (layout) => {
      const { task, means, lengths, taken, gradient, weights, ...made } = run(table, layout);
      const { n, inner } = task.groups;
      const u = layout.Store === Float32Array ? 2 ** -24 : 2 ** -53;
      const wanted = { sums: taken.map(() => 0), sizes: taken.map(() => 0) };
      const [gains, shifts, sizes] = [0, 1, 2].map(() => new Float64Array(weights)) as [
        Float64Array,
        Float64Array,
        Float64Array,
      ];
      task.x.forEach((value, p) => {
        const group = Math.floor(p / (n * inner)) * inner + (p % inner);
        const w = inner === 1 ? p % n : p % inner;
        const [mean, N, dy] = [means[group]!, lengths[group]!, gradient[p]!];
        const [γ, β] = [task.gain?.[w] ?? 1, task.shift?.[w] ?? 0];
        const unit = (value - mean) / N;
        // x may lie far from its mean, and the mean from 0.
        const lost = u * (Math.abs(unit) + 1);
        within(made.y[p]!, γ * unit + β, 8 * lost * Math.abs(γ) + 4 * u * Math.abs(β));
        const [P, Q] = [taken[group]!, taken[lengths.length + group]!];
        const parts = [γ * dy, P, Q * unit];
        const most = parts.reduce((sum, part) => sum + Math.abs(part), 0) + Math.abs(Q);
        within(made.ofX[p]!, (γ * dy - P - Q * unit) / N, (16 * u * most) / N);
        [γ * dy, γ * dy * unit].forEach((term, k) => {
          wanted.sums[k * lengths.length + group]! += term;
          wanted.sizes[k * lengths.length + group]! += Math.abs(γ * dy) * (Math.abs(unit) + 1);
        });
        gains[w]! += dy * unit;
        shifts[w]! += dy;
        sizes[w]! += Math.abs(dy) * (Math.abs(unit) + 1);
      });
      wanted.sums.forEach((sum, i) => within(made.sums[i]!, sum, 16 * u * wanted.sizes[i]!));
      made.ofGain?.forEach((sum, w) => within(sum, 1 + gains[w]!, 32 * u * (sizes[w]! + 1)));
      made.ofShift?.forEach((sum, w) => within(sum, 1 + shifts[w]!, 32 * u * (sizes[w]! + 1)));
    }),
  );

describe('the kernels that normalize by given statistics', () => {
  const before = kernelInfo().kernels;
  afterEach(() => setKernels(before));

  it('match γ (x − x̄) / N + β and its backward pass', () => demand(js));

  for (const set of kernelInfo().available)
    it(`match them with the kernels ${set}`, () => {
      setKernels(set);
      demand(wasm);
    });

  it('give 0 if N is infinite', () => {
    for (const table of [js, wasm])
      for (const Store of [Float32Array, Float64Array]) {
        const layout = { Store, outer: 3, n: 6, inner: 1, gained: true, shifted: false } as const;
        const all = taskOf({ ...layout, size: 1, center: 0, seed: 1 });
        for (let row = 0; row < 3; row++) all.task.measures[row * MEASURES + ROOT] = Infinity;
        const [y, ofX, sums] = [all.task.x.slice(), all.task.x.slice(), new Float64Array(6)];
        table.normalizeBy(all.task, y);
        table.pullBy(all.task, all.gradient, sums);
        table.normalizeByBack(all.task, all.gradient, new Float64Array(6), { ofX });
        expect([...y, ...ofX].every((value) => value === 0)).to.equal(true);
        for (const k of [3, 4, 5]) expect(Math.abs(sums[k]!)).to.equal(0);
      }
  });

  it('run compiled for rows of float32, and in JavaScript without room', function () {
    if (!kernelInfo().available.includes('wasm')) return this.skip();
    setKernels('wasm');
    fc.assert(
      fc.property(layouts, (layout) => {
        const isCompiled = layout.Store === Float32Array && layout.inner === 1;
        expect(ranCompiled(() => void run(wasm, layout))).to.equal(isCompiled);
      }),
    );
    withoutRoom(() => demand(wasm));
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { kernelInfo, setKernels } from '../../src/kernels/index.js';
import type { Kernels } from '../../src/kernels/kernels.js';
import * as js from '../../src/kernels/js/index.js';
import type { Numbers } from '../../src/kernels/numbers.js';
import type { Larger, Swish } from '../../src/kernels/operands.js';
import * as wasm from '../../src/kernels/wasm/index.js';
import { ranCompiled, withoutRoom } from './fallbacks.js';
import { random } from './wasm/laboratory.js';
import { numbers, within } from './wasm/normalization.js';

// γ x σ(w x) r + β and γ x / max(B, w x + S) + β over rows, and their backward passes.

type Store = typeof Float32Array | typeof Float64Array;

const layouts = fc.record({
  Store: fc.constantFrom(Float32Array, Float64Array),
  samples: fc.integer({ min: 1, max: 4 }),
  // More positions than are added in float32 before they are added in float64.
  positions: fc.integer({ min: 1, max: 11 }),
  groups: fc.integer({ min: 1, max: 3 }),
  m: fc.integer({ min: 1, max: 9 }),
  apart: fc.boolean(),
  gained: fc.boolean(),
  shifted: fc.boolean(),
  seed: fc.integer(),
});

type Layout = typeof layouts extends fc.Arbitrary<infer L> ? L : never;

function tasks({ Store, samples, positions, groups, m, apart, gained, shifted, seed }: Layout) {
  const next = random(seed);
  const n = groups * m;
  const drawn = (length: number, center = 0): Numbers => numbers(Store, length, next, 2, center);
  const rows = {
    x: drawn(samples * positions * n),
    n,
    positions,
    factor: drawn(n),
    gain: gained ? drawn(n) : undefined,
    shift: shifted ? drawn(n) : undefined,
  };
  const swish: Swish = { ...rows, groups, inverse: drawn(samples * groups, 1.5) };
  const added = drawn(apart ? samples * n : n, 1.25);
  const larger: Larger = { ...rows, added, least: drawn(n, 1.25) };
  return { swish, larger, gradient: drawn(samples * positions * n), samples };
}

/** Room for all results, which holds something else. */
function room(Store: Store, x: Numbers, n: number, samples: number, groups: number) {
  const wide = (length: number) => new Float64Array(length).fill(7);
  const own = () => new Store(x.length).fill(7);
  const sums = { ofX: own(), ofFactor: wide(n), ofGain: wide(n), ofShift: wide(n) };
  return {
    t: own(),
    y: own(),
    ofSwish: { ...sums, ofGroup: wide((x.length / n) * groups) },
    ofLarger: { ...sums, ofAdded: wide(samples * n), ofLeast: wide(n) },
  };
}

const roomFor = (layout: Layout, { swish, samples }: ReturnType<typeof tasks>) =>
  room(layout.Store, swish.x, swish.n, samples, swish.groups);

const unitOf = (Store: Store): number => (Store === Float32Array ? 2 ** -24 : 2 ** -53);

type Table = Pick<Kernels, 'swish' | 'swishBack' | 'overLarger' | 'overLargerBack'>;

/** The sums of terms by a place of each, and of their sizes. */
class Sums {
  readonly #all = new Map<number, [number, number]>();

  add(place: number, term: number): void {
    const [sum, size] = this.#all.get(place) ?? [0, 0];
    this.#all.set(place, [sum + term, size + Math.abs(term)]);
  }

  agree(with_: ArrayLike<number>, unit: number): void {
    expect(with_.length).to.equal(this.#all.size);
    for (const [place, [sum, size]] of this.#all) within(with_[place]!, sum, 40 * unit * size);
  }
}

const demandSwish = ({ swish, swishBack }: Table) =>
  fc.assert(
    fc.property(layouts, (layout) => {
      const all = tasks(layout);
      const { swish: task, gradient } = all;
      const { x, n, positions, groups, factor, inverse, gain, shift } = task;
      const { t, y, ofSwish } = roomFor(layout, all);
      swish(task, t, y);
      swishBack(task, t, gradient, ofSwish);
      const unit = unitOf(layout.Store);
      const [ofGroup, ofFactor, ofGain, ofShift] = [new Sums(), new Sums(), new Sums(), new Sums()];
      x.forEach((value, p) => {
        const [i, row] = [p % n, Math.floor(p / n)];
        const group = Math.floor(i / (n / groups));
        const r = inverse[Math.floor(row / positions) * groups + group]!;
        const [w, g, b, dy] = [factor[i]!, gain?.[i] ?? 1, shift?.[i] ?? 0, gradient[p]!];
        const open = 1 / (1 + Math.exp(-w * value));
        const slope = open / (1 + Math.exp(w * value));
        const u = value * open * r;
        within(t[p]!, Math.exp(-Math.abs(w * value)), 16 * unit);
        within(y[p]!, g * u + b, 16 * unit * (Math.abs(g * u) + Math.abs(b)));
        const [direct, through] = [g * dy * r * open, g * dy * r * value * slope * w];
        within(ofSwish.ofX[p]!, direct + through, 32 * unit * (Math.abs(direct) + Math.abs(through)));
        ofGroup.add(row * groups + group, g * dy * u);
        ofFactor.add(i, g * dy * r * value * slope * value);
        ofGain.add(i, dy * u);
        ofShift.add(i, dy);
      });
      ofGroup.agree(ofSwish.ofGroup, unit);
      ofFactor.agree(ofSwish.ofFactor, unit);
      ofGain.agree(ofSwish.ofGain, unit);
      ofShift.agree(ofSwish.ofShift, unit);
    }),
  );

const demandLarger = ({ overLarger, overLargerBack }: Table) =>
  fc.assert(
    fc.property(layouts, (layout) => {
      const all = tasks(layout);
      const { larger: task, gradient } = all;
      const { x, n, positions, factor, added, least, gain, shift } = task;
      const { y, ofLarger } = roomFor(layout, all);
      overLarger(task, y);
      overLargerBack(task, gradient, ofLarger);
      const unit = unitOf(layout.Store);
      const [ofAdded, ofLeast, ofFactor, ofGain, ofShift] = Array.from({ length: 5 }, () => new Sums()) as [
        Sums,
        Sums,
        Sums,
        Sums,
        Sums,
      ];
      x.forEach((value, p) => {
        const i = p % n;
        const sample = Math.floor(p / n / positions) * n + i;
        const [w, S, B] = [factor[i]!, added[added.length === n ? i : sample]!, least[i]!];
        const [g, b, dy] = [gain?.[i] ?? 1, shift?.[i] ?? 0, gradient[p]!];
        const R = w * value + S;
        const D = Math.max(R, B);
        // Close to the corner, rounding decides.
        const isNear = Math.abs(R - B) <= 8 * unit * (Math.abs(w * value) + S + B);
        const lost = (16 * (Math.abs(w * value) + S)) / D;
        const u = value / D;
        within(y[p]!, g * u + b, unit * ((8 + lost) * Math.abs(g * u) + 8 * Math.abs(b)));
        const h = (g * dy) / D;
        const [ofR, ofB] = R > B ? [h, 0] : [0, h];
        if (!isNear) {
          const dx = ofB + (ofR * S) / D;
          within(ofLarger.ofX[p]!, dx, unit * (16 + 2 * lost) * (Math.abs(ofB) + Math.abs((ofR * S) / D)));
        }
        ofAdded.add(sample, ofR * u);
        ofLeast.add(i, ofB * u);
        ofFactor.add(i, -ofR * u * value);
        ofGain.add(i, dy * u);
        ofShift.add(i, dy);
      });
      // R is at least B, which is near 1, so that it loses few digits.
      ofAdded.agree(ofLarger.ofAdded, 4 * unit);
      ofLeast.agree(ofLarger.ofLeast, 4 * unit);
      ofFactor.agree(ofLarger.ofFactor, 4 * unit);
      ofGain.agree(ofLarger.ofGain, 4 * unit);
      ofShift.agree(ofLarger.ofShift, unit);
    }),
  );

describe('the kernels of EvoNorm', () => {
  const before = kernelInfo().kernels;
  afterEach(() => setKernels(before));

  it('match γ x σ(w x) r + β and its derivatives', () => demandSwish(js));
  it('match γ x / max(B, w x + S) + β and its derivatives', () => demandLarger(js));

  it('halve the gradient where both are equal', () => {
    for (const { overLargerBack } of [js, wasm])
      for (const Store of [Float32Array, Float64Array]) {
        const one = Store.of(1, 1, 1, 1, 1);
        const task: Larger = {
          x: one,
          n: 5,
          positions: 1,
          factor: one,
          added: one,
          least: Store.of(2, 2, 2, 2, 2),
        };
        const { ofLarger } = room(Store, one, 5, 1, 1);
        overLargerBack(task, Store.of(4, 4, 4, 4, 4), ofLarger);
        // D = 2: the gradient of x is 1 + ½ · 1, and those of w, S and B are each −½.
        expect([...ofLarger.ofX]).to.deep.equal([1.5, 1.5, 1.5, 1.5, 1.5]);
        expect([...ofLarger.ofFactor]).to.deep.equal([-0.5, -0.5, -0.5, -0.5, -0.5]);
        expect([...ofLarger.ofAdded]).to.deep.equal([0.5, 0.5, 0.5, 0.5, 0.5]);
        expect([...ofLarger.ofLeast]).to.deep.equal([0.5, 0.5, 0.5, 0.5, 0.5]);
      }
  });

  it('compute only the gradients that are asked for', () => {
    const x = Float32Array.of(1, -2, 3, 4, -5);
    const [n, positions, samples, groups] = [5, 1, 1, 1];
    for (const table of [js, wasm]) {
      const rows = { x, n, positions, factor: x };
      const swish: Swish = { ...rows, groups, inverse: Float32Array.of(0.5) };
      const larger: Larger = { ...rows, added: x.map(Math.abs), least: x.map(Math.abs) };
      const [all, some] = [0, 1].map(() => room(Float32Array, x, n, samples, groups)) as [
        ReturnType<typeof room>,
        ReturnType<typeof room>,
      ];
      table.swish(swish, all.t, all.y);
      table.swishBack(swish, all.t, x, all.ofSwish);
      const { ofX, ofFactor, ofGroup } = some.ofSwish;
      table.swishBack(swish, all.t, x, { ofX, ofFactor, ofGroup });
      expect({ ofX, ofFactor, ofGroup }).to.deep.equal({
        ofX: all.ofSwish.ofX,
        ofFactor: all.ofSwish.ofFactor,
        ofGroup: all.ofSwish.ofGroup,
      });
      table.overLargerBack(larger, x, all.ofLarger);
      table.overLargerBack(larger, x, { ofX, ofFactor });
      expect([ofX, ofFactor]).to.deep.equal([all.ofLarger.ofX, all.ofLarger.ofFactor]);
    }
  });

  for (const set of ['wasm', 'wasm-relaxed'] as const)
    it(`are compiled for float32 with ${set}, and match as those in JavaScript do`, function () {
      if (!kernelInfo().available.includes(set)) return this.skip();
      setKernels(set);
      demandSwish(wasm);
      demandLarger(wasm);
      fc.assert(
        fc.property(layouts, (layout) => {
          const all = tasks(layout);
          const { t, y, ofSwish, ofLarger } = roomFor(layout, all);
          const isNarrow = layout.Store === Float32Array;
          for (const run of [
            () => wasm.swish(all.swish, t, y),
            () => wasm.swishBack(all.swish, t, all.gradient, ofSwish),
            () => wasm.overLarger(all.larger, y),
            () => wasm.overLargerBack(all.larger, all.gradient, ofLarger),
          ])
            expect(ranCompiled(run)).to.equal(isNarrow);
        }),
      );
    });

  it('run in JavaScript if there is no room for copies', function () {
    if (!kernelInfo().available.includes('wasm')) return this.skip();
    setKernels('wasm');
    const layout: Layout = {
      Store: Float32Array,
      samples: 2,
      positions: 40,
      groups: 2,
      m: 20,
      apart: true,
      gained: true,
      shifted: true,
      seed: 1,
    };
    const all = tasks(layout);
    const [results, expected] = [roomFor(layout, all), roomFor(layout, all)];
    const run = (table: Table, { t, y, ofSwish, ofLarger }: typeof results) => {
      table.swish(all.swish, t, y);
      table.swishBack(all.swish, t, all.gradient, ofSwish);
      table.overLarger(all.larger, y);
      table.overLargerBack(all.larger, all.gradient, ofLarger);
    };
    withoutRoom(() => run(wasm, results));
    run(js, expected);
    expect(results).to.deep.equal(expected);
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { MEASURES, POWER, ROOT, type Recipe, SCALE, type Task } from '../../src/kernels/measures.js';
import { normalize, normalizeBack } from '../../src/kernels/js/normalize.js';
import type { Numbers } from '../../src/kernels/numbers.js';
import * as unrolled from '../../src/kernels/js/unrolled/index.js';
import { ranUnrolled } from './fallbacks.js';
import { isUnrolled, setUnrolled } from '../../src/kernels/js/unrolled/set.js';

/** The unit roundoff of float64. */
const U = 2 ** -53;

const recipes: fc.Arbitrary<Recipe> = fc.record({
  centered: fc.boolean(),
  total: fc.constantFrom('mean', 'sum'),
  bound: fc.constantFrom('added', 'floor', 'clamped', 'rootAdded', 'rootFloor'),
  epsilon: fc.constantFrom(1e-6, 0.25, 2, 0),
});

const shapes = fc.record({
  rows: fc.integer({ min: 1, max: 4 }),
  n: fc.integer({ min: 2, max: 37 }),
  weights: fc.nat(3),
  lengths: fc.boolean(),
  seed: fc.integer({ min: 1, max: 2 ** 31 - 2 }),
});

interface Shape {
  readonly rows: number;
  readonly n: number;
  readonly weights: number;
  readonly lengths: boolean;
  readonly seed: number;
}

/** Everything that a kernel is given, and room for what it gives; x is `center` + `spread` · (−1 to 1). */
function given(
  Store: Float32ArrayConstructor | Float64ArrayConstructor,
  recipe: Recipe,
  { rows, n, weights, lengths, seed }: Shape,
  center: number,
  spread: number,
) {
  let state = seed;
  const next = () => ((state = (state * 48271) % 2147483647) / 2147483647) * 2 - 1;
  const numbers = (count: number, at = 0, size = 1): Numbers =>
    new Store(count).map(() => at + size * next());
  const x = numbers(rows * n, center, spread);
  const [gain, shift] = [weights & 1 ? numbers(n) : undefined, weights & 2 ? numbers(n) : undefined];
  const incoming = { gradient: numbers(rows * n), ofLength: lengths ? numbers(rows) : undefined };
  return () => {
    const measures = new Float64Array(rows * MEASURES);
    const task: Task = { x, groups: { outer: rows, n, inner: 1 }, recipe, measures, gain, shift };
    const sums = (used: unknown) => (used ? new Float64Array(n).fill(3) : undefined);
    const outgoing = { ofX: new Store(rows * n), ofGain: sums(gain), ofShift: sums(shift) };
    return { task, measures, y: new Store(rows * n), incoming, outgoing };
  };
}

const same = (actual: Numbers | undefined, expected: Numbers | undefined): void => {
  expect(actual?.length).to.equal(expected?.length);
  actual?.forEach((value, i) => {
    if (!Object.is(value, expected![i])) expect.fail(`${value} instead of ${expected![i]} at ${i}`);
  });
};

describe('the unrolled rows', () => {
  const before = isUnrolled();
  beforeEach(() => setUnrolled(true));
  afterEach(() => setUnrolled(before));

  it('give the same bits in float64, forward and backward, also if squares overflow or vanish', () => {
    const sizes = fc.constantFrom<[number, number]>([0, 1], [1e4, 1], [0, 1e200], [0, 1e-170], [5, 0]);
    fc.assert(
      fc.property(recipes, shapes, sizes, fc.boolean(), (recipe, shape, [center, spread], spoilt) => {
        const make = given(Float64Array, recipe, shape, center, spread);
        const [own, expected] = [make(), make()];
        // One row that has to be rescued among others, which keep their bits.
        if (spoilt) own.task.x[shape.n - 1] = 1e250;
        expect(ranUnrolled(() => unrolled.normalize(own.task, own.y))).to.equal(true);
        normalize(expected.task, expected.y);
        same(own.measures, expected.measures);
        same(own.y, expected.y);
        // Rows that were rescued go back through the general loops.
        const near = Array.from(
          { length: shape.rows },
          (_, row) => own.measures[row * MEASURES + SCALE] === 1,
        );
        const ran = ranUnrolled(() => unrolled.normalizeBack(own.task, own.incoming, own.outgoing));
        expect(ran).to.equal(near.includes(true));
        normalizeBack(expected.task, expected.incoming, expected.outgoing);
        for (const name of ['ofX', 'ofGain', 'ofShift'] as const) {
          same(own.outgoing[name], expected.outgoing[name]);
        }
      }),
    );
  });

  it('agree in float32 to the rounding of the result, and of sums in float64', () => {
    const sizes = fc.constantFrom<[number, number]>([0, 1], [1e4, 1], [1e4, 0.01], [0, 1e30], [0, 1e-30]);
    fc.assert(
      fc.property(recipes, shapes, sizes, (recipe, shape, [center, spread]) => {
        fc.pre(recipe.epsilon > 0); // without it, numbers that are alike are 0 / 0
        const { rows, n } = shape;
        const make = given(Float32Array, recipe, shape, center, spread);
        const [own, expected] = [make(), make()];
        expect(ranUnrolled(() => unrolled.normalize(own.task, own.y))).to.equal(true);
        normalize(expected.task, expected.y);
        expect(ranUnrolled(() => unrolled.normalizeBack(own.task, own.incoming, own.outgoing))).to.equal(
          true,
        );
        normalizeBack(expected.task, expected.incoming, expected.outgoing);
        const [ofGain, ofShift] = [new Float64Array(n), new Float64Array(n)];
        for (let row = 0; row < rows; row++) {
          const of = (k: number): number => expected.measures[row * MEASURES + k]!;
          const mine = (k: number): number => own.measures[row * MEASURES + k]!;
          const x = own.task.x.subarray(row * n, (row + 1) * n);
          const reach = recipe.centered ? Math.max(...x.map(Math.abs)) : 0;
          const root = of(ROOT) / of(SCALE);
          // A sum of n is off by n roundings, and the rest of a pass by a few; ten bits may go to cancellation. What a
          // mean is off by counts relative to N.
          const sums = (n + 8) * U;
          const loss = 1024 * (n + 8) * sums;
          const off = (sums * reach) / root;
          const within = (actual: number, wanted: number, bound: number, what: string): void => {
            if (!(Math.abs(actual - wanted) <= bound)) expect.fail(`${what}: ${actual} instead of ${wanted}`);
          };
          within(mine(POWER), of(POWER), loss * of(POWER) + (sums * reach) ** 2 * n, 'squares');
          within(mine(ROOT) / mine(SCALE), root, (loss + n * off ** 2) * root, 'N');
          const rounding = (value: number): number => Math.abs(value) * 2 ** -23 + 2 ** -148;
          for (let i = 0, p = row * n; i < n; i++, p++) {
            const gain = Math.abs(own.task.gain?.[i] ?? 1);
            const unit = n * (loss + n * off ** 2) + 4 * off;
            within(own.y[p]!, expected.y[p]!, rounding(expected.y[p]!) + gain * unit, 'y');
            // Every g is at most 1, so that Σ g x̂ is at most n √n, or n where a sum makes units; so are its parts.
            const pull = (4 * n * n * (unit + sums) * Math.max(1, root)) / Math.min(1, root) / root;
            const wanted = expected.outgoing.ofX[p]!;
            within(own.outgoing.ofX[p]!, wanted, rounding(wanted) + pull, 'dx');
            ofGain[i]! += unit + sums * n;
            ofShift[i]! += sums;
          }
        }
        own.outgoing.ofGain?.forEach((value, i) => {
          expect(Math.abs(value - expected.outgoing.ofGain![i]!)).to.be.at.most(ofGain[i]!);
        });
        own.outgoing.ofShift?.forEach((value, i) => {
          expect(value).to.equal(expected.outgoing.ofShift![i]!);
        });
      }),
    );
  });

  it('measure float32 around the mean if the first element is far from it', () => {
    const recipe: Recipe = { centered: true, total: 'mean', bound: 'added', epsilon: 1e-6 };
    const n = 2 ** 17;
    const make = given(Float32Array, recipe, { rows: 1, n, weights: 0, lengths: false, seed: 7 }, 0, 1);
    const [own, expected] = [make(), make()];
    own.task.x[0] = 1000.3;
    unrolled.normalize(own.task, own.y);
    normalize(expected.task, expected.y);
    const [power, wanted] = [own.measures[POWER]!, expected.measures[POWER]!];
    expect(Math.abs(power / wanted - 1)).to.be.at.most(2 * (n + 8) * U);
  });

  it('normalize a constant row to its shift, and keep a NaN in its row', () => {
    const recipe: Recipe = { centered: true, total: 'mean', bound: 'added', epsilon: 1e-6 };
    const shape = { rows: 3, n: 19, weights: 3, lengths: false, seed: 5 };
    const make = given(Float32Array, recipe, shape, 0, 1);
    const [clean, spoilt] = [make(), make()];
    clean.task.x.fill(0.1, 19, 38);
    unrolled.normalize(clean.task, clean.y);
    same(clean.y.slice(19, 38), clean.task.shift);
    spoilt.task.x[20] = NaN;
    unrolled.normalize(spoilt.task, spoilt.y);
    same(
      spoilt.y,
      clean.y.map((value, i) => (i >= 19 && i < 38 ? NaN : value)),
    );
  });

  it('call the general loops for columns, groups of one, and a gain without a gradient', () => {
    const recipe: Recipe = { centered: true, total: 'mean', bound: 'added', epsilon: 1e-6 };
    const { task, y, incoming, outgoing } = given(
      Float64Array,
      recipe,
      { rows: 2, n: 4, weights: 1, lengths: false, seed: 9 },
      0,
      1,
    )();
    for (const groups of [
      { outer: 1, n: 4, inner: 2 },
      { outer: 8, n: 1, inner: 1 },
    ]) {
      expect(ranUnrolled(() => unrolled.normalize({ ...task, groups }, y))).to.equal(false);
      expect(ranUnrolled(() => unrolled.normalizeBack({ ...task, groups }, incoming, outgoing))).to.equal(
        false,
      );
    }
    expect(ranUnrolled(() => unrolled.normalizeBack(task, incoming, { ofX: outgoing.ofX }))).to.equal(false);
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import {
  type NdArray,
  Random,
  type Recipe,
  type Shape,
  across,
  add,
  cast,
  distance,
  div,
  divideBack,
  dot,
  draw,
  flat,
  fromFlat,
  map,
  mul,
  normalize,
  onto,
  normalizeWith,
  reshape,
  scale,
  sizeOf,
  sub,
  sumTo,
  transpose,
} from '../../src/array/index.js';
import { isOfRoot } from '../../src/kernels/measures.js';
import { elements, views } from '../support/views.js';

const recipes: fc.Arbitrary<Recipe> = fc.record({
  centered: fc.boolean(),
  total: fc.constantFrom('mean', 'sum'),
  bound: fc.constantFrom('added', 'floor', 'clamped', 'rootAdded', 'rootFloor'),
  epsilon: fc.constantFrom(1e-12, 1e-3, 0.5, 3),
});

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });

const cases = shapes.chain((shape) =>
  fc.record({
    x: views(shape),
    axes: fc.subarray(
      shape.map((_, axis) => axis),
      { minLength: 1 },
    ),
    recipe: recipes,
    g: views(shape),
  }),
);

/** x̂ of one group, by the definition. */
function unitOf(group: readonly number[], { centered, total, bound, epsilon }: Recipe): number[] {
  const n = group.length;
  const mean = centered ? group.reduce((sum, x) => sum + x, 0) / n : 0;
  const squares = group.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  const size = total === 'mean' ? squares / n : squares;
  const added = Math.sqrt(size + epsilon);
  const length = {
    added,
    floor: Math.sqrt(Math.max(size, epsilon)),
    clamped: Math.max(added, epsilon),
    rootAdded: Math.sqrt(size) + epsilon,
    rootFloor: Math.max(Math.sqrt(size), epsilon),
  }[bound];
  return group.map((x) => (x - mean) / length);
}

/** The recipe with which a multiple of x becomes the same x̂. */
const scaledBy = (factor: number, recipe: Recipe): Recipe => ({
  ...recipe,
  epsilon: recipe.epsilon * (isOfRoot(recipe) ? factor : factor * factor),
});

/** The power of a group at which its N has a corner. */
const cornerOf = ({ bound, epsilon }: Recipe): number =>
  ({ added: -1, floor: epsilon, clamped: epsilon ** 2 - epsilon, rootAdded: 0, rootFloor: epsilon ** 2 })[
    bound
  ];

const close = (a: NdArray, b: NdArray, tolerance: number) => expect(distance(a, b)).to.be.at.most(tolerance);

describe('normalize', () => {
  it('follows the definition in every group, over any axes of any view', () => {
    fc.assert(
      fc.property(cases, ({ x, axes, recipe }) => {
        const rest = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
        const order = [...rest, ...axes];
        const n = axes.reduce((size, axis) => size * x.shape[axis]!, 1);
        const arranged = elements(transpose(x, order));
        const expected = arranged.flatMap((_, i) => (i % n ? [] : unitOf(arranged.slice(i, i + n), recipe)));
        const unit = elements(transpose(normalize(x, axes, recipe).value, order));
        unit.forEach((y, i) => expect(y).to.be.closeTo(expected[i]!, 1e-12 * (1 + Math.abs(expected[i]!))));
      }),
    );
  });

  it('pulls back what differences of it say, for x̂ and its length together', () => {
    fc.assert(
      fc.property(cases, ({ x, axes, recipe, g }) => {
        const at = (input: NdArray) => normalize(input, axes, recipe);
        const here = at(x);
        fc.pre(recipe.epsilon >= 1e-3);
        fc.pre([...flat(here.power)].every((power) => Math.abs(power - cornerOf(recipe)) > 0.05));
        const gLength = map(here.length, (length) => Math.sin(7 * length));
        const total = (input: NdArray) => {
          const { value: unit, length } = at(input);
          return dot(unit, g) + dot(length, gLength);
        };
        const direction = map(x, (value) => Math.cos(3 * value + 1));
        const slope = (h: number) =>
          (total(sub(x, scale(direction, -h))) - total(sub(x, scale(direction, h)))) / (2 * h);
        const reach = Math.min(1e-3, 1e-3 * Math.sqrt(recipe.epsilon) * 10);
        const measured = (4 * slope(reach / 2) - slope(reach)) / 3;
        const claimed = dot(here.back(g, gLength).x, direction);
        const size = Math.abs(claimed) + Math.abs(total(x)) / Math.sqrt(recipe.epsilon);
        expect(Math.abs(measured - claimed)).to.be.at.most(1e-5 * (1 + size));
      }),
    );
  });

  const row = (...numbers: number[]) => fromFlat(Float64Array.from(numbers), [numbers.length]);
  const added: Recipe = { centered: false, total: 'mean', bound: 'added', epsilon: 1e-6 };
  const centered: Recipe = { ...added, centered: true };

  it('has one gain and shift for each column, the same in every block of columns, in one pass', () => {
    const blocks = fc.record({
      x: views([3, 5, 2, 4]),
      g: views([3, 5, 2, 4]),
      gain: views([2, 4]),
      shift: views([2, 4]),
      dtype: fc.constantFrom('float32' as const, 'float64' as const),
      recipe: recipes,
    });
    fc.assert(
      fc.property(blocks, ({ dtype, recipe, ...given }) => {
        const [x, g, gain, shift] = [given.x, given.g, given.gain, given.shift].map((a) => cast(a, dtype));
        fc.pre([...flat(normalize(x!, 1, recipe).power)].every((p) => Math.abs(p - cornerOf(recipe)) > 0.05));
        const fused = normalizeWith(x!, 1, recipe, { gain, shift, along: [2, 3] })!;
        const unit = normalize(x!, 1, recipe);
        const [wide, [spread, offset]] = [
          cast(unit.value, 'float64'),
          [gain!, shift!].map((w) => cast(reshape(w, [1, 1, 2, 4]), 'float64')),
        ];
        const tolerance = dtype === 'float64' ? 1e-12 : 1e-4;
        close(cast(fused.value, 'float64'), add(mul(wide, spread!), offset!), tolerance);
        const pulled = fused.back(g!);
        const seed = cast(g!, 'float64');
        close(
          cast(pulled.gain!, 'float64'),
          reshape(sumTo(mul(seed, wide), [1, 1, 2, 4]), [2, 4]),
          10 * tolerance,
        );
        close(cast(pulled.shift!, 'float64'), reshape(sumTo(seed, [1, 1, 2, 4]), [2, 4]), 10 * tolerance);
        const dx = unit.back(cast(mul(seed, spread!), dtype)).x;
        const size = distance(dx, fromFlat(Float64Array.of(0), []));
        close(cast(pulled.x, 'float64'), cast(dx, 'float64'), tolerance * Math.max(1, size));
      }),
    );
    // Weights along the blocks, or along some of the columns, need another pass.
    const x = fromFlat(new Float64Array(24), [3, 2, 4]);
    for (const along of [0, [0, 2]])
      expect(normalizeWith(x, 1, added, { gain: fromFlat(new Float64Array(12), [12]), along })).to.equal(
        undefined,
      );
  });

  it('tells x̄ and N in float64, also of float32', () => {
    const x = cast(row(2 ** 24, 2 ** 24 + 2), 'float32');
    const { center, length } = normalize(x, 0, { ...centered, epsilon: 2 ** -30 }).moments();
    expect([center.dtype, elements(center)]).to.deep.equal(['float64', [2 ** 24 + 1]]);
    expect(elements(length)).to.deep.equal([Math.sqrt(1 + 2 ** -30)]);
  });

  it('sees no magnitude: powers of two change not one bit, up to the ends of float64', () => {
    const exponents = fc.integer({ min: -480, max: 508 });
    fc.assert(
      fc.property(cases, exponents, ({ x, axes, recipe, g }, exponent) => {
        fc.pre(recipe.bound !== 'clamped');
        const factor = 2 ** exponent;
        const plain = normalize(x, axes, recipe);
        const scaled = normalize(scale(x, factor), axes, scaledBy(factor, recipe));
        expect(elements(scaled.value)).to.deep.equal(elements(plain.value));
        expect(elements(scaled.length)).to.deep.equal(elements(scale(plain.length, factor)));
        expect(elements(scaled.back(g).x)).to.deep.equal(elements(scale(plain.back(g).x, 1 / factor)));
      }),
    );
  });

  it('pulls a gradient back that is as far from 1 as x is, to the bit', () => {
    fc.assert(
      fc.property(cases, fc.constantFrom(-1, 1), ({ x, axes, recipe, g }, sign) => {
        fc.pre(recipe.bound !== 'clamped');
        // Both together are past the ends of float64; dx is not.
        const [size, slope] = [2 ** (sign * 420), 2 ** (sign * 600)];
        const plain = normalize(x, axes, recipe);
        const far = normalize(scale(x, size), axes, scaledBy(size, recipe));
        expect(elements(far.back(scale(g, slope)).x)).to.deep.equal(
          elements(scale(plain.back(g).x, slope / size)),
        );
      }),
    );
  });

  it('stays right where squares overflow and where they vanish', () => {
    const most = Number.MAX_VALUE;
    close(normalize(row(most, -most), 0, added).value, row(1, -1), 1e-15);
    close(normalize(row(most, -most), 0, centered).value, row(1, -1), 1e-15);
    const four = normalize(row(most, most, most, most), 0, { ...added, total: 'sum' });
    close(four.value, row(0.5, 0.5, 0.5, 0.5), 1e-15);
    close(normalize(row(3e200, 4e200), 0, { ...added, total: 'sum' }).length, row(5e200), 1e185);
    close(normalize(row(1e-200, 2e-200), 0, added).value, row(1e-197, 2e-197), 1e-211);
    const epsilon = 1e-320;
    const tiny = normalize(row(3e-170, 4e-170), 0, { ...added, total: 'sum', epsilon });
    close(tiny.value, row(3e-170 / Math.sqrt(epsilon), 4e-170 / Math.sqrt(epsilon)), 1e-22);
    const offset = normalize(row(1e300, 1e300 + 1e287, 1e300 - 1e287), 0, centered);
    close(offset.value, row(0, Math.sqrt(1.5), -Math.sqrt(1.5)), 1e-2); // The numbers themselves are that coarse.
  });

  it('adds ε to the root, or takes it for the least root, at every magnitude', () => {
    const sum = { centered: false, total: 'sum' } as const;
    for (const unit of [1e-300, 1e-170, 1, 1e170, 1e300]) {
      const x = row(3 * unit, 4 * unit);
      const outside = normalize(x, 0, { ...sum, bound: 'rootAdded', epsilon: 5 * unit });
      close(outside.value, row(0.3, 0.4), 1e-15);
      // dx = (g − x̂ ⟨g, x̂⟩ N / r) / N with r = 5 and N = 10 units.
      close(scale(outside.back(row(1, 0)).x, unit), row(0.082, -0.024), 1e-16);
      const above = normalize(x, 0, { ...sum, bound: 'rootFloor', epsilon: unit });
      close(above.value, row(0.6, 0.8), 1e-15);
      close(scale(above.back(row(1, 0)).x, unit), row(0.128, -0.096), 1e-16);
      const below = normalize(x, 0, { ...sum, bound: 'rootFloor', epsilon: 10 * unit });
      close(below.value, row(0.3, 0.4), 1e-15);
      close(scale(below.back(row(1, 0)).x, unit), row(0.1, 0), 1e-16);
      for (const bound of ['rootAdded', 'rootFloor'] as const) {
        const zero = normalize(row(0, 0), 0, { ...sum, bound, epsilon: 10 * unit });
        expect(elements(zero.value)).to.deep.equal([0, 0]);
        close(scale(zero.back(row(1, -2)).x, unit), row(0.1, -0.2), 1e-16);
      }
    }
  });

  it('brings back a gradient of the length that float32 does not hold, with the x̂ it meets', () => {
    // x̂ = (1, 2⁻¹⁰⁰) to the last digit, so that dx = dN x̂ is past the largest number at first, and 2⁴⁰ then.
    const unit = normalize(cast(row(1, 2 ** -100), 'float32'), 0, {
      ...added,
      total: 'sum',
      epsilon: 1e-40,
    });
    const { x } = unit.back(cast(row(0, 0), 'float32'), row(2 ** 140));
    expect(elements(x)).to.deep.equal([Infinity, 2 ** 40]);
  });

  it('makes exact zeros of constant, of zero and of single ones, and pulls finite gradients back', () => {
    for (const value of [0, 1e-320, 0.1, 1234.5678, 1e7 / 3, 1e150 / 3, 1e300 / 7]) {
      for (const n of [1, 2, 3, 7, 100]) {
        const normalized = normalize(row(...Array<number>(n).fill(value)), 0, centered);
        const { value: unit, length } = normalized;
        expect(new Set(flat(unit))).to.deep.equal(new Set([0]));
        expect(flat(length)[0]).to.equal(Math.sqrt(1e-6));
        expect([...flat(normalized.back(unit).x)].every(Number.isFinite)).to.equal(true);
      }
    }
    const zero = normalize(row(0, 0, 0), 0, added);
    const g = row(1, -2, 3);
    expect(elements(zero.back(g).x)).to.deep.equal(elements(map(g, (v) => v / Math.sqrt(1e-6))));
  });

  it('keeps a NaN and an infinity to the group they stand in', () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      for (const recipe of [added, centered]) {
        const x = fromFlat(Float64Array.of(1, bad, 2, 3, 5, 8), [2, 3]);
        const normalized = normalize(x, 1, recipe);
        const { value: unit } = normalized;
        expect([...flat(unit).slice(3)]).to.deep.equal([...flat(normalize(row(3, 5, 8), 0, recipe).value)]);
        expect(flat(unit).slice(0, 3).some(Number.isNaN)).to.equal(true);
        expect(
          [...flat(normalized.back(fromFlat(new Float64Array(6).fill(2), [2, 3])).x).slice(3)].every(
            Number.isFinite,
          ),
        ).to.equal(true);
      }
    }
  });

  it('centers float32 far from 0 as well as float64 does', () => {
    const x = fromFlat(
      Float32Array.from({ length: 64 }, (_, i) => 1e6 + Math.sin(i)),
      [64],
    );
    const narrow = normalize(x, 0, centered).value;
    const wide = normalize(cast(x, 'float64'), 0, centered).value;
    close(cast(narrow, 'float64'), wide, 2 ** -23);
    const far = map(wide, (v) => v + 1e6);
    close(normalize(far, 0, centered).value, normalize(wide, 0, centered).value, 1e-9);
  });

  it('divides groups of one number whose squares leave the range of float64', () => {
    const numbers = [1e300, -1e200, 3e-200, -4e-300, 0, 1e-160];
    const x = fromFlat(Float64Array.from(numbers), [6, 1]);
    const g = fromFlat(new Float64Array(6).fill(2), [6, 1]);
    for (const epsilon of [1e-320, 1e-6]) {
      const unit = normalize(x, -1, { centered: false, total: 'sum', bound: 'added', epsilon });
      const lengths = numbers.map((value) => Math.hypot(value, Math.sqrt(epsilon)));
      const [value, short, dx] = [unit.value, unit.short, unit.back(g).x].map((a) => [...flat(a)]);
      lengths.forEach((length, i) => {
        const known = numbers[i]! / length;
        expect(Math.abs(value![i]! - known)).to.be.at.most(2 ** -51 * Math.abs(known));
        expect(Math.abs(short![i]! - length * 2 ** -64)).to.be.at.most(2 ** -51 * length * 2 ** -64);
        // 1 − x̂² cancels: what is left is as exact as x̂.
        expect(Math.abs(dx![i]! - (2 * (1 - known * known)) / length)).to.be.at.most(2 ** -48 / length);
      });
    }
  });

  it('gives a number the same bits alone as beside one whose square leaves the range', () => {
    const number = fc.oneof(
      fc.double({ min: -1e3, max: 1e3, noNaN: true }),
      fc.constantFrom(3e-160, -4e-161),
    );
    const epsilon = fc.constantFrom(1e-320, 1e-12, 1e-3, 2);
    fc.assert(
      fc.property(number, number, number, epsilon, fc.boolean(), (v, g, h, epsilon, isShort) => {
        const Kind = isShort ? Float32Array : Float64Array;
        const of = (...numbers: number[]) => fromFlat(Kind.from(numbers), [numbers.length, 1]);
        const [alone, beside] = [[], [isShort ? NaN : 1e200]].map((others) => {
          const recipe = { centered: false, total: 'sum', bound: 'added', epsilon } as const;
          const unit = normalize(of(v, ...others), -1, recipe);
          const back = unit.back(of(g, ...others), cast(of(h, ...others), 'float64')).x;
          return [unit.value, unit.length, unit.short, unit.moments().length, back].map((a) => flat(a)[0]);
        });
        expect(alone).to.deep.equal(beside);
        const length = Math.sqrt(flat(of(v))[0]! ** 2 + epsilon);
        if (epsilon > 1e-300) expect(alone![3]).to.equal(length);
      }),
    );
  });

  it('pulls a gradient of float64 that float32 does not hold back through one number', () => {
    const x = fromFlat(Float32Array.of(2, -2), [2, 1]);
    const g = fromFlat(Float64Array.of(1e40, -1e40), [2, 1]);
    const unit = normalize(x, -1, { centered: false, total: 'sum', bound: 'added', epsilon: 1e-9 });
    // (1 − x̂²) / N = ε / N³.
    const known = (1e40 * 1e-9) / 8;
    flat(unit.back(g).x).forEach((dx, i) => {
      expect(Math.abs(dx - (i ? -known : known))).to.be.at.most(1e-5 * known);
    });
  });
});

describe('divideBack', () => {
  it('gives the gradients of γ x / N + β for constant lengths, of rows and of columns', () => {
    const random = new Random(4);
    const normal = (shape: Shape) => draw(shape, () => random.normal(), 'float64');
    for (const [shape, axes, along] of [
      [[5, 7], -1, -1],
      [[5, 7], 0, 1],
      [
        [3, 2, 6],
        [1, 2],
        [1, 2],
      ],
      [[4, 1], 1, 1],
    ] as const) {
      const [x, g] = [normal(shape), normal(shape)];
      const length = map(normal(across(shape, axes)), (value) => 1 + Math.abs(value));
      const own = onto(shape, along);
      const [gain, shift] = [normal(own), normal(own)];
      const flattened = (w: NdArray) => reshape(w, [sizeOf(w.shape)]);
      for (const dtype of ['float64', 'float32'] as const) {
        const [a, d, N, γ, β] = [x, g, length, flattened(gain), flattened(shift)].map((w) => cast(w, dtype));
        const pulled = divideBack(a!, axes, N!, { gain: γ, shift: β, along }, d!)!;
        const tolerance = dtype === 'float64' ? 1e-13 : 1e-5;
        close(pulled.x, div(mul(g, gain), length), tolerance);
        close(reshape(pulled.gain!, own), sumTo(div(mul(g, x), length), own), tolerance);
        close(reshape(pulled.shift!, own), sumTo(g, own), tolerance);
        const plain = divideBack(a!, axes, N!, { along }, d!)!;
        close(plain.x, div(g, length), tolerance);
        expect([plain.gain, plain.shift]).to.deep.equal([undefined, undefined]);
      }
    }
  });

  it('declines for weights that do not align with the groups', () => {
    const x = fromFlat(new Float64Array(12).fill(1), [3, 4]);
    const length = fromFlat(new Float64Array(4).fill(2), [1, 4]);
    expect(divideBack(x, 0, length, { along: 0 }, x)).to.equal(undefined);
  });

  it('refuses lengths and gradients of another shape', () => {
    const x = fromFlat(new Float64Array(12).fill(1), [3, 4]);
    const length = fromFlat(new Float64Array(3).fill(2), [3, 1]);
    expect(() => divideBack(x, 1, transpose(length), { along: 1 }, x)).to.throw('divideBack.length');
    expect(() => divideBack(x, 1, length, { along: 1 }, transpose(x))).to.throw('divideBack.gradient');
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import {
  type NdArray,
  ROUNDOFF,
  Random,
  type Shape,
  cast,
  draw,
  flat,
  full,
  map,
  sizeOf,
} from '../../src/array/index.js';
import { type NormalizationType, normalizationTypes, norms } from '../../src/index.js';
import { newState } from '../../src/norms/new-state.js';
import type { Norm, OptionsOf } from '../../src/norms/norm.js';
import { rule } from '../../src/norms/rule.js';
import { allocate } from '../../src/norms/owned.js';
import { besideShapes } from '../../src/norms/second-inputs.js';
import { read } from '../../src/norms/option.js';
import { trial } from '../../src/norms/trial.js';

const u = ROUNDOFF.float32;
const EPSILON = 1e-6;

/** Normal numbers around a mean that is far larger, in the layout in which the type has them in one group. */
interface Offset {
  readonly n: number;
  readonly offset: number;
  readonly seed: number;
}

const offsets: fc.Arbitrary<Offset> = fc.record({
  n: fc.constantFrom(16, 17, 33, 64, 129),
  offset: fc.constantFrom(0, 1e4, -1e4, 1e6, -1e6),
  seed: fc.nat(),
});

const ROWS = 2;

/** Whether the numbers that share a statistic lie along the batch, and not along the last axis. */
const isOfBatch = (type: NormalizationType): boolean => (norms[type] as Norm).traits?.couples === 'batch';

/** The count of numbers that share one N in an input of this shape; 0 if no formula names it. */
function sharing(norm: Norm, options: OptionsOf<Norm>, shape: Shape): number {
  const x = full(shape, 1, 'float64');
  try {
    return sizeOf(shape) / sizeOf(trial(norm, x, options).witness(x).of('N').shape);
  } catch {
    return 0;
  }
}

/** An input in which n numbers share a statistic, if there is such a one: in the last axis, or in the positions. */
function shapeOf(norm: Norm, options: OptionsOf<Norm>, n: number): Shape {
  const accepted = [
    [ROWS, n],
    [ROWS, 2, n],
    [ROWS, n, 1],
  ].filter((shape) => (norm.accepts?.(shape, options) ?? true) === true);
  return accepted.find((shape) => sharing(norm, options, shape) >= n) ?? accepted[0]!;
}

/** The outputs and the gradient of x in float32, and those of float64 on the same numbers. */
function both(type: NormalizationType, { n, offset, seed }: Offset, given: object = {}) {
  const norm: Norm = norms[type];
  const { values: options } = read(type, norm.options, {
    ...given,
    ...('epsilon' in norm.options && { epsilon: EPSILON }),
  });
  const random = new Random(seed);
  const normal = (shape: Shape) => draw(shape, () => random.normal(), 'float32');
  const shape = isOfBatch(type) ? [n, ROWS] : shapeOf(norm, options, n);
  const x = draw(shape, () => offset + random.normal(), 'float32');
  const names = Object.keys(allocate(norm.parameters, shape, options, { dtype: 'float32' }));
  const weights = names.map((name) =>
    normal(allocate(norm.parameters, shape, options, { dtype: 'float32' })[name]!.shape),
  );
  const beside = Object.entries(besideShapes(norm.inputs, shape, options)).map(
    ([name, own]) => [name, normal(own)] as const,
  );
  const [near, exact] = (['float32', 'float64'] as const).map((dtype) => {
    const wide = (a: NdArray) => cast(a, dtype);
    const state = newState(norm, wide(x), options);
    const inputs = beside.map(([name]) => name);
    const apply = rule(norm, names, options, { training: true, state }, inputs);
    const { values, pullback } = apply([x, ...weights, ...beside.map(([, a]) => a)].map(wide));
    const seeds = new Random(seed + 1);
    const g = values.map((y) => wide(draw(y.shape, () => seeds.normal(), 'float32')));
    return { outputs: values.map(flat), dx: flat(pullback(g)[0]!), g, pullback };
  });
  const heaviest = Math.max(0, ...weights.flatMap((a) => Array.from(flat(a), Math.abs)));
  return { near: near!, exact: exact!, x, heaviest };
}

/** The sizes of what each output alone adds to the gradient of x, which may cancel if x̂ has no bound. */
function termsOf({ g, pullback }: ReturnType<typeof both>['exact']): readonly number[] {
  const sizes = Array.from(flat(pullback(g)[0]!), () => 0);
  g.forEach((seed, k) => {
    for (let j = 0; j < seed.size; j++) {
      const alone = g.map((other, l) => {
        let i = 0;
        return map(other, (value) => (l === k && i++ === j ? value : 0));
      });
      flat(pullback(alone)[0]!).forEach((value, i) => (sizes[i]! += Math.abs(value)));
    }
  });
  return sizes;
}

/** The numbers of one row, wherever the type has them. */
const rowOf = (type: NormalizationType, values: ArrayLike<number>, row: number): number[] => {
  const all = Array.from(values);
  if (all.length === ROWS) return [all[row]!];
  return all.filter((_, i) => (isOfBatch(type) ? i % ROWS : Math.floor(i / (all.length / ROWS))) === row);
};

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

// Statistics are taken in float64 and centred twice, so that float32 only rounds what goes in and what comes out.
describe('float32 beside a large mean', () => {
  const statistical = normalizationTypes.filter(
    (type) => (norms[type] as Norm).traits?.couples !== 'nothing',
  );
  for (const type of statistical) {
    it(`${type} stays within a few roundings of float64, in outputs and in the gradient of x`, () => {
      fc.assert(
        fc.property(offsets, (offset) => {
          const { near, exact, heaviest } = both(type, offset);
          // The terms of γ x̂ + β may cancel in a whole row, if all its x̂ are near 1; each is as large as its weight.
          for (const [given, wanted, least, terms] of [
            ...near.outputs.map((y, k) => [y, exact.outputs[k]!, heaviest, undefined] as const),
            [near.dx, exact.dx, 0, () => termsOf(exact)] as const,
          ]) {
            for (let row = 0; row < ROWS; row++) {
              const of = rowOf(type, wanted, row);
              const off = Math.max(...rowOf(type, given, row).map((value, i) => Math.abs(value - of[i]!)));
              let largest = Math.max(least, ...of.map(Math.abs));
              if (off > 16 * u * largest && terms) largest = Math.max(...rowOf(type, terms(), row));
              expect(off, `row ${row}`).to.be.at.most(16 * u * largest);
            }
          }
        }),
      );
    });
  }

  // The catalogue's bounds, with nothing lost to the mean: x̂ is off by (N/2 + 6) u |x̂| + 2 (N + 1) u mean|x̂|, and dx by
  // u / r ((N/2 + 5) |h| + (5N/2 + 15) |x̂| mean|h x̂|), and where centred by a mean of that once more.
  for (const [type, options] of [
    ['rms_norm', { useScale: false }],
    ['zero_centered_rms_norm', { useScale: false }],
    ['layer_norm', { scale: false, center: false }],
    ['batch_norm', { scale: false, center: false }],
  ] as const) {
    it(`${type} keeps the bounds of every single number`, () => {
      const centered = type !== 'rms_norm';
      fc.assert(
        fc.property(offsets, (offset) => {
          const { near, exact, x } = both(type, offset, options);
          const N = offset.n;
          for (let row = 0; row < ROWS; row++) {
            const unit = rowOf(type, exact.outputs[0]!, row);
            const sizes = unit.map(Math.abs);
            rowOf(type, near.outputs[0]!, row).forEach((value, i) => {
              const bound = (N / 2 + 6) * u * sizes[i]! + (centered ? 2 * (N + 1) * u * mean(sizes) : 0);
              expect(Math.abs(value - unit[i]!)).to.be.at.most(bound);
            });
            const numbers = rowOf(type, flat(x), row);
            const middle = centered ? mean(numbers) : 0;
            const r = Math.sqrt(mean(numbers.map((value) => (value - middle) ** 2)) + EPSILON);
            const h = rowOf(type, flat(exact.g[0]!), row);
            const along = mean(h.map((value, i) => Math.abs(value * unit[i]!)));
            const bounds = h.map(
              (value, i) =>
                (u / r) * ((N / 2 + 5) * Math.abs(value) + ((5 * N) / 2 + 15) * sizes[i]! * along),
            );
            const wanted = rowOf(type, exact.dx, row);
            rowOf(type, near.dx, row).forEach((value, i) => {
              const bound = bounds[i]! + (centered ? mean(bounds) : 0);
              expect(Math.abs(value - wanted[i]!)).to.be.at.most(bound);
            });
          }
        }),
      );
    });
  }
});

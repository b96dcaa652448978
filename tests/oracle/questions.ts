import fc from 'fast-check';
import {
  type Dtype,
  LARGEST,
  type NdArray,
  Random,
  type Shape,
  draw,
  fromFlat,
  map,
  scale,
  sizeOf,
  store,
} from '../../src/array/index.js';
import { newState } from '../../src/norms/new-state.js';
import type { Norm, OptionsOf } from '../../src/norms/norm.js';
import { rule } from '../../src/norms/rule.js';
import { allocate } from '../../src/norms/owned.js';
import { besideShapes } from '../../src/norms/second-inputs.js';
import { inputs } from '../support/arbitraries.js';
import type { Question } from '../../src/verify/exact/exactly.js';

/** The exponents of the smallest and the largest numbers. */
const RANGE = { float32: [-149, 127], float64: [-1074, 1023] } as const;

/** The numbers of one row: sign · m · 2ᵏ with k around an exponent of the row, or a special pattern. */
interface Row {
  readonly kind: 'spread' | 'zero' | 'constant' | 'one large';
  readonly exponent: number;
  readonly jitter: number;
}

const rows = (dtype: Dtype, count: number): fc.Arbitrary<readonly Row[]> => {
  const [min, max] = RANGE[dtype];
  const row: fc.Arbitrary<Row> = fc.record({
    kind: fc.oneof(
      { weight: 4, arbitrary: fc.constant('spread' as const) },
      fc.constantFrom('zero', 'constant', 'one large'),
    ),
    exponent: fc.oneof(fc.integer({ min, max }), fc.integer({ min: -3, max: 3 }), fc.constantFrom(min, max)),
    jitter: fc.constantFrom(0, 2, 30, 300),
  });
  return fc.array(row, { minLength: count, maxLength: count });
};

/** An array with rows along the last axis. */
function filled(shape: Shape, all: readonly Row[], dtype: Dtype, random: Random): NdArray {
  const data = store(dtype, sizeOf(shape));
  const n = shape.at(-1)!;
  all.forEach((row, i) => {
    const same = element(row, dtype, random);
    const large = random.integer(n);
    for (let j = 0; j < n; j++) {
      const own = element(row, dtype, random);
      const values = {
        zero: 0,
        constant: same,
        spread: own,
        'one large': j === large ? own : own * 2 ** -20,
      };
      data[i * n + j] = values[row.kind];
    }
  });
  return fromFlat(data, shape);
}

function element({ exponent, jitter }: Row, dtype: Dtype, random: Random): number {
  const k = exponent + Math.round((2 * random.uniform() - 1) * jitter);
  const half = Math.trunc(k / 2); // 2ᵏ alone may overflow.
  const size = (1 + random.uniform()) * 2 ** half * 2 ** (k - half);
  return (random.uniform() < 0.5 ? -1 : 1) * Math.min(size, LARGEST[dtype]);
}

/** The magnitudes of gains, gradients of outputs and running statistics, as powers of two. */
const POWERS = { float32: [30, -30, 60, -60, 100], float64: [30, -30, 300, -300] } as const;
/** ε may take unusual values, down to where its square root in units of SHORT would underflow. */
const EPSILONS = { float32: [1e-12, 1e-40, 2, 1e10], float64: [1e-12, 1e-40, 1e-250, 2, 1e10] } as const;

/**
 * Inputs to a norm of any magnitude and of mixed magnitudes, with weights, gradients and running statistics far from 1, or
 * those of a new layer, in training or eval mode, with masks, and with unusual values of ε.
 */
export const questions = (norm: Norm, dtype: Dtype): fc.Arbitrary<Question> => {
  const power = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.constantFrom(...POWERS[dtype]));
  return inputs(norm, dtype)
    .filter(({ x }) => sizeOf(x.shape) <= 32)
    .chain(({ x: { shape }, options }) =>
      fc
        .record({
          rows: rows(dtype, sizeOf(shape) / shape.at(-1)!),
          seed: fc.nat(),
          epsilon: fc.oneof(fc.constant(1e-6), fc.constantFrom(...EPSILONS[dtype])),
          training: fc.boolean(),
          masked: fc.boolean(),
          fresh: fc.nat(3).map((n) => n === 0),
          gain: power,
          slope: power,
          drift: power,
        })
        .map(({ rows: all, seed, epsilon, training, masked, fresh, gain, slope, drift }): Question => {
          const random = new Random(seed);
          const settled: OptionsOf<Norm> = 'epsilon' in options ? { ...options, epsilon } : options;
          const normal = (like: NdArray, exponent: number) =>
            scale(
              draw(like.shape, () => random.normal(), dtype),
              2 ** exponent,
            );
          const each = (arrays: Readonly<Record<string, NdArray>>, f: (a: NdArray) => NdArray) =>
            Object.fromEntries(Object.entries(arrays).map(([name, a]) => [name, f(a)]));
          const x = filled(shape, all, dtype, random);
          const weights = each(allocate(norm.parameters, shape, settled, { dtype }), (a) => normal(a, gain));
          const initial = newState(norm, x, settled);
          const state = fresh ? initial : each(initial, (a) => map(normal(a, drift), Math.abs));
          const mask =
            masked && norm.mask
              ? draw(norm.mask.shape(shape, settled), () => random.integer(2), dtype)
              : undefined;
          const beside = Object.fromEntries(
            Object.entries(besideShapes(norm.inputs, shape, settled)).map(([name, own]) => [
              name,
              draw(own, () => random.normal(), dtype),
            ]),
          );
          const apply = rule(
            norm,
            Object.keys(weights),
            settled,
            { training, state, mask },
            Object.keys(beside),
          );
          const { values } = apply([x, ...Object.values(weights), ...Object.values(beside)]);
          const seeds = values.map((y) => normal(y, slope));
          return { x, weights, inputs: beside, options: settled, training, state, mask, seeds };
        }),
    );
};

import { expect } from 'chai';
import {
  type Dtype,
  type NdArray,
  ROUNDOFF,
  Random,
  type Shape,
  draw,
  flat,
  fromSource,
  full,
} from '../../src/array/index.js';
import type { Formula } from '../../src/norms/algebra.js';
import { newState } from '../../src/norms/new-state.js';
import type { Norm } from '../../src/norms/norm.js';
import { rule } from '../../src/norms/rule.js';
import { allocate } from '../../src/norms/owned.js';
import { besideShapes } from '../../src/norms/second-inputs.js';
import { read } from '../../src/norms/option.js';
import { exactly } from '../../src/verify/exact/exactly.js';
import {
  type NormalizationType,
  accepts,
  namesOthers,
  normalizationTypes,
  norms,
} from '../support/every-norm.js';

const DTYPES = ['float32', 'float64'] as const;

/** The outputs, the gradient of x and those of the outputs it was made of, with random weights but no shift. */
function run(type: NormalizationType, x: NdArray, given: object = {}) {
  const norm: Norm = norms[type];
  const { values: options } = read(type, norm.options, given);
  const random = new Random(11);
  const normal = (shape: Shape) => draw(shape, () => random.normal(), x.dtype);
  const own = allocate(norm.parameters, x.shape, options, { dtype: x.dtype });
  const weights = Object.fromEntries(Object.entries(own).map(([name, a]) => [name, normal(a.shape)]));
  const state = newState(norm, x, options);
  const inputs = Object.fromEntries(
    Object.entries(besideShapes(norm.inputs, x.shape, options)).map(([name, shape]) => [name, normal(shape)]),
  );
  const apply = rule(norm, Object.keys(weights), options, { training: true, state }, Object.keys(inputs));
  const { values, pullback } = apply([x, ...Object.values(weights), ...Object.values(inputs)]);
  const seeds = values.map(({ shape }) => normal(shape));
  const exact = exactly(norm.formula as Formula, { x, weights, inputs, options, state, seeds });
  return { outputs: values.map(flat), dx: flat(pullback(seeds)[0]!), weights, seeds, exact };
}

/** How many roundings an output may be off, and a gradient: the error of a logarithm l counts as often as l is long. */
const ROUNDINGS: Readonly<Record<string, readonly [number, number]>> = { act_norm: [96, 96] };

const most = (values: ArrayLike<number>): number => Math.max(...Array.from(values, Math.abs));

/** Within some roundings of the largest; where all of it is 0, exactly that. */
function near(
  given: ArrayLike<number>,
  exact: ArrayLike<number>,
  roundings: number,
  dtype: Dtype,
  of = most(exact),
) {
  Array.from(given).forEach((value, i) => {
    expect(Math.abs(value - exact[i]!)).to.be.at.most(roundings * ROUNDOFF[dtype] * of);
  });
}

describe('where the result is known exactly', () => {
  for (const type of normalizationTypes) {
    const [ofOutput, ofGradient] = ROUNDINGS[type] ?? [8, 16];

    it(`${type} of zeros: nothing divides by 0, and gradients are those of x over a length of √ε`, () => {
      const shape = accepts(type, [3, 4]) ? [3, 4] : [4, 3];
      for (const dtype of DTYPES) {
        for (const epsilon of [1e-12, 1e-6, 0.25]) {
          const { outputs, dx, exact } = run(type, full(shape, 0, dtype), { epsilon });
          outputs.forEach((y, k) => near(y, exact[`output ${k}`]!.values, 4, dtype));
          near(dx, exact['dx']!.values, ofGradient, dtype);
        }
      }
    });

    // Of a weight as one matrix every number is in the same group.
    if (norms[type].traits === undefined && !('outputsApart' in norms[type].invariants)) continue;

    it(`${type} of one number a group`, () => {
      for (const dtype of DTYPES) {
        const numbers = [3, -1e-20, 1e30, -1e-3];
        const isOfBatch = (norms[type] as Norm).traits?.couples === 'batch';
        const x = fromSource(Float64Array.from(numbers), { shape: isOfBatch ? [1, 4] : [4, 1], dtype });
        const { outputs, dx, seeds, exact } = run(type, x, {
          epsilon: 1e-6,
          ...(namesOthers(type) && { axis: 0 }),
        });
        // Each on its own: a row with one large number must not hide the others.
        outputs.forEach((y, k) => {
          const { values } = exact[`output ${k}`]!;
          Array.from(y).forEach((value, i) => near([value], [values[i]!], ofOutput, dtype));
        });
        // What cancels is as large as g over the length.
        const largest = Math.max(...seeds.map((g) => most(flat(g))));
        Array.from(dx).forEach((value, i) => {
          const exactly = exact['dx']!.values[i]!;
          const terms = (4 * largest) / Math.hypot(numbers[i]!, 1e-3);
          near([value], [exactly], ofGradient, dtype, Math.max(Math.abs(exactly), terms));
        });
      }
    });
  }

  for (const type of ['layer_norm', 'zero_centered_rms_norm', 'batch_norm'] as const) {
    it(`${type} of constants is the shift, and its gradient (h − mean h) / √ε, however large they are`, () => {
      for (const dtype of DTYPES) {
        for (const constant of [0.1, 1 / 3, 1234.5678, 1e6 + 0.1, 1e7, 1e19, 3e38]) {
          for (const n of [1, 2, 3, 7, 64, 100]) {
            const x = fromSource(new Float64Array(n).fill(constant), {
              shape: type === 'batch_norm' ? [n, 1] : [1, n],
              dtype,
            });
            const { outputs, dx, weights, seeds } = run(type, x);
            const { beta, gamma = weights['scale']! } = weights;
            const [shift, gain] = [beta && flat(beta), flat(gamma)];
            const at = (values: ArrayLike<number>, i: number) => values[i % values.length]!;
            Array.from(outputs[0]!).forEach((y, k) =>
              expect(y === (shift ? at(shift, k) : 0)).to.equal(true),
            );
            const h = Array.from(flat(seeds[0]!), (g, i) => g * at(gain, i));
            const mean = h.reduce((sum, value) => sum + value, 0) / n;
            const bound = (16 + n) * most(h) * 1e3;
            near(
              dx,
              h.map((value) => (value - mean) * 1e3),
              1,
              dtype,
              bound,
            );
          }
        }
      }
    });
  }

  it('layer_norm of ones is the shift under an ε next to nothing too, and its gradient (h − mean h) / √ε', () => {
    const epsilon = 1e-300;
    const { outputs, dx, weights, seeds } = run('layer_norm', full([1, 2], 1, 'float64'), { epsilon });
    expect([...outputs[0]!]).to.deep.equal([...flat(weights['beta']!)]);
    const [g, gamma] = [flat(seeds[0]!), flat(weights['gamma']!)];
    const half = (g[0]! * gamma[0]! - g[1]! * gamma[1]!) / 2;
    near(dx, [half * 1e150, -half * 1e150], 8, 'float64');
  });

  for (const type of [
    'layer_norm',
    'zero_centered_rms_norm',
    'batch_norm',
    'logit_norm',
    'band_logit_norm',
  ] as const) {
    it(`${type} gives no gradient at all to one number a group`, () => {
      for (const dtype of DTYPES) {
        const x = fromSource(Float64Array.of(5, -1e30, 1, 0.2), { shape: [4, 1], dtype });
        const { dx } = run(type, x, type === 'batch_norm' ? { axis: 0 } : {});
        expect([...dx].every((value) => value === 0)).to.equal(true);
      }
    });
  }
});

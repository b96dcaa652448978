import fc from 'fast-check';
import { type Dtype, type Source, fromSource, map } from '../../src/array/index.js';
import type { Norm } from '../../src/norms/norm.js';
import { demandNear } from '../oracle/nearness.js';
import { questions } from '../oracle/questions.js';
import {
  type NormalizationType,
  createNormalizationLayer,
  normalizationTypes,
  norms,
} from '../support/every-norm.js';

describe('at every magnitude', () => {
  for (const type of normalizationTypes) {
    for (const dtype of ['float32', 'float64'] as const) {
      it(`${type} in ${dtype} is as near to the exact result as its formula without overflow`, () => {
        const norm: Norm = norms[type];
        fc.assert(
          fc.property(questions(norm, dtype), (question) => {
            // At a corner there is no gradient to compare.
            const { training = true, state = {}, inputs = {}, mask, weights } = question;
            const situation = { training, state, inputs, mask, weights };
            fc.pre(norm.kinks?.(question.x, question.options, situation) !== 0);
            demandNear(norm, question);
          }),
        );
      });
    }
  }
});

/**
 * Beside numbers without variance ε alone is N. In units of numbers near 2⁵¹², ε is subnormal: it has a few digits left,
 * and so looks right.
 */
describe('for equal numbers of any size', () => {
  for (const type of normalizationTypes) {
    it(`${type} is as near to the exact result as its formula`, () => {
      const norm: Norm = norms[type];
      const sizes = fc.record({
        exponent: fc.oneof(fc.integer({ min: -1000, max: 1010 }), fc.integer({ min: 490, max: 540 })),
        digits: fc.double({ min: 1, max: 2, noNaN: true }),
      });
      fc.assert(
        fc.property(questions(norm, 'float64'), sizes, (question, { exponent, digits }) => {
          const { training = true, state = {}, inputs = {}, mask, weights } = question;
          const x = map(question.x, () => digits * 2 ** exponent);
          fc.pre(norm.kinks?.(x, question.options, { training, state, inputs, mask, weights }) !== 0);
          demandNear(norm, { ...question, x });
        }),
      );
    });
  }
});

/** Sums, products and quotients that once left the range of numbers, or lost digits at its edge. */
describe('at magnitudes that once were lost', () => {
  type Given = Readonly<Record<string, Source>>;
  const cases: Readonly<
    Record<
      string,
      {
        readonly type: NormalizationType;
        readonly dtype: Dtype;
        readonly options: object;
        readonly x: Source;
        readonly weights?: Given;
        readonly state?: Given;
        readonly inputs?: Given;
        readonly mask?: Source;
        readonly seed: Source;
      }
    >
  > = {
    'the gradient of a sum beyond float32, which a β of 0 takes to nothing': {
      type: 'seed_norm',
      dtype: 'float32',
      options: {},
      x: [[1e37, 2e37, 1e37, -1e37]],
      weights: { alpha: [1, 1, 1, 1], beta: [0, 0, 0, 0], gamma: [1, 1, 1, 1] },
      seed: [[3e38, 3e38, 1e38, -2e38]],
    },
    'γ over N, which is subnormal before x brings it back': {
      type: 'evo_norm_s0',
      dtype: 'float32',
      options: { groups: 2 },
      x: [[1.9e-20, -2.9e-26, 3.2e32, -1.8e24]],
      weights: {
        gamma: [-1.5e-18, -6e-20, 6.4e-19, -5.3e-19],
        beta: [0, 0, 0, 0],
        v: [1e-18, -3e-19, -1e-18, -3e-19],
      },
      seed: [[1, -2, 0.5, -0.25]],
    },
    'a factor times x, which overflows before the quotient brings it back': {
      type: 'evo_norm_b0',
      dtype: 'float64',
      options: {},
      x: [[1.5e308], [1e308], [5e307]],
      weights: { gamma: [3], beta: [0], v: [2e90] },
      state: { moving_variance: [1] },
      seed: [[1], [-2], [0.5]],
    },
    'the gradient of a gate, whose product with x overflows before the slope of φ brings it back': {
      type: 'gated_rms_norm',
      dtype: 'float32',
      options: { normFirst: false },
      x: [[3e38, 1e38]],
      weights: { scale: [1e28, 2e28] },
      inputs: { gate: [[-25, -24]] },
      seed: [[1e9, -2e9]],
    },
    'the gradient of a gate, whose product with x̂ overflows before the slope of φ brings it back': {
      type: 'gated_rms_norm',
      dtype: 'float32',
      options: {},
      x: [[3, 1]],
      weights: { scale: [1e28, 2e28] },
      inputs: { gate: [[-25, -24]] },
      seed: [[1e12, -2e12]],
    },
    'the gradient of a gate, whose product with x̂ overflows float64 before the slope of φ brings it back': {
      type: 'gated_rms_norm',
      dtype: 'float64',
      options: {},
      x: [[3, 0.1]],
      weights: { scale: [1e188, 1e188] },
      inputs: { gate: [[-250, -240]] },
      seed: [[1.7e120, -1.7e120]],
    },
    'the gradient of γ, of which Σ dy x̂ overflows before r brings it back': {
      type: 'batch_renorm',
      dtype: 'float32',
      options: { dMax: 0 },
      x: [[-1], [1]],
      weights: { gamma: [1], beta: [0] },
      state: { moving_mean: [0], moving_stddev: [3] },
      seed: [[-3e38], [3e38]],
    },
    'a gradient of x that a large x̂ multiplies, of a position that does not count': {
      type: 'filter_response_norm',
      dtype: 'float64',
      options: { epsilon: 2, scale: false },
      x: [[[7e-311], [8.5e29], [-5e-324]]],
      weights: { beta: [1.25], tau: [1.6] },
      mask: [[0, 0, 1]],
      seed: [[[1.3], [0.97], [0.6]]],
    },
    'small numbers beside one whose square overflows, if a mask is given': {
      type: 'filter_response_norm',
      dtype: 'float64',
      options: { activation: 'none' },
      x: [[[-9.9e155], [1.239e-130], [1]]],
      weights: { gamma: [-2.7], beta: [0] },
      mask: [[1, 1, 0]],
      seed: [[[1.5], [-2.3], [0.5]]],
    },
    'a small ε beside equal numbers near the largest, if a mask is given': {
      type: 'instance_norm',
      dtype: 'float64',
      options: { epsilon: 1e-250 },
      x: [[[-1.75e308], [-1.75e308], [-1.75e308]]],
      weights: { gamma: [-2.7], beta: [0.5] },
      mask: [[1, 1, 0]],
      seed: [[[1.5], [-2.3], [0.5]]],
    },
    'the gradient of a condition, of which that of the scale overflows even in short units': {
      type: 'modulated_norm',
      dtype: 'float64',
      options: { norm: 'none', conditionSize: 1, axis: -1 },
      x: [[1.2e237, -1.4e237]],
      weights: { kernel: [[3e-91, -2e-91, 5e-91, 4e-91]], bias: [0, 0, 0, 0] },
      inputs: { condition: [[2]] },
      seed: [[3e90, -2e90]],
    },
  };
  for (const [title, { type, dtype, options, x, weights, state, inputs, mask, seed }] of Object.entries(
    cases,
  )) {
    it(title, () => {
      const read = (source: Source) => fromSource(source, { dtype });
      const all = (given: Given = {}) =>
        Object.fromEntries(Object.entries(given).map(([name, source]) => [name, read(source)]));
      demandNear(norms[type], {
        x: read(x),
        weights: all(weights),
        state: all(state),
        inputs: all(inputs),
        mask: mask === undefined ? undefined : read(mask),
        options: createNormalizationLayer(type, options).options,
        seeds: [read(seed)],
      });
    });
  }
});

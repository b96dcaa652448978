import fc from 'fast-check';
import type { Dtype, NdArray, Shape } from '../../src/array/index.js';
import type { Norm } from '../../src/norms/norm.js';
import { settings, states, withState } from '../../src/verify/cases.js';
import { secondInputs } from '../../src/verify/arbitraries.js';
import { arbitraries } from '../../src/verify/index.js';

// The arbitraries of the kit, with the arguments that the tests use.

export const shapes = (): fc.Arbitrary<Shape> => arbitraries.shapes({ minRank: 2, size: Infinity });

export const arrays = (shape: Shape, min = -3, max = 3, dtype: Dtype = 'float64'): fc.Arbitrary<NdArray> =>
  arbitraries.arrays(shape, { min, max, dtype });

/** An input and options; they shrink towards small shapes and plain numbers. */
export const inputs = (norm: Norm, dtype: Dtype) =>
  settings({ norm }).chain(({ shape, options }) =>
    fc.record({ x: arrays(shape, -3, 3, dtype), options: fc.constant(options) }),
  );

/** All arguments of a norm: an input, options, weights and a setting. */
export const cases = (norm: Norm) =>
  settings({ norm }).chain(({ shape, options }) =>
    fc
      .record({
        x: arrays(shape),
        options: fc.constant(options),
        parameters: arbitraries.weights(norm, shape, options),
        inputs: secondInputs(norm, shape, options),
        situation: fc.record({
          training: fc.boolean(),
          state: states(norm, shape, options),
          mask: norm.mask
            ? fc.option(arbitraries.masks(norm.mask.shape(shape, options)), { nil: undefined })
            : fc.constant(undefined),
        }),
        seed: arbitraries.seeds(),
      })
      .map(({ x, situation, ...rest }) => {
        const { state } = withState(norm, { x, options, state: situation.state });
        return { x, ...rest, situation: { ...situation, state } };
      }),
  );

export const { masks } = arbitraries;

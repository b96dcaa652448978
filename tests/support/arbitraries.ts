import fc from 'fast-check';
import {
  type Axes,
  type Dtype,
  type NdArray,
  type Shape,
  fromFlat,
  sizeOf,
  store,
} from '../../src/array/index.js';
import { type Norm, allocate } from '../../src/norms/norm.js';
import type { Option, Options, Values } from '../../src/norms/option.js';

export const shapes = (): fc.Arbitrary<Shape> =>
  fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 4 });

/** Quarters: exact in binary, and a counterexample of them can be checked by hand. */
const quarters = (min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min: Math.ceil(4 * min), max: Math.floor(4 * max) }).map((n) => n / 4);

export const arrays = (shape: Shape, min = -3, max = 3, dtype: Dtype = 'float64'): fc.Arbitrary<NdArray> => {
  const size = sizeOf(shape);
  return fc.array(quarters(min, max), { minLength: size, maxLength: size }).map((numbers) => {
    const data = store(dtype, size);
    data.set(numbers);
    return fromFlat(data, shape);
  });
};

function settings(option: Option): fc.Arbitrary<Option['default']> {
  switch (option.kind) {
    case 'number':
      return fc.double({ min: option.explore[0], max: option.explore[1], noNaN: true });
    case 'flag':
      return fc.boolean();
    case 'choice':
      return fc.constantFrom(...option.choices);
    case 'axis':
      return fc.constantFrom(-1, 1);
    case 'axes':
      return fc.constantFrom<Axes>(-1, 1, [-1, -2], [0, -1]);
    case 'seed':
      return fc.nat();
    case 'numbers':
    case 'text':
    case 'part':
      return fc.constant(option.default);
  }
}

const optionsOf = (norm: Norm): fc.Arbitrary<Values<Options>> =>
  fc.record(
    Object.fromEntries(Object.entries(norm.options).map(([name, option]) => [name, settings(option)])),
  );

const like = (own: Readonly<Record<string, NdArray>>, min?: number, max?: number) =>
  fc.record(
    Object.fromEntries(Object.entries(own).map(([name, { shape }]) => [name, arrays(shape, min, max)])),
  );

/** An input and options; they shrink towards small shapes and plain numbers. */
export const inputs = (norm: Norm, dtype: Dtype) =>
  fc
    .tuple(shapes(), optionsOf(norm))
    .chain(([shape, options]) =>
      fc.record({ x: arrays(shape, -3, 3, dtype), options: fc.constant(options) }),
    );

/** An input, options, weights and a situation: all that a norm may be applied to. */
export const cases = (norm: Norm) =>
  fc.tuple(shapes(), optionsOf(norm)).chain(([shape, options]) =>
    fc.record({
      x: arrays(shape),
      options: fc.constant(options),
      parameters: like(allocate(norm.parameters, shape, options, 'float64')),
      situation: fc.record({
        training: fc.boolean(),
        state: like(allocate(norm.state, shape, options, 'float64'), 0.25, 2),
      }),
      seed: fc.nat(),
    }),
  );

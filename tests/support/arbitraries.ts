import fc from 'fast-check';
import { type Dtype, type NdArray, type Shape, fromFlat, map, sizeOf, store } from '../../src/array/index.js';
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

function settings(option: Option, rank: number): fc.Arbitrary<Option['default']> {
  switch (option.kind) {
    case 'number':
      return fc.double({ min: option.explore[0], max: option.explore[1], noNaN: true });
    case 'flag':
      return fc.boolean();
    case 'choice':
      return fc.constantFrom(...option.choices);
    case 'axis':
      return fc.integer({ min: -rank, max: rank - 1 });
    case 'axes':
      return fc.oneof(fc.integer({ min: -rank, max: rank - 1 }), axisLists(rank));
    case 'seed':
      return fc.nat();
    case 'numbers':
    case 'text':
    case 'part':
      return fc.constant(option.default);
  }
}

/** Distinct axes in any order, counted from either end. */
const axisLists = (rank: number): fc.Arbitrary<readonly number[]> =>
  fc
    .shuffledSubarray(
      Array.from({ length: rank }, (_, axis) => axis),
      { minLength: 1 },
    )
    .chain((axes) => fc.tuple(...axes.map((axis) => fc.constantFrom(axis, axis - rank))));

const optionsOf = (norm: Norm, rank: number): fc.Arbitrary<Values<Options>> =>
  fc.record(
    Object.fromEntries(Object.entries(norm.options).map(([name, option]) => [name, settings(option, rank)])),
  );

const like = (own: Readonly<Record<string, NdArray>>, min?: number, max?: number) =>
  fc.record(
    Object.fromEntries(Object.entries(own).map(([name, { shape }]) => [name, arrays(shape, min, max)])),
  );

/** Shapes of rank 1 to 5 and options that the norm accepts together; they shrink towards small and plain ones. */
const settled = (norm: Norm) =>
  fc
    .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 })
    .filter((shape) => sizeOf(shape) <= 96)
    .chain((shape) => fc.record({ shape: fc.constant(shape), options: optionsOf(norm, shape.length) }))
    .filter(({ shape, options }) => (norm.accepts?.(shape, options) ?? true) === true);

/** An input and options; they shrink towards small shapes and plain numbers. */
export const inputs = (norm: Norm, dtype: Dtype) =>
  settled(norm).chain(({ shape, options }) =>
    fc.record({ x: arrays(shape, -3, 3, dtype), options: fc.constant(options) }),
  );

/** An input, options, weights and a situation: all that a norm may be applied to. */
export const cases = (norm: Norm) =>
  settled(norm).chain(({ shape, options }) =>
    fc.record({
      x: arrays(shape),
      options: fc.constant(options),
      parameters: like(allocate(norm.parameters, shape, options, { dtype: 'float64' })),
      situation: fc.record({
        training: fc.boolean(),
        state: like(allocate(norm.state, shape, options, { dtype: 'float64' }), 0.25, 2),
        mask: norm.mask ? fc.option(masks(norm.mask.shape(shape, options)), { nil: undefined }) : nothing,
      }),
      seed: fc.nat(),
    }),
  );

const nothing = fc.constant(undefined);

/** Ones and zeros. */
export const masks = (shape: Shape, dtype: Dtype = 'float64'): fc.Arbitrary<NdArray> =>
  arrays(shape, 0, 1, dtype).map((a) => map(a, Math.round));

import fc from 'fast-check';
import ndarray from 'ndarray';
import type { NdArray, Shape } from '../../src/array/index.js';
import { sizeOf } from '../../src/array/index.js';

/** The layout of a view in its data: the order of axes, steps between elements, offsets before and after. */
interface Layout {
  readonly order: readonly number[];
  readonly steps: readonly number[];
  readonly offset: number;
}

const layouts = (rank: number): fc.Arbitrary<Layout> =>
  fc.record({
    order: fc.shuffledSubarray([...Array(rank).keys()], { minLength: rank, maxLength: rank }),
    steps: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: rank, maxLength: rank }),
    offset: fc.nat(3),
  });

/** A float64 view of the shape with any strides and offset, whose elements are quarters from −3 to 3. */
export const views = (shape: Shape): fc.Arbitrary<NdArray> =>
  layouts(shape.length).chain(({ order, steps, offset }) => {
    const inner = order.map((axis) => shape[axis]! * steps[axis]!);
    const size = sizeOf(inner) + offset + 2;
    return fc
      .array(fc.integer({ min: -12, max: 12 }), { minLength: size, maxLength: size })
      .map((quarters) => {
        const whole = ndarray(
          Float64Array.from(quarters, (n) => n / 4),
          inner,
          undefined,
          offset,
        );
        const back = order.map((_, axis) => order.indexOf(axis));
        return whole
          .transpose(...back)
          .step(...steps)
          .hi(...shape) as NdArray;
      });
  });

/** The elements by their indices, in row-major order, read through ndarray's own `get`. */
export function elements(a: NdArray): number[] {
  const read = (index: readonly number[]): number[] =>
    index.length === a.shape.length
      ? [a.get(...index)]
      : Array.from({ length: a.shape[index.length]! }, (_, i) => read([...index, i])).flat();
  return read([]);
}

import fc from 'fast-check';
import { type NdArray, tensor } from '../../src/index.js';
import { flat } from '../../src/array/index.js';

const number = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, -0, 5e-324, Number.MAX_VALUE));

/** An array of either dtype and of any shape, also an empty one, of any numbers. */
export const anyArray: fc.Arbitrary<NdArray> = fc
  .record({
    shape: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }),
    dtype: fc.constantFrom('float32' as const, 'float64' as const),
    numbers: fc.infiniteStream(number),
  })
  .map(({ shape, dtype, numbers }) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const data = Float64Array.from([...numbers.take(size)]);
    return tensor(data, { shape, dtype }).value;
  });

/** The bytes of the numbers of an array. */
export function bitsOf(array: NdArray): readonly number[] {
  const numbers = flat(array).slice();
  return [...new Uint8Array(numbers.buffer)];
}

import { type Dtype, type NdArray, type Shape, cast, demandMask, sameShape } from '../array/index.js';
import { readArray } from '../autograd/state.js';
import { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';

/** Which positions count, in nested lists. */
export type NestedMask = boolean | number | readonly NestedMask[];

/** Which positions count: true or 1 for those that do, false or 0 for those that do not. */
export type Mask = Tensor | NdArray | NestedMask;

/** The mask as ones and zeros of this dtype; throws where it has another shape, or any other value. */
export function readMask(where: string, mask: Mask, shape: Shape, dtype: Dtype): NdArray {
  const given =
    mask instanceof Tensor ? mask.value : readArray(where, isNested(mask) ? numbers(mask) : mask, dtype);
  if (!sameShape(given.shape, shape)) {
    const expected = `the shape of the input without the feature axis, ${JSON.stringify(shape)}`;
    throw new NormtapeError({ where, expected, received: given.shape });
  }
  demandMask(where, given);
  return cast(given, dtype);
}

const isNested = (mask: NdArray | NestedMask): mask is NestedMask =>
  Array.isArray(mask) || typeof mask !== 'object';

type Numbers = number | readonly Numbers[];

const numbers = (mask: NestedMask): Numbers =>
  Array.isArray(mask) ? mask.map(numbers) : typeof mask === 'boolean' ? Number(mask) : (mask as number);

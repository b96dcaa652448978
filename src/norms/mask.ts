import {
  type Dtype,
  type NdArray,
  type Shape,
  type Source,
  asFlag,
  cast,
  demandMask,
  expecting,
} from '../array/index.js';
import { readArray } from '../autograd/state.js';
import { Tensor } from '../autograd/tape.js';

/** Which positions count, in nested lists. */
export type NestedMask = boolean | number | readonly NestedMask[];

/** Which positions count: true or 1 for those that do, false or 0 for those that do not. */
export type Mask = Tensor | NdArray | NestedMask;

/** The mask as ones and zeros of this dtype; throws where it has another shape, or any other value. */
export function readMask(where: string, mask: Mask, shape: Shape, dtype: Dtype): NdArray {
  const expected = `the shape of the input without the feature axis, ${JSON.stringify(shape)}`;
  const demand = expecting(where, [shape], expected);
  if (mask instanceof Tensor) demand(mask.shape);
  const given =
    mask instanceof Tensor ? mask.value : readArray(where, mask as Source, dtype, { demand, item: asFlag });
  demandMask(where, given);
  return cast(given, dtype);
}

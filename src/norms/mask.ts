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

/** The positions that count, in nested lists. */
export type NestedMask = boolean | number | readonly NestedMask[];

/** The positions that count: true or 1 for each of them, false or 0 for any other. */
export type Mask = Tensor | NdArray | NestedMask;

/** The mask as ones and zeros of this dtype; throws if it has another shape or another value. */
export function readMask(where: string, mask: Mask, shape: Shape, dtype: Dtype): NdArray {
  const expected = `the shape of the input without the feature axis, ${JSON.stringify(shape)}`;
  const demand = expecting(where, [shape], expected);
  if (mask instanceof Tensor) demand(mask.shape);
  const given =
    mask instanceof Tensor ? mask.value : readArray(where, mask as Source, dtype, { demand, item: asFlag });
  demandMask(where, given);
  return cast(given, dtype);
}

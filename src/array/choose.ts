import * as kernels from '../kernels/index.js';
import { binary } from './arithmetic.js';
import { type NdArray, type Numbers, emptyLike } from './array.js';
import { broadcastTo } from './broadcast.js';
import { cast, flat } from './contiguous.js';

/** 1 where a < b and 0 elsewhere, broadcast. */
export const less = (a: NdArray, b: NdArray): NdArray => binary(a, b, kernels.less);

/** 1 where a ≤ b and 0 elsewhere, broadcast. */
export const lessEqual = (a: NdArray, b: NdArray): NdArray => binary(a, b, kernels.lessEqual);

/** 1 where a = b and 0 elsewhere, broadcast; a NaN equals nothing. */
export const equal = (a: NdArray, b: NdArray): NdArray => binary(a, b, kernels.equal);

/** 1 where a ≠ b and 0 elsewhere, broadcast; a NaN differs from everything. */
export const notEqual = (a: NdArray, b: NdArray): NdArray => binary(a, b, kernels.notEqual);

/** a ⊙ b in the dtype of a, broadcast, and 0 where b is 0: what does not count may be infinite or NaN. */
export const masked = (a: NdArray, b: NdArray): NdArray => cast(binary(a, b, kernels.masked), a.dtype);

/** a where the mask is not 0, and 0 elsewhere, in the dtype of a, broadcast. */
export const kept = (a: NdArray, mask: NdArray): NdArray => binary(a, cast(mask, a.dtype), kernels.kept);

/** a where the mask is 0, and 0 elsewhere, in the dtype of a, broadcast. */
export const dropped = (a: NdArray, mask: NdArray): NdArray =>
  binary(a, cast(mask, a.dtype), kernels.dropped);

/** a where the condition is not 0, b elsewhere, of the shape of the condition, to which a and b of its dtype broadcast. */
export function choose(condition: NdArray, a: NdArray, b: NdArray): NdArray {
  const [x, y] = [a, b].map((other) => flat(broadcastTo(other, condition.shape))) as [Numbers, Numbers];
  const out = emptyLike(condition);
  kernels.choose(flat(condition), x, y, out.store.numbers);
  return out;
}

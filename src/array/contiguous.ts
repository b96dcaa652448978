import * as kernels from '../kernels/index.js';
import {
  type Dtype,
  type NdArray,
  type Numbers,
  type Shape,
  fromFlat,
  sameShape,
  sizeOf,
  store,
} from './array.js';
import { isRowMajor, walk } from './loops.js';

/** The elements in row-major order, to be read only: no copy where they lie in that order already. */
export function flat(a: NdArray): Numbers {
  const size = sizeOf(a.shape);
  if (isRowMajor(a)) {
    return a.offset === 0 && a.data.length === size ? a.data : a.data.subarray(a.offset, a.offset + size);
  }
  return gathered(a, a.dtype);
}

/** A copy of the elements in row-major order, whatever the strides, in this dtype. */
export function gathered(
  a: Pick<NdArray, 'shape' | 'stride' | 'offset'> & { readonly data: ArrayLike<number> },
  dtype: Dtype,
): Numbers {
  const data = store(dtype, sizeOf(a.shape));
  put(a, fromFlat(data, a.shape));
  return data;
}

/** Writes an array into a place of the same shape, which is the caller's own. */
export function put(
  a: Pick<NdArray, 'shape' | 'stride' | 'offset'> & { readonly data: ArrayLike<number> },
  place: NdArray,
): void {
  walk([a, place], (rows, columns, [from, to]) =>
    kernels.elementwise.copy(rows, columns, a.data, from!, place.data, to!),
  );
}

/** The array with nothing but its own elements in its data, in row-major order: itself where it is so already. */
export const contiguous = (a: NdArray): NdArray =>
  a.offset === 0 && a.data.length === sizeOf(a.shape) && isRowMajor(a) ? a : fromFlat(flat(a), a.shape);

/** The same elements in row-major order under another shape; not copied where they lie in that order already. */
export const reshape = (a: NdArray, shape: Shape): NdArray =>
  sameShape(a.shape, shape) && isRowMajor(a) ? a : fromFlat(flat(a), shape);

export const copy = (a: NdArray): NdArray => fromFlat(gathered(a, a.dtype), a.shape);

export const cast = (a: NdArray, dtype: Dtype): NdArray =>
  a.dtype === dtype ? a : fromFlat(gathered(a, dtype), a.shape);

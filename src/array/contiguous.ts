import * as kernels from '../kernels/index.js';
import {
  type Dtype,
  type NdArray,
  type Numbers,
  type Shape,
  demandCount,
  empty,
  emptyLike,
  fromFlat,
  sameShape,
  sizeOf,
} from './array.js';
import { isRowMajor, walk } from './loops.js';
import { rowMajor } from './strided.js';
import { View, numbersOf, strided } from './view.js';

/** The elements in row-major order, to be read only: no copy where they lie in that order already. */
export function flat(a: NdArray): Numbers {
  if (a instanceof View && a.whole) return a.store.numbers;
  const data = numbersOf(a);
  if (!isRowMajor(a)) return gathered(a, a.dtype).store.numbers;
  const size = sizeOf(a.shape);
  return a.offset === 0 && data.length === size ? data : data.subarray(a.offset, a.offset + size);
}

/** The layout of an array by strides. */
type Strided = Pick<NdArray, 'shape' | 'stride' | 'offset'>;

/** A copy of the elements in row-major order, whatever the strides, in this dtype. */
export function gathered(a: (Strided & { readonly data: ArrayLike<number> }) | NdArray, dtype: Dtype): View {
  const out = a instanceof View ? emptyLike(a, dtype) : empty(a.shape, dtype);
  put(a, out);
  return out;
}

/** Writes an array into a place of the same shape, which is the caller's own. */
export function put(a: (Strided & { readonly data: ArrayLike<number> }) | NdArray, place: NdArray): void {
  const from = a instanceof View ? a.store.numbers : a.data;
  const to = numbersOf(place);
  if (a instanceof View && a.whole && place instanceof View && place.whole) return to.set(from);
  if (a instanceof View && isRowMajor(a) && isRowMajor(place)) return to.set(flat(a), place.offset);
  walk([a, place], (rows, columns, [at, there]) => kernels.copy(rows, columns, from, at!, to, there!));
}

/** The array with nothing but its own elements in its data, in row-major order: itself where it is so already. */
export const contiguous = (a: NdArray): NdArray =>
  (a instanceof View && a.whole) || isPacked(a) ? a : gathered(a, a.dtype);

/** Whether the data of an array that was made elsewhere hold its elements and no others, in row-major order. */
export const isPacked = (a: NdArray): boolean =>
  !(a instanceof View) && a.offset === 0 && a.data.length === sizeOf(a.shape) && isRowMajor(a);

/** The same elements in row-major order under another shape; not copied where they lie in that order already. */
export function reshape(a: NdArray, shape: Shape): NdArray {
  if (sameShape(a.shape, shape) && isRowMajor(a)) return a;
  demandCount('reshape', sizeOf(a.shape), shape);
  if (!(a instanceof View) && isRowMajor(a)) return fromFlat(flat(a), shape);
  if (a instanceof View && !a.whole && isRowMajor(a)) return strided(a, shape, rowMajor(shape), a.offset);
  const packed = a instanceof View && a.whole ? a : gathered(a, a.dtype);
  return new View(packed.store, a.dtype, shape);
}

export const copy = (a: NdArray): NdArray => gathered(a, a.dtype);

export const cast = (a: NdArray, dtype: Dtype): NdArray => (a.dtype === dtype ? a : gathered(a, dtype));

import type * as ndarray from 'ndarray';
import type { Numbers } from '../kernels/index.js';
import { type JsonNumber, toJsonNumber } from './json.js';

type Dtype = 'float32' | 'float64';

/** An array as JSON holds it: the numbers in row-major order, those that JSON lacks as strings. */
export interface ArrayJson {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly data: readonly JsonNumber[];
}

/** Where the elements of an array lie. */
interface Layout {
  readonly shape: number[];
  readonly stride: number[];
  readonly offset: number;
}

const isCount = (n: unknown): n is number => typeof n === 'number' && n >= 0;

/**
 * The fields and methods of an ndarray, by the rules of the package `ndarray`, which itself compiles constructors from
 * strings: pages that allow only their own scripts forbid that.
 */
export abstract class Strided implements ndarray.NdArray<Numbers> {
  abstract readonly data: Numbers;
  abstract readonly dtype: Dtype;
  abstract readonly shape: number[];
  abstract readonly stride: number[];
  abstract readonly offset: number;

  get size(): number {
    return this.shape.reduce((size, n) => size * n, 1);
  }

  get dimension(): number {
    return this.shape.length;
  }

  /** The axes, those first along which elements lie closest. */
  get order(): number[] {
    const steps = this.stride.map(Math.abs);
    return steps.map((_, axis) => axis).sort((a, b) => steps[a]! - steps[b]!);
  }

  get T(): ndarray.NdArray<Numbers> {
    return this.transpose(...this.shape.map((_, axis) => this.shape.length - 1 - axis));
  }

  /** The place of an element in `data`; NaN if an axis has no index. */
  index(...at: number[]): number {
    return this.stride.reduce((place, step, axis) => place + step * at[axis]!, this.offset);
  }

  get(...at: number[]): number {
    return this.data[this.index(...at)]!;
  }

  /** Sets the element at an index for each axis to the number after them, and returns that. */
  set(...at: number[]): number {
    return (this.data[this.index(...at)] = at[this.shape.length]!);
  }

  /** The elements from these indices on. */
  lo(...from: number[]): ndarray.NdArray<Numbers> {
    return this.#by(({ shape, stride, offset }) => ({
      shape: shape.map((n, axis) => n - skipped(from[axis])),
      stride,
      offset: stride.reduce((place, step, axis) => place + step * skipped(from[axis]), offset),
    }));
  }

  /** The first elements, so many of each axis. */
  hi(...counts: number[]): ndarray.NdArray<Numbers> {
    return this.#by(({ shape, stride, offset }) => ({
      shape: shape.map((n, axis) => (isCount(counts[axis]) ? counts[axis] | 0 : n)),
      stride,
      offset,
    }));
  }

  /** One of so many elements along each axis, backwards if negative. */
  step(...by: number[]): ndarray.NdArray<Numbers> {
    const steps = this.shape.map((_, axis) => (typeof by[axis] === 'number' ? by[axis] | 0 : 1));
    return this.#by(({ shape, stride, offset }) => ({
      shape: shape.map((n, axis) => Math.ceil(n / Math.abs(steps[axis]!))),
      stride: stride.map((step, axis) => step * steps[axis]!),
      offset: steps.reduce(
        (place, step, axis) => (step < 0 ? place + stride[axis]! * (shape[axis]! - 1) : place),
        offset,
      ),
    }));
  }

  /** The axes in this order. */
  transpose(...axes: number[]): ndarray.NdArray<Numbers> {
    const order = this.shape.map((_, axis) => (axes[axis] === undefined ? axis : axes[axis] | 0));
    return this.#by(({ shape, stride, offset }) => ({
      shape: order.map((axis) => shape[axis]!),
      stride: order.map((axis) => stride[axis]!),
      offset,
    }));
  }

  /** The elements at these indices, without the axes that have one. */
  pick(...at: (number | null)[]): ndarray.NdArray<Numbers> {
    const kept = (_: number, axis: number): boolean => !isCount(at[axis]);
    return this.#by(({ shape, stride, offset }) => ({
      shape: shape.filter(kept),
      stride: stride.filter(kept),
      offset: stride.reduce((place, step, axis) => place + step * skipped(at[axis]), offset),
    }));
  }

  /** How JSON holds it, to the last bit; `tensor` reads it again. */
  toJSON(): ArrayJson {
    return jsonOf(this, this.data);
  }

  /** The same numbers in another layout. */
  #by(change: (layout: Layout) => Layout): ndarray.NdArray<Numbers> {
    const { shape, stride, offset } = change(this);
    return new PlainArray(this.data, this.dtype, [...shape], [...stride], offset);
  }
}

/** The elements to skip along an axis. */
const skipped = (from: unknown): number => (isCount(from) ? from | 0 : 0);

/**
 * An array whose fields hold all there is of it. What structuredClone, postMessage and IndexedDB make of it is a plain
 * object with the same fields.
 */
export class PlainArray extends Strided {
  /** Without steps, the numbers lie in row-major order without gaps. */
  constructor(
    readonly data: Numbers,
    readonly dtype: Dtype,
    readonly shape: number[],
    readonly stride = rowMajor(shape),
    readonly offset = 0,
  ) {
    super();
  }
}

/** The steps of row-major order without gaps. */
export function rowMajor(shape: readonly number[]): number[] {
  const stride = Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    stride[axis] = step;
    step *= shape[axis]!;
  }
  return stride;
}

/** An array over these numbers as JSON holds it. */
export const jsonOf = (a: ndarray.NdArray<Numbers>, data: Numbers): ArrayJson => ({
  shape: [...a.shape],
  dtype: a.dtype as Dtype,
  data: Array.from(inOrder(a, data), toJsonNumber),
});

/** The elements in row-major order. */
function* inOrder({ shape, stride, offset }: Layout, data: Numbers): Generator<number, void> {
  const place = shape.map(() => 0);
  for (let left = shape.reduce((size, n) => size * n, 1); left > 0; left--) {
    yield data[place.reduce((at, i, axis) => at + i * stride[axis]!, offset)]!;
    let axis = shape.length - 1;
    while (axis >= 0 && ++place[axis]! === shape[axis]) place[axis--] = 0;
  }
}

import ndarray from 'ndarray';
import { answerAlways } from '../demand.js';
import { NormtapeError } from '../error.js';
import type { Numbers } from '../kernels/index.js';
import { type JsonNumber, toJsonNumber } from './json.js';
import { liesInside } from './loops.js';
import type { Store } from './memory/store.js';

type Dtype = 'float32' | 'float64';

/** What an ndarray can do beyond being read; each method is left to a real one, which is made when it is called. */
abstract class Strided implements ndarray.NdArray<Numbers> {
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

  get order(): number[] {
    return this.#real.order;
  }

  get T(): ndarray.NdArray<Numbers> {
    return this.#real.T;
  }

  get(...at: number[]): number {
    return this.#real.get(...at);
  }

  set(...at: number[]): number {
    return this.#real.set(...at);
  }

  index(...at: number[]): number {
    return this.#real.index(...at);
  }

  lo(...at: number[]): ndarray.NdArray<Numbers> {
    return this.#real.lo(...at);
  }

  hi(...at: number[]): ndarray.NdArray<Numbers> {
    return this.#real.hi(...at);
  }

  step(...by: number[]): ndarray.NdArray<Numbers> {
    return this.#real.step(...by);
  }

  transpose(...axes: number[]): ndarray.NdArray<Numbers> {
    return this.#real.transpose(...axes);
  }

  pick(...at: (number | null)[]): ndarray.NdArray<Numbers> {
    return this.#real.pick(...at);
  }

  /** How JSON holds it, to the last bit; `tensor` reads it again. */
  toJSON(): ArrayJson {
    return toJson(this);
  }

  /** Made anew each time: the numbers may have moved. */
  get #real(): ndarray.NdArray<Numbers> {
    return ndarray(this.data, [...this.shape], [...this.stride], this.offset);
  }
}

/** An array as JSON holds it: the numbers in row-major order, those that JSON lacks as strings. */
export interface ArrayJson {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly data: readonly JsonNumber[];
}

/**
 * An array whose fields hold all there is of it, in a typed array of exactly its numbers. What structuredClone,
 * postMessage and IndexedDB make of it is a plain object with the same fields.
 */
export class PlainArray extends Strided {
  readonly offset = 0;
  readonly stride: number[];

  constructor(
    readonly data: Numbers,
    readonly dtype: Dtype,
    readonly shape: number[],
  ) {
    super();
    this.stride = rowMajor(shape);
  }
}

/**
 * An ndarray over a store. The library reads its numbers where they lie; to anybody else, who may keep them, they are
 * handed out in a typed array that stays.
 */
export class View extends Strided {
  readonly shape: number[];
  #stride: number[] | undefined;

  /**
   * Steps that are left out are those of row-major order without gaps. Of another view the shape is shared: that two
   * arrays are alike is seen at a glance then.
   */
  constructor(
    readonly store: Store,
    readonly dtype: Dtype,
    shape: readonly number[] | View,
    stride?: number[],
    readonly offset = 0,
  ) {
    super();
    this.shape = shape instanceof View ? shape.shape : counted(shape);
    this.#stride = stride;
  }

  /** Whether it is all of its store, in row-major order. */
  get whole(): boolean {
    return this.#stride === undefined;
  }

  get stride(): number[] {
    return this.#stride ?? rowMajor(this.shape);
  }

  get data(): Numbers {
    this.store.copyOut();
    return this.store.numbers;
  }

  /** How Node prints it: as an ndarray. */
  [Symbol.for('nodejs.util.inspect.custom')]() {
    const { data, dtype, shape, stride, offset } = this;
    return { data, dtype, shape, stride, offset };
  }

  /** How fast-check prints a counterexample. */
  [Symbol.for('fast-check/toStringMethod')](): string {
    return `${this.dtype} [${this.shape.join(', ')}]: ${[...this.store.numbers].join(', ')}`;
  }
}

answerAlways(View);

/** The elements that an array may have are fewer: positions in it are 32-bit integers. */
const MOST = 2 ** 31;

/**
 * A copy of sizes as small integers. One that was an option may be a double to V8, though it is whole, and loops that
 * have once counted with doubles take up to twice the time from then on. Throws if positions would leave 32 bits.
 */
function counted(shape: readonly number[]): number[] {
  const sizes: number[] = [];
  let elements = 1;
  let fits = true;
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis]! | 0;
    fits &&= size === shape[axis] && size >= 0;
    elements *= size || 1;
    sizes.push(size);
  }
  if (!fits) throw tooLarge(shape);
  demandRoom(elements, shape);
  return sizes;
}

/** Throws if so many elements are more than an array may have: before memory for them is allocated. */
export function demandRoom(elements: number, shape: readonly number[]): void {
  if (!(Number.isInteger(elements) && elements >= 0 && elements < MOST)) throw tooLarge(shape);
}

const tooLarge = (shape: readonly number[]): NormtapeError =>
  new NormtapeError({
    where: 'shape',
    expected: 'whole sizes from 0, and fewer than 2³¹ elements',
    received: shape,
  });

/** An array as JSON holds it. */
export const toJson = (a: ndarray.NdArray<Numbers>): ArrayJson => ({
  shape: [...a.shape],
  dtype: a.dtype as Dtype,
  data: Array.from(inOrder(a), toJsonNumber),
});

/** The elements in row-major order. */
function* inOrder(a: ndarray.NdArray<Numbers>): Generator<number, void> {
  const { shape, stride, offset } = a;
  const data = numbersOf(a);
  const place = shape.map(() => 0);
  for (let left = shape.reduce((size, n) => size * n, 1); left > 0; left--) {
    yield data[place.reduce((at, i, axis) => at + i * stride[axis]!, offset)]!;
    let axis = shape.length - 1;
    while (axis >= 0 && ++place[axis]! === shape[axis]) place[axis--] = 0;
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

/** A view of the same numbers by other steps. */
export const strided = (
  a: ndarray.NdArray<Numbers>,
  shape: readonly number[],
  stride: number[],
  offset: number,
): ndarray.NdArray<Numbers> =>
  a instanceof View
    ? new View(a.store, a.dtype, shape, stride, offset)
    : ndarray(contained(a), [...shape], stride, offset);

/** The numbers that a view of any kind looks at, for the library itself, which keeps no hold of them. */
export const numbersOf = (a: ndarray.NdArray<Numbers>): Numbers =>
  a instanceof View ? a.store.numbers : contained(a);

/** The numbers of an array that was made elsewhere. Throws if it reaches beyond them: kernels read where they are told. */
function contained(a: ndarray.NdArray<Numbers>): Numbers {
  const { data, dtype, shape, stride } = a;
  const isOwn = data instanceof (dtype === 'float64' ? Float64Array : Float32Array);
  const isLaid = stride.length === shape.length && liesInside(a, data.length);
  if (isOwn && isLaid) return data;
  const expected = 'an NdArray of float32 or float64 whose elements lie inside its data';
  throw new NormtapeError({ where: 'array', expected, received: a });
}

/** The store of an array; undefined for one that was made elsewhere. */
export const storeOf = (a: ndarray.NdArray<Numbers>): Store | undefined =>
  a instanceof View ? a.store : undefined;

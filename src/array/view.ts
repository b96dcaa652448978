import type * as ndarray from 'ndarray';
import { answerAlways } from '../demand.js';
import { NormtapeError } from '../error.js';
import type { Numbers } from '../kernels/index.js';
import { liesInside } from './loops.js';
import type { Store } from './memory/store.js';
import { type ArrayJson, PlainArray, Strided, jsonOf, rowMajor } from './strided.js';

type Dtype = 'float32' | 'float64';

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

  override toJSON(): ArrayJson {
    return toJson(this);
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
export const toJson = (a: ndarray.NdArray<Numbers>): ArrayJson => jsonOf(a, numbersOf(a));

/** A view of the same numbers by other steps. */
export const strided = (
  a: ndarray.NdArray<Numbers>,
  shape: readonly number[],
  stride: number[],
  offset: number,
): ndarray.NdArray<Numbers> =>
  a instanceof View
    ? new View(a.store, a.dtype, shape, stride, offset)
    : new PlainArray(contained(a), a.dtype as Dtype, [...shape], stride, offset);

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

import type { Groups } from '../kernels/index.js';
import {
  type Axes,
  type NdArray,
  type Numbers,
  type Shape,
  across,
  empty,
  emptyLike,
  positiveAxes,
  sizeOf,
} from './array.js';
import { contiguous, flat } from './contiguous.js';
import { transpose } from './transpose.js';
import type { View } from './view.js';

/** An array laid out for kernels that work on groups along some axes, with conversions to and from this layout. */
export interface Grouped {
  readonly data: Numbers;
  readonly groups: Groups;
  /** The shape of one number a group: the axes cut to 1. */
  readonly measured: Shape;
  /** An empty array in this layout, for a result of the same shape. */
  room(): View;
  /** A result in this layout as an array of the original shape. */
  restore(computed: View): NdArray;
  /** Another array of the same shape in this layout. */
  arrange(other: NdArray): Numbers;
}

/** The array by groups along the axes: in place if these are neighbours; otherwise they are moved to the end. */
export function grouped(a: NdArray, axes: Axes): Grouped {
  const { shape } = a;
  const along = positiveAxes(axes, shape.length);
  // Axes of size 1 lie anywhere.
  let first = 0;
  while (first < along.length && shape[along[first]!] === 1) first++;
  let last = along.length - 1;
  while (last >= first && shape[along[last]!] === 1) last--;
  // Groups of one number are rows of one, whatever the other axes are.
  const [from, to] = first > last ? [shape.length, shape.length] : [along[first]!, along[last]! + 1];
  let [outer, n, inner] = [1, 1, 1];
  let apart = false;
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis]!;
    if (axis < from) outer *= size;
    else if (axis >= to) inner *= size;
    else {
      n *= size;
      apart ||= size !== 1 && !along.includes(axis);
    }
  }
  return apart ? new Apart(a, along) : new InPlace(a, { outer, n, inner }, along);
}

class InPlace implements Grouped {
  constructor(
    readonly array: NdArray,
    readonly groups: Groups,
    readonly along: readonly number[],
  ) {}

  get data(): Numbers {
    return flat(this.array);
  }

  get measured(): Shape {
    return across(this.array.shape, this.along);
  }

  room(): View {
    return emptyLike(this.array);
  }

  restore(computed: View): NdArray {
    return computed;
  }

  arrange(other: NdArray): Numbers {
    return flat(other);
  }
}

class Apart implements Grouped {
  readonly groups: Groups;
  readonly #order: readonly number[];

  constructor(
    readonly array: NdArray,
    readonly along: readonly number[],
  ) {
    const { shape } = array;
    const rest = shape.map((_, axis) => axis).filter((axis) => !along.includes(axis));
    const outer = sizeOf(rest.map((axis) => shape[axis]!));
    this.#order = [...rest, ...along];
    this.groups = { outer, n: sizeOf(shape) / outer, inner: 1 };
  }

  get data(): Numbers {
    return this.arrange(this.array);
  }

  get measured(): Shape {
    return across(this.array.shape, this.along);
  }

  room(): View {
    const { shape, dtype } = this.array;
    return empty(
      this.#order.map((axis) => shape[axis]!),
      dtype,
    );
  }

  restore(computed: View): NdArray {
    const back = this.#order.map((_, axis) => this.#order.indexOf(axis));
    return contiguous(transpose(computed, back));
  }

  arrange(other: NdArray): Numbers {
    return flat(transpose(other, this.#order));
  }
}

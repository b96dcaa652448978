import type { Groups } from '../kernels/index.js';
import {
  type Axes,
  type NdArray,
  type Numbers,
  type Shape,
  across,
  empty,
  positiveAxes,
  sizeOf,
} from './array.js';
import { contiguous, flat } from './contiguous.js';
import { transpose } from './transpose.js';
import type { View } from './view.js';

/** An array laid out for kernels that work on groups along some axes, and the way back to its own order. */
export interface Grouped {
  readonly data: Numbers;
  readonly groups: Groups;
  /** The shape of one number a group: the axes cut to 1. */
  readonly measured: Shape;
  /** Room for an array of the same shape in this layout. */
  room(): View;
  /** What was computed in such room, as an array of the original shape. */
  restore(computed: View): NdArray;
  /** Another array of the same shape in this layout. */
  arrange(other: NdArray): Numbers;
}

/** Groups along neighbouring axes are read in place; where axes lie apart, they are brought to the end first. */
export function grouped(a: NdArray, axes: Axes): Grouped {
  const { shape } = a;
  const along = positiveAxes(axes, shape.length);
  const measured = across(shape, axes);
  const wide = along.filter((axis) => shape[axis] !== 1);
  const [first = 0] = wide;
  const last = wide.at(-1) ?? -1;
  const between = shape.slice(first, last + 1).filter((n) => n !== 1).length;
  if (between === wide.length) {
    // Groups of one number are rows of one, whatever stands beside them.
    const [outer, n, inner] = wide.length
      ? [shape.slice(0, first), shape.slice(first, last + 1), shape.slice(last + 1)]
      : [shape, [], []];
    return {
      data: flat(a),
      groups: { outer: sizeOf(outer), n: sizeOf(n), inner: sizeOf(inner) },
      measured,
      room: () => empty(shape, a.dtype),
      restore: (computed) => computed,
      arrange: flat,
    };
  }
  const rest = shape.map((_, axis) => axis).filter((axis) => !along.includes(axis));
  const order = [...rest, ...along];
  const back = order.map((_, axis) => order.indexOf(axis));
  const arranged = order.map((axis) => shape[axis]!);
  const outer = sizeOf(rest.map((axis) => shape[axis]!));
  return {
    data: flat(transpose(a, order)),
    groups: { outer, n: sizeOf(shape) / outer, inner: 1 },
    measured,
    room: () => empty(arranged, a.dtype),
    restore: (computed) => contiguous(transpose(computed, back)),
    arrange: (other) => flat(transpose(other, order)),
  };
}

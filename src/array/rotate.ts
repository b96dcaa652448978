import { NormtapeError } from '../error.js';
import * as kernels from '../kernels/index.js';
import { type NdArray, full, sizeOf } from './array.js';
import { flat } from './contiguous.js';
import { numbersOf } from './view.js';

export interface Turning {
  /** The axis of the places; the last axis holds what is turned. */
  readonly axis: number;
  /** The place of each, of all that lead or of each of them. */
  readonly positions: ArrayLike<number>;
  /** Pair j of n turns by place · base^(−j / n). */
  readonly base: number;
}

/** Turns the pairs (x[i], x[i + n]) of the last axis of 2n numbers by angles that grow with the place; −1 turns back. */
export function rotate(x: NdArray, { axis, positions, base }: Turning, sign: 1 | -1): NdArray {
  const { shape } = x;
  const half = shape.at(-1)! / 2;
  const places = shape[axis]!;
  const lead = sizeOf(shape.slice(0, axis + 1));
  const isLaid = Number.isInteger(half) && Number.isInteger(axis) && axis >= 0 && axis < shape.length - 1;
  if (!isLaid || (positions.length !== places && positions.length !== lead)) {
    const expected = `an even last axis, an axis before it, and ${places} or ${lead} positions`;
    throw new NormtapeError({ where: 'rotate', expected, received: { shape, axis, positions } });
  }
  const angles = new Float64Array(positions.length * half).map(
    (_, i) => positions[Math.floor(i / half)]! * base ** -((i % half) / half),
  );
  const made = full(shape, 0, x.dtype);
  const outer = sizeOf(shape.slice(0, axis));
  const inner = sizeOf(shape.slice(axis + 1, -1));
  const [cosines, sines] = [angles.map(Math.cos), angles.map(Math.sin)];
  kernels.rotate(flat(x), numbersOf(made), cosines, sines, outer, places, inner, half, sign);
  return made;
}

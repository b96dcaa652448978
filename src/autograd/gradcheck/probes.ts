import { type NdArray, type Random, fromFlat, sizeOf } from '../../array/index.js';
import { type Direction, scales } from './measure.js';

/** The count of random directions to probe if the inputs are too many to probe each. */
export const DIRECTIONS = 3;

/** One measurement: a direction in which the inputs move, and the number or row that it measures. */
export interface Probe {
  readonly input: number;
  readonly index: readonly number[];
  /** The row of the input; the gradients of a row are compared relative to the largest of them. */
  readonly row: number;
  readonly direction: Direction;
}

/** A probe for each element of each input, which moves by the scale of its row. */
export const elementProbes = (inputs: readonly NdArray[]): Probe[] =>
  inputs.flatMap((x, input) => {
    const width = x.shape.at(-1) ?? 1;
    return Array.from(scales(x), (length, i) => ({
      input,
      index: indexOf(i, x.shape),
      row: Math.floor(i / width),
      direction: inputs.map((other, k) => {
        const move = new Float64Array(sizeOf(other.shape));
        if (k === input) move[i] = length;
        return fromFlat(move, other.shape);
      }),
    }));
  });

/** Probes of all elements of one input at once, each of which moves by a random share of the scale of its row. */
export const randomProbes = (inputs: readonly NdArray[], random: Random): Probe[] =>
  inputs.flatMap((x, input) =>
    Array.from({ length: DIRECTIONS }, (_, row) => ({
      input,
      index: [],
      row,
      direction: inputs.map((other, k) =>
        fromFlat(
          scales(other).map((length) => (k === input ? length * random.normal() : 0)),
          other.shape,
        ),
      ),
    })),
  );

/** One seed for each element of the outputs: 1 there, 0 elsewhere. */
export const elementSeeds = (shapes: readonly (readonly number[])[]): NdArray[][] =>
  shapes.flatMap((shape, output) =>
    Array.from({ length: sizeOf(shape) }, (_, i) =>
      shapes.map((other, k) => {
        const data = new Float64Array(sizeOf(other));
        if (k === output) data[i] = 1;
        return fromFlat(data, other);
      }),
    ),
  );

/** The index of a position in row-major order. */
function indexOf(position: number, shape: readonly number[]): number[] {
  let rest = position;
  return [...shape]
    .reverse()
    .map((n) => {
      const i = rest % n;
      rest = (rest - i) / n;
      return i;
    })
    .reverse();
}

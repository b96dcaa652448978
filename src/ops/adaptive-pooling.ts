import * as array from '../array/index.js';
import {
  type NdArray,
  type Pair,
  type Range,
  add,
  broadcastTo,
  demandRoom,
  full,
  put,
  scale,
  sliceView,
} from '../array/index.js';
import { type Operand, SMOOTH, lift, withDomain } from '../autograd/primitive.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { type Extent, readExtent } from './window.js';

/**
 * The means of images [samples, height, width, channels] over a grid with fixed numbers of rows and columns, for
 * images of any size: [samples, rows, columns, channels]. As in PyTorch, cell i of m covers the pixels from ⌊i·n/m⌋ to
 * below ⌈(i + 1)·n/m⌉, so neighbouring cells may overlap.
 *
 * @throws {NormtapeError} If x is not an image, or the size is not a whole number from 1, or two.
 */
export const adaptiveAveragePool2d = withDomain(SMOOTH, (x: Operand, outputSize: Extent): Tensor =>
  adaptivePool('adaptiveAveragePool2d', x, outputSize, {
    value: (cell) => array.mean(cell, [1, 2]),
    back: (g, cell) => broadcastTo(scale(g, 1 / (cell.shape[1]! * cell.shape[2]!)), cell.shape),
  }),
);

/**
 * The maxima of images [samples, height, width, channels] in the cells of a grid; see `adaptiveAveragePool2d`. A NaN
 * wins, and ties share the gradient evenly.
 *
 * @throws {NormtapeError} If x is not an image, or the size is not a whole number from 1, or two.
 */
export const adaptiveMaxPool2d = withDomain(
  { ...SMOOTH, ties: true },
  (x: Operand, outputSize: Extent): Tensor =>
    adaptivePool('adaptiveMaxPool2d', x, outputSize, {
      value: (cell) => array.max(cell, [1, 2]),
      back: (g, cell, value) => array.extremeBack(cell, value, g, [1, 2]),
    }),
);

/** Reduces the pixels of one cell: [samples, rows, columns, channels] → [samples, 1, 1, channels]. */
interface CellRule {
  value(cell: NdArray): NdArray;
  back(g: NdArray, cell: NdArray, value: NdArray): NdArray;
}

function adaptivePool(where: string, x: Operand, outputSize: Extent, rule: CellRule): Tensor {
  const size = readExtent(`${where}.outputSize`, outputSize, 1);
  return lift(where, [x], (images) => {
    const { shape, dtype } = images;
    if (shape.length !== 4 || shape[1] === 0 || shape[2] === 0) {
      const expected = 'images [samples, height, width, channels] of at least one pixel';
      throw new NormtapeError({ where, expected, received: shape });
    }
    const pooled = [shape[0]!, ...size, shape[3]!];
    demandRoom(size[0] * size[1], pooled);
    const cells = cellsOf(shape[1]!, shape[2]!, size);
    const value = full(pooled, 0, dtype);
    for (const { pixels, place } of cells)
      put(rule.value(sliceView(images, pixels)), sliceView(value, place));
    return {
      value,
      pullback(g) {
        const sums = full(shape, 0, dtype);
        for (const { pixels, place } of cells) {
          const back = rule.back(sliceView(g, place), sliceView(images, pixels), sliceView(value, place));
          const region = sliceView(sums, pixels);
          put(add(region, back), region);
        }
        return [sums];
      },
    };
  });
}

/** The pixels of every cell, and the position of its result. */
function cellsOf(height: number, width: number, [rows, columns]: Pair) {
  const range = (i: number, m: number, n: number): Range => [
    Math.floor((i * n) / m),
    Math.ceil(((i + 1) * n) / m),
  ];
  return Array.from({ length: rows * columns }, (_, k) => {
    const [row, column] = [Math.floor(k / columns), k % columns];
    const place: Range[] = [[], [row, row + 1], [column, column + 1]];
    const pixels: Range[] = [[], range(row, rows, height), range(column, columns, width)];
    return { pixels, place };
  });
}

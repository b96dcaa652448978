import { type Shape, type Source, expecting, flat } from '../array/index.js';
import { readArray } from '../autograd/state.js';
import { NormtapeError } from '../error.js';

/** The position of each token of a sequence: whole numbers from 0, in one list or in one list for each sequence. */
export type Positions = Source;

/** Positions, row by row. */
export interface ReadPositions {
  readonly data: Int32Array;
  readonly shape: Shape;
  /** One more than the largest position; 0 if there are none. */
  readonly end: number;
}

/** Reads positions of one of these shapes; throws, in the name of `where`, unless they are whole numbers from 0. */
export function readPositions(where: string, given: Positions, shapes: readonly Shape[]): ReadPositions {
  const array = readArray(where, given, 'float64', { demand: expecting(where, shapes) });
  let end = 0;
  for (const value of flat(array)) {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** 31) {
      throw new NormtapeError({ where, expected: 'whole numbers from 0', received: value });
    }
    end = Math.max(end, value + 1);
  }
  return { data: Int32Array.from(flat(array)), shape: array.shape, end };
}

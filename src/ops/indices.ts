import { type Picks, flat, fromSource } from '../array/index.js';
import { Tensor, arrayOf } from '../autograd/tape.js';
import { isOne } from '../demand.js';
import { NormtapeError } from '../error.js';

/** Whole numbers in nested lists. */
export type Indices = ArrayLike<number> | readonly Indices[];

const isIntegers = (indices: unknown): indices is Int32Array => indices instanceof Int32Array;

/** Indices as integers with their shape; throws, in the name of `where`, if one is not a whole number. */
export function picksOf(where: string, indices: Indices | Tensor): Picks {
  if (isOne(isIntegers, indices)) return { data: indices.slice(), shape: [indices.length] };
  const numbers =
    indices instanceof Tensor
      ? arrayOf(indices)
      : fromSource(indices as readonly number[], { dtype: 'float64' });
  const data = Int32Array.from(flat(numbers), (index) => {
    if (Number.isInteger(index)) return index;
    throw new NormtapeError({ where, expected: 'whole numbers', received: index });
  });
  return { data, shape: numbers.shape };
}

import { isList } from '../../demand.js';
import { type NdArray, fromFlat, store } from '../../array/index.js';
import type { Tensor } from '../../autograd/tape.js';
import { NormtapeError } from '../../error.js';
import { type NumberOption, resolve } from '../../option/index.js';

/** One number for all classes of the last axis, or a list of one for each. */
export type PerClass = number | readonly number[];

/**
 * Such numbers as an array that broadcasts to the predictions: of shape [classes] for a list, of rank 0 for one
 * number, or for none, where the option has a default. Throws, in the name of the loss and the option, if the list
 * has another length or a number is out of bounds.
 */
export function perClass(
  where: string,
  name: string,
  option: NumberOption,
  given: PerClass | undefined,
  { shape, dtype }: Tensor,
): NdArray {
  const read = (value: number | undefined): number =>
    resolve(where, { [name]: option }, { [name]: value })[name]!;
  const isListed = isList(given);
  if (isListed && given.length !== shape.at(-1)) {
    const expected = `one weight, or ${shape.at(-1)} for as many classes`;
    throw new NormtapeError({ where: `${where}.${name}`, expected, received: given });
  }
  const numbers: readonly number[] = isListed ? Array.from(given, read) : [read(given as number | undefined)];
  const data = store(dtype, numbers.length);
  data.set(numbers);
  return fromFlat(data, isListed ? [numbers.length] : []);
}

import { type Form, type Source, fromSource } from '../array/index.js';
import { NormtapeError } from '../error.js';
import { flag, resolveBeside } from '../option/index.js';
import { Tensor } from './tape.js';

const COPYING = { copy: flag(true, 'Whether the numbers are copied.') };

/**
 * A tensor from a number, nested lists, a typed array, an NdArray, or the JSON of a tensor. The data are copied; with
 * `{ copy: false }`, a typed array or NdArray of the same dtype is shared, and must not be changed afterwards. Throws
 * if the data are ragged, are not numbers, or do not fill the shape.
 */
export function tensor(data: Source, form: Form = {}): Tensor {
  if (data instanceof Tensor) {
    const hint = 'It is a tensor already: tensor(x.value) copies it; x.cast(dtype) and reshape convert it.';
    throw new NormtapeError({ where: 'tensor', expected: 'numbers', received: data, hint });
  }
  return new Tensor(fromSource(data, resolveBeside('tensor', COPYING, form, ['shape', 'dtype'])));
}

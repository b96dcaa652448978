import {
  type Dtype,
  type NdArray,
  type Reading,
  type Shape,
  type Source,
  asWord,
  cast,
  copy,
  expecting,
  fromSource,
} from '../array/index.js';
import { NormtapeError, suggest } from '../error.js';
import { isPlainObject } from '../option/index.js';
import { Tensor, arrayOf } from './tape.js';

/** The state of a module or an optimizer by name: NdArrays, tensors, nested lists, or the same read from JSON. */
export type StateDict = Readonly<Record<string, Source | Tensor>>;

/** A method that checks a whole state and changes nothing. It returns a function that loads the state, and never throws. */
export const PREPARE: unique symbol = Symbol('prepare');

/** The shape and dtype that an array of a state must have. */
export interface Place {
  readonly shape: Shape;
  readonly dtype: Dtype;
}

/**
 * Copies of the arrays of a state, by name, in the dtypes of their places. Throws for the first array that is missing,
 * unknown or of another shape; unless `strict`, missing and unknown arrays are ignored.
 */
export function readState(
  where: string,
  dict: unknown,
  places: ReadonlyMap<string, Place>,
  { strict = true }: { readonly strict?: boolean } = {},
): ReadonlyMap<string, NdArray> {
  if (!isPlainObject(dict)) {
    throw new NormtapeError({ where, expected: 'a plain object of arrays by name', received: dict });
  }
  const names = [...places.keys()];
  const unknown = strict ? Object.keys(dict).find((name) => !places.has(name)) : undefined;
  if (unknown !== undefined) {
    const expected = names.length ? `weights among ${names.join(', ')}` : 'no weights';
    throw new NormtapeError({ where, expected, received: unknown, hint: suggest(unknown, names) });
  }
  const arrays = new Map<string, NdArray>();
  for (const [name, place] of places) {
    const given = Object.hasOwn(dict, name) ? dict[name] : undefined;
    if (given !== undefined) arrays.set(name, placed(`${where}: ${name}`, given as Source | Tensor, place));
    else if (strict) {
      throw new NormtapeError({ where, expected: `a value for ${name}`, received: Object.keys(dict) });
    }
  }
  return arrays;
}

function placed(where: string, given: Source | Tensor, { shape, dtype }: Place): NdArray {
  const demand = expecting(where, [shape]);
  if (!(given instanceof Tensor)) return readArray(where, given, dtype, { demand });
  demand(given.shape);
  return copy(cast(arrayOf(given), dtype));
}

/**
 * Reads an array in a dtype, or in its own; an error names `where`. `demand` gets the shape that the array claims to have
 * before any number of it is read.
 */
export function readArray(
  where: string,
  given: Source,
  dtype?: Dtype,
  { demand, item = asWord, untyped }: Reading = {},
): NdArray {
  let isDemanding = false;
  const demanded = (claimed: Shape): void => {
    isDemanding = true;
    demand?.(claimed);
    isDemanding = false;
  };
  try {
    return fromSource(given, { dtype }, { item, demand: demanded, untyped });
  } catch (error) {
    throw error instanceof NormtapeError && !isDemanding
      ? new NormtapeError({ ...error.report, where })
      : error;
  }
}

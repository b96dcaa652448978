import {
  type Dtype,
  type NdArray,
  type Shape,
  type Source,
  cast,
  copy,
  fromJsonNumbers,
  fromSource,
  sameShape,
} from '../array/index.js';
import { NormtapeError, suggest } from '../error.js';
import { isPlainObject } from '../option/index.js';
import { Tensor, arrayOf } from './tape.js';

/** The state of a module or an optimizer by name: NdArrays, tensors, nested lists, or the same read from JSON. */
export type StateDict = Readonly<Record<string, Source | Tensor>>;

/** Where an array of a state belongs: the shape and dtype it has there. */
export interface Place {
  readonly shape: Shape;
  readonly dtype: Dtype;
}

/**
 * Copies of the arrays that a state holds for the places, in their dtypes. Throws for the first array that is
 * missing, unknown or of another shape; unless `strict`, missing and unknown ones are passed over.
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
  const array =
    given instanceof Tensor ? arrayOf(given) : readArray(where, fromJsonNumbers(given) as Source, dtype);
  if (sameShape(array.shape, shape)) return copy(cast(array, dtype));
  const expected = `the shape ${JSON.stringify(shape)}`;
  throw new NormtapeError({ where, expected, received: array.shape });
}

/** Reads an array that was given under a name, which an error then says; its own dtype if none is asked for. */
export function readArray(where: string, given: Source, dtype?: Dtype): NdArray {
  try {
    return fromSource(fromJsonNumbers(given) as Source, { dtype });
  } catch (error) {
    throw error instanceof NormtapeError ? new NormtapeError({ ...error.report, where }) : error;
  }
}

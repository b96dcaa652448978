import { type NdArray, type Shape, type Source, demandShape, sizeOf } from '../array/index.js';
import { readArray } from '../autograd/state.js';
import { Tensor, arrayOf } from '../autograd/tape.js';
import { demandText } from '../demand.js';
import { NormtapeError } from '../error.js';
import { entriesOf } from '../option/index.js';
import { demandKey, demandWellFormed } from './bytes.js';

/** An array to write: a tensor, a parameter, an NdArray, a typed array or nested lists. */
export type Writable = Source | Tensor;

/** The array to write; throws, in the name of `where`, if the value is none, and what `demand` throws at its shape. */
export function readWritable(where: string, given: Writable, demand?: (claimed: Shape) => void): NdArray {
  if (!(given instanceof Tensor)) return readArray(where, given, undefined, { demand });
  demand?.(given.shape);
  return arrayOf(given);
}

/** What stands for arrays by name, unread; throws, in the name of `where`, if a name cannot be written. */
export function namedIn(where: string, given: unknown): (readonly [string, Writable])[] {
  const entries = entriesOf(given);
  if (!entries) {
    throw new NormtapeError({ where, expected: 'a plain object of arrays by name', received: given });
  }
  for (const [name] of entries) demandKey(where, name);
  return entries as (readonly [string, Writable])[];
}

/** The arrays to write by name; throws, in the name of `where`, if one is none, or if a name cannot be written. */
export const readNamed = (where: string, given: unknown): (readonly [string, NdArray])[] =>
  namedIn(where, given).map(([name, value]) => [name, readWritable(`${where}: ${name}`, value)] as const);

/** The number of elements of a shape that a file states; throws unless it is a shape. */
export function sizeOfStated(where: string, shape: readonly unknown[]): number {
  demandShape(where, shape);
  // Large sizes may multiply to infinity, and infinity times 0 is NaN.
  return shape.includes(0) ? 0 : sizeOf(shape as readonly number[]);
}

/** Throws unless each value of a plain object is a text that UTF-8 can hold. */
export function readTexts(where: string, given: unknown): Record<string, string> {
  const texts = entriesOf(given);
  if (!texts) {
    throw new NormtapeError({ where, expected: 'a plain object of strings', received: given });
  }
  const entries = texts.map(([name, value]): [string, string] => {
    demandKey(where, name);
    demandText(`${where}: ${name}`, value);
    demandWellFormed(`${where}: ${name}`, value);
    return [name, value];
  });
  return Object.fromEntries(entries);
}

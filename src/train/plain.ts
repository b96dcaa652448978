import {
  type NdArray,
  fromJsonNumbers,
  isNdArray,
  toJsonNumber,
  toJsonNumbers,
  toNested,
} from '../array/index.js';
import type { StateDict } from '../autograd/state.js';
import { Tensor, arrayOf } from '../autograd/tape.js';
import { Module } from '../nn/module.js';
import { isPlainObject } from '../option/index.js';

/** Strings that stand for numbers, and those that were quoted because they look like one. */
const WORD = /^'*(?:NaN|-?Infinity|-0)$/;

/**
 * The state of a model; or the same state, of a training, a model, an optimizer or a callback, as plain data: every array as nested lists. JSON
 * and structuredClone keep it to the last bit, since NaN, the infinities and −0, which JSON lacks, go as strings.
 * `fit` goes on from it, and every `loadStateDict` takes it.
 */
export function plainState(model: Module): StateDict;
export function plainState<S>(state: S): S;
export function plainState(state: unknown): unknown {
  return plainly(state instanceof Module ? state.stateDict() : state);
}

function plainly(value: unknown): unknown {
  if (value instanceof Tensor) return nested(arrayOf(value));
  if (isNdArray(value)) return nested(value satisfies NdArray);
  if (typeof value === 'number') return toJsonNumber(value);
  if (typeof value === 'string') return WORD.test(value) ? `'${value}` : value;
  return eachIn(value, plainly);
}

/** A state with the numbers that `plainState` wrote as strings; of any other state a copy. */
export const readPlain = <S>(state: S): S => read(state) as S;

function read(value: unknown): unknown {
  if (typeof value === 'string') return WORD.test(value) ? unquoted(value) : value;
  return eachIn(value, read);
}

const unquoted = (word: string): unknown => (word.startsWith("'") ? word.slice(1) : fromJsonNumbers(word));

function eachIn(value: unknown, change: (item: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(item)]));
}

/** The numbers of an array in nested lists, as JSON can hold them. */
const nested = (a: NdArray): unknown => toJsonNumbers(toNested(a));

import { isList } from '../demand.js';
import {
  type NdArray,
  asWord,
  fromSource,
  isNdArray,
  toJsonNumber,
  toJsonNumbers,
  toNested,
} from '../array/index.js';
import type { StateDict } from '../autograd/state.js';
import { Tensor, arrayOf } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { Module } from '../nn/module.js';
import { isPlainObject } from '../option/index.js';

/** Strings that encode numbers, and strings that were quoted because they look like one. */
const WORD = /^'*(?:NaN|-?Infinity|-0)$/;

/**
 * The state of a model, or a given state of a training run, model, optimizer or callback, as plain data: every array as
 * nested lists. JSON and structuredClone keep it to the last bit, since NaN, the infinities and −0, which JSON lacks,
 * become strings. `fit` resumes from it, and every `loadStateDict` takes it. Throws if a list or an object contains
 * itself.
 */
export function plainState(model: Module): StateDict;
export function plainState<S>(state: S): S;
export function plainState(state: unknown): unknown {
  return changed('plainState', state instanceof Module ? state.stateDict() : state, plainly);
}

function plainly(value: unknown): unknown {
  if (value instanceof Tensor) return nested(arrayOf(value));
  if (isNdArray(value)) return nested(fromSource(value));
  if (typeof value === 'number') return toJsonNumber(value);
  return typeof value === 'string' && WORD.test(value) ? `'${value}` : value;
}

/** Decodes the numbers that `plainState` wrote as strings; copies any other state. Throws if it contains itself. */
export const readPlain = <S>(state: S, where = 'plainState'): S => changed(where, state, read) as S;

const read = (value: unknown): unknown =>
  typeof value === 'string' && WORD.test(value)
    ? value.startsWith("'")
      ? value.slice(1)
      : asWord(value)
    : value;

/** The most levels of a state; deeper ones contain themselves, or are no state. */
const DEEPEST = 100;

/**
 * A copy of lists and plain objects in which `change` was applied to everything else. One that occurs many times is copied
 * once: a short state may claim to be long.
 */
function changed(where: string, state: unknown, change: (item: unknown) => unknown): unknown {
  const copies = new Map<object, unknown>();
  const copy = (value: unknown, depth: number): unknown => {
    const item = change(value);
    // The result of `change` is final; a value that it left may contain others.
    if (item !== value || !isHolder(value)) return item;
    if (depth > DEEPEST) {
      const expected = `lists and objects in at most ${DEEPEST} levels`;
      throw new NormtapeError({
        where,
        expected,
        received: 'deeper ones, such as a list that contains itself',
      });
    }
    const known = copies.get(value);
    if (known !== undefined) return known;
    const made = isList(value)
      ? Array.from(whole(where, value), (one) => copy(one, depth + 1))
      : Object.fromEntries(Object.entries(value).map(([key, one]) => [key, copy(one, depth + 1)]));
    copies.set(value, made);
    return made;
  };
  return copy(state, 0);
}

const isHolder = (value: unknown): value is object => isList(value) || isPlainObject(value);

/** The list; throws if it has a hole: a list of holes may be long and empty. */
function whole(where: string, list: readonly unknown[]): readonly unknown[] {
  for (let i = 0; i < list.length; i++) {
    if (i in list) continue;
    throw new NormtapeError({ where, expected: 'lists without holes', received: list });
  }
  return list;
}

/** The numbers of an array in nested lists, encoded for JSON. */
const nested = (a: NdArray): unknown => toJsonNumbers(toNested(a));

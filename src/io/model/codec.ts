import { type NdArray, asWord, isNdArray, toJsonNumber } from '../../array/index.js';
import { Tensor, arrayOf } from '../../autograd/tape.js';
import { isOne } from '../../demand.js';
import { NormtapeError } from '../../error.js';
import { activations } from '../../nn/activations.js';
import { Module } from '../../nn/module.js';
import { isNorm } from '../../norms/norm.js';
import * as ops from '../../ops/catalog.js';
import { entriesOf, isPlainObject, itemsOf } from '../../option/index.js';
import { normOf } from './registry.js';

/** Functions that have a name, by the key that stands before the name in a file. */
const FUNCTIONS = { $activation: activations, $op: ops } as const;

/** Where the parts of a value go that are no data. */
export interface Sink {
  /** How many values may still be written. */
  readonly room: { values: number };
  module(module: Module, path: string): unknown;
  array(array: NdArray, path: string): unknown;
}

/** Where they come from. */
export interface Supply {
  module(index: unknown, path: string): Module;
  array(name: unknown, path: string): NdArray;
}

/** Deeper values, and more of them, would not be read again: the reader of JSON has limits. */
const DEEPEST = 30;
export const MOST_VALUES = 5_000_000;

/**
 * A value as JSON, in which a plain object with one key that starts with $ stands for what JSON lacks: { $number: 'NaN' },
 * { $op: 'relu' }, { $activation: 'gelu' }, { $norm: 'layer_norm' }, { $module: 3 }, { $array: 'extras:0' }.
 *
 * @throws {NormtapeError} With the path, if a part of the value is none of these, such as a function that is no op.
 */
export function encoded(value: unknown, path: string, sink: Sink, depth = 0): unknown {
  const refuse = (expected: string, hint?: string): never => {
    throw new NormtapeError({ where: path, expected, received: value, hint });
  };
  if (depth > DEEPEST) refuse(`at most ${DEEPEST} levels of nested values`);
  if (--sink.room.values < 0) {
    refuse(`at most ${MOST_VALUES} values`, 'Numbers in a tensor or a typed NdArray are not counted.');
  }
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') {
    const number = toJsonNumber(value);
    return typeof number === 'string' ? { $number: number } : number;
  }
  if (typeof value === 'function')
    return nameOf(value) ?? refuse('an op or an activation of normtape', NO_FUNCTION);
  if (value instanceof Module) return sink.module(value, path);
  if (value instanceof Tensor) return sink.array(arrayOf(value), path);
  if (isOne(isNdArray, value)) return sink.array(value, path);
  if (isNorm(value)) {
    const hint = `A norm of yours is registered with registerNorm(${value.type}) before it is saved and loaded.`;
    return normOf(value.type) === value ? { $norm: value.type } : refuse('a norm of the catalog', hint);
  }
  const inner = (item: unknown, key: string | number): unknown =>
    encoded(item, `${path}.${key}`, sink, depth + 1);
  const items = itemsOf(value);
  if (items) return items.map(inner);
  const given = entriesOf(value) ?? refuse('plain data, an array, a module, an op or a norm');
  const entries = given.flatMap(([key, item]) =>
    item === undefined ? [] : [[key, inner(item, key)] as const],
  );
  return entries.some(([key]) => key.startsWith('$') || key === '__proto__')
    ? { $entries: entries }
    : Object.fromEntries(entries);
}

const NO_FUNCTION =
  'A file holds no code. Write the function as a class that extends Module, and register it with registerModule.';

function nameOf(value: unknown): object | undefined {
  for (const [kind, family] of Object.entries(FUNCTIONS)) {
    const found = Object.entries(family).find(([, known]) => known === value);
    if (found) return { [kind]: found[0] };
  }
  return undefined;
}

/**
 * The value that JSON of `encoded` stands for.
 *
 * @throws {NormtapeError} With the path, if a part stands for nothing.
 */
export function decoded(json: unknown, path: string, supply: Supply): unknown {
  const inner = (item: unknown, key: string | number): unknown => decoded(item, `${path}.${key}`, supply);
  if (Array.isArray(json)) return json.map(inner);
  if (!isPlainObject(json)) return json;
  const entries = Object.entries(json);
  const [first] = entries;
  if (!first || !entries.some(([key]) => key.startsWith('$')))
    return Object.fromEntries(entries.map(([key, item]) => [key, inner(item, key)]));
  const [kind, given] = first;
  const read = Object.hasOwn(READERS, kind) && entries.length === 1 ? READERS[kind] : undefined;
  const value = read?.(given, path, supply);
  if (value === undefined)
    throw new NormtapeError({ where: path, expected: 'a value that saveModel writes', received: json });
  return value;
}

/** What each key that starts with $ stands for; undefined if it stands for nothing. */
const READERS: Readonly<Record<string, (given: unknown, path: string, supply: Supply) => unknown>> = {
  $number: (given) => (typeof given === 'string' ? asWord(given) : undefined),
  $op: (given) => named(FUNCTIONS.$op, given),
  $activation: (given) => named(FUNCTIONS.$activation, given),
  $norm(given, path) {
    const norm = typeof given === 'string' ? normOf(given) : undefined;
    if (norm) return norm;
    const hint = 'If it is a norm of yours: registerNorm(definition).';
    throw new NormtapeError({
      where: path,
      expected: 'a norm of the catalog, or a registered one',
      received: given,
      hint,
    });
  },
  $module: (given, path, supply) => supply.module(given, path),
  $array: (given, path, supply) => supply.array(given, path),
  $entries(given, path, supply) {
    const isEntry = (entry: unknown): entry is [string, unknown] =>
      Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string';
    if (!Array.isArray(given) || !given.every(isEntry)) return undefined;
    return Object.fromEntries(given.map(([key, item]) => [key, decoded(item, `${path}.${key}`, supply)]));
  },
};

const named = (family: Readonly<Record<string, unknown>>, name: unknown): unknown =>
  typeof name === 'string' && Object.hasOwn(family, name) ? family[name] : undefined;

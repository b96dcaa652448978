import { type NdArray, type Random, sameShape, sizeOf } from '../../array/index.js';
import { NormtapeError } from '../../error.js';
import type { Module } from '../../nn/module.js';
import { placesWhere } from '../../nn/replace.js';
import { type Room, makingWithin } from '../../nn/room.js';
import { type Weight, isWeight } from '../../nn/statistic.js';
import type { Bytes } from '../bytes.js';
import { readSafetensors } from '../safetensors.js';
import { type Supply, decoded } from './codec.js';
import { type ModelStatement, readDocument } from './document.js';
import { Making } from './making.js';
import { EXTRAS, type Extras } from './save.js';

/** A model from a file, and what was saved beside it. */
export interface LoadedModel {
  readonly model: Module;
  readonly extras: Extras;
}

/**
 * Reads a model that `saveModel` wrote, with its weights, bit for bit, and the extras. It needs no input to be built.
 *
 * @throws {NormtapeError} If the file is malformed, of a newer version, or names a module or a norm that is not registered.
 * Then there is no model.
 */
export function loadModel(bytes: Bytes): LoadedModel {
  const where = 'loadModel';
  const { tensors, metadata } = readSafetensors(bytes);
  const statement = readDocument(where, metadata);
  const [weights, besides] = [new Map<string, NdArray>(), new Map<string, NdArray>()];
  for (const [name, array] of Object.entries(tensors))
    (name.startsWith(EXTRAS) ? besides : weights).set(name, array);
  const room = roomFor(statement, weights);
  const { model, finishers } = named(where, () => makingWithin(room, () => new Making(where, statement)));
  tie(where, model, statement.ties);
  fill(where, model, weights);
  for (const finish of finishers) finish();
  thaw(where, model, statement.frozen);
  restore(where, model, statement.generators);
  return { model, extras: extrasOf(where, statement.extras, besides) };
}

/**
 * How much may be made of a file. Weights that are tied, or stored in other coordinates, are made twice, and a module that
 * replaced another one is made beside it.
 */
function roomFor({ ties, modules }: ModelStatement, weights: ReadonlyMap<string, NdArray>): Room {
  const elements = [...weights.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const copies = 2 + Object.keys(ties).length;
  return { elements: SLACK + copies * elements, modules: 100 * (1 + modules.length) };
}

const SLACK = 2 ** 22;

/** Runs f; errors name `where`, also those that code of the caller throws. */
function named<Y>(where: string, f: () => Y): Y {
  try {
    return f();
  } catch (error) {
    if (error instanceof NormtapeError) {
      const { report } = error;
      throw report.where.startsWith(where)
        ? error
        : new NormtapeError({ ...report, where: `${where}: ${report.where}` });
    }
    const received = error instanceof Error ? `${error.name}: ${error.message}` : error;
    throw new NormtapeError({ where, expected: 'modules that can be made as the file states', received });
  }
}

/** Makes the weights one that were one. */
function tie(where: string, model: Module, ties: Readonly<Record<string, string>>): void {
  const places = placesWhere(model, isWeight);
  for (const [name, first] of Object.entries(ties)) {
    const place = places.find((one) => one.name === name);
    const weight = places.find((one) => one.name === first)?.item;
    if (!place || place.isFixed || !weight) {
      const expected = 'the name of a weight of the model';
      throw new NormtapeError({ where: `${where}: ties`, expected, received: place ? first : name });
    }
    place.put(weight);
  }
}

/** Replaces the numbers of every weight. Throws before any is replaced if one is missing, unknown or of another shape. */
function fill(where: string, model: Module, arrays: ReadonlyMap<string, NdArray>): void {
  const weights = new Map<string, Weight>([...model.namedParameters(), ...model.statistics()]);
  const stray = [...arrays.keys()].find((name) => !weights.has(name));
  if (stray !== undefined) {
    const hint = 'The module was constructed without this weight.';
    throw new NormtapeError({ where, expected: 'weights that the model has', received: stray, hint });
  }
  for (const [name, { shape }] of weights) {
    const array = arrays.get(name);
    if (!array)
      throw new NormtapeError({ where, expected: `a value for ${name}`, received: [...arrays.keys()] });
    if (!sameShape(array.shape, shape)) {
      const expected = `the shape ${JSON.stringify(shape)}`;
      throw new NormtapeError({ where: `${where}: ${name}`, expected, received: array.shape });
    }
  }
  for (const [name, weight] of weights) weight.value = arrays.get(name)!;
}

function thaw(where: string, model: Module, frozen: readonly string[]): void {
  const parameters = model.namedParameters();
  const stray = frozen.find((name) => !parameters.has(name));
  if (stray !== undefined)
    throw new NormtapeError({ where: `${where}: frozen`, expected: 'names of weights', received: stray });
  const names = new Set(frozen);
  for (const [name, parameter] of parameters) parameter.trainable = !names.has(name);
}

function restore(where: string, model: Module, states: Readonly<Record<string, unknown>>): void {
  const generators: ReadonlyMap<string, Random> = model.generators();
  const names = [...generators.keys()];
  if ([...names].sort().join() !== Object.keys(states).sort().join()) {
    const expected = `the states of the generators ${names.join(', ') || '(none)'}`;
    throw new NormtapeError({ where: `${where}: generators`, expected, received: Object.keys(states) });
  }
  for (const [name, random] of generators) {
    named(`${where}: generators.${name}`, () => {
      random.state = decoded(states[name], name, NOTHING) as readonly number[];
    });
  }
}

const refuse = (_: unknown, path: string): never => {
  throw new NormtapeError({ where: path, expected: 'data', received: 'a module or an array' });
};

const NOTHING: Supply = { module: refuse, array: refuse };

function extrasOf(where: string, json: unknown, arrays: Map<string, NdArray>): Extras {
  const unread = new Set(arrays.keys());
  const supply: Supply = {
    module: refuse,
    array(name, path) {
      const array = typeof name === 'string' ? arrays.get(name) : undefined;
      if (!array)
        throw new NormtapeError({
          where: path,
          expected: 'the name of an array in the file',
          received: name,
        });
      unread.delete(name as string);
      return array;
    },
  };
  const extras = decoded(json, `${where}: extras`, supply) as Extras;
  const [stray] = unread;
  if (stray !== undefined)
    throw new NormtapeError({ where, expected: 'arrays that extras refer to', received: stray });
  return extras;
}

import { type NdArray, type Random, sameShape, sizeOf } from '../../array/index.js';
import type { Dtype, Shape } from '../../array/index.js';
import { NormtapeError } from '../../error.js';
import { ATTACH } from '../../nn/construction.js';
import { Module } from '../../nn/module.js';
import { type PlaceOf, placesWhere } from '../../nn/replace.js';
import { makingWithin } from '../../nn/room.js';
import { type Weight, isWeight } from '../../nn/statistic.js';
import { snakeCase } from '../../option/index.js';
import type { Bytes } from '../bytes.js';
import { readSafetensors } from '../safetensors.js';
import { type Supply, decoded } from './codec.js';
import { DEEPEST, type ModelStatement, readDocument } from './document.js';
import { make } from './registry.js';
import { isMadeAs } from './same.js';
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
  const elements = [...weights.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const copies = 2 + Object.keys(statement.ties).length;
  const room = { elements: copies * elements, modules: 100 * (1 + statement.modules.length) };
  const { model, finishers } = named(where, () => makingWithin(room, () => new Making(where, statement)));
  tie(where, model, statement.ties);
  fill(where, model, weights);
  for (const finish of finishers) finish();
  thaw(where, model, statement.frozen);
  restore(where, model, statement.generators);
  return { model, extras: extrasOf(where, statement.extras, besides) };
}

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

/** Makes the modules of a file. */
class Making {
  readonly model: Module;
  readonly #made = new Map<number, Module>();
  readonly #taken = new Set<Module>();
  readonly #begun = new Set<number>();
  readonly #supply: Supply = {
    module: (index) => this.#module(index as number),
    array(_, at) {
      throw new NormtapeError({ where: at, expected: 'data', received: 'an array' });
    },
  };
  /** Called once the weights are loaded. */
  readonly finishers: (() => void)[] = [];
  #depth = 0;

  constructor(
    readonly where: string,
    readonly statement: ModelStatement,
  ) {
    this.model = this.#module(0);
  }

  /** The module of an index, which is made if it was not. */
  #module(index: number): Module {
    const known = this.#made.get(index);
    if (known) return known;
    const { type, arguments: given } = this.#statementOf(index);
    const path = `${this.where}: modules.${index}`;
    if (this.#begun.has(index) || this.#depth > DEEPEST) {
      const expected = `modules inside each other, without a circle and at most ${DEEPEST} deep`;
      throw new NormtapeError({ where: path, expected, received: type });
    }
    this.#begun.add(index);
    this.#depth++;
    const module = make(path, type, decoded(given, path, this.#supply) as readonly unknown[]);
    this.#complete(index, module);
    this.#depth--;
    return module;
  }

  #statementOf(index: number) {
    const { modules } = this.statement;
    const statement = Number.isSafeInteger(index) ? modules[index] : undefined;
    if (statement) return statement;
    const expected = `the index of one of ${modules.length} modules`;
    throw new NormtapeError({ where: `${this.where}: modules`, expected, received: index });
  }

  /** Builds the weights of a module, and puts the modules in place that its constructor did not make as they were. */
  #complete(index: number, module: Module): void {
    const { training, trainable, builtFor, attached, parts } = this.#statementOf(index);
    if (this.#taken.has(module)) {
      const expected = 'a module of its own for each that the file states';
      throw new NormtapeError({ where: `${this.where}: modules.${index}`, expected, received: module });
    }
    this.#made.set(index, module);
    this.#taken.add(module);
    Object.assign(module, { training, trainable });
    if (builtFor) build(`${this.where}: modules.${index}`, module, builtFor);
    if (attached !== undefined) {
      const finish = module[ATTACH](decoded(attached, `${this.where}: modules.${index}`, this.#supply));
      if (finish) this.finishers.push(finish);
    }
    const places = placesWhere(module, (item) => item instanceof Module, false);
    for (const [name, part] of Object.entries(parts)) {
      const place = places.find((one) => one.name === name);
      const isNew = place && !this.#made.has(part) && !this.#taken.has(place.item);
      if (isNew && isMadeAs(place.item, part, this.statement.modules)) this.#complete(part, place.item);
      const wanted = this.#module(part);
      if (place?.item !== wanted) putAt(this.where, module, name, wanted, place);
    }
    for (const { name } of [...places].reverse())
      if (!Object.hasOwn(parts, name)) putAt(this.where, module, name, undefined);
  }
}

function build(
  where: string,
  module: Module,
  { shape, dtype }: { readonly shape: Shape; readonly dtype: Dtype },
): void {
  const { build: own } = module as Partial<
    Record<'build', (input: Shape, given: { dtype: Dtype }) => unknown>
  >;
  if (typeof own !== 'function') {
    throw new NormtapeError({
      where: `${where}.builtFor`,
      expected: 'a module with a method build',
      received: shape,
    });
  }
  own.call(module, shape, { dtype });
}

/**
 * Puts a module in a place, in a field that has none, or at the end of a list; undefined takes the one in a field, or the
 * last of a list, away.
 */
function putAt(
  where: string,
  owner: Module,
  name: string,
  module: Module | undefined,
  place?: PlaceOf<Module>,
): void {
  if (module && place && !place.isFixed) return place.put(module);
  const steps = name.split('.');
  const last = steps.pop()!;
  let holder: unknown = owner;
  for (const step of steps)
    holder = (holder as Record<string, unknown> | undefined)?.[keyIn(holder, step) ?? ''];
  const key = keyIn(holder, last);
  const isFree = typeof holder === 'object' && holder !== null && !Object.isFrozen(holder);
  if (isFree && Array.isArray(holder)) {
    if (module && Number(last) === holder.length) return void holder.push(module);
    if (!module && Number(last) === holder.length - 1) return void holder.pop();
  } else if (isFree && key !== undefined) return void Object.assign(holder as object, { [key]: module });
  const expected = 'a place that the constructor makes';
  throw new NormtapeError({ where: `${where}: ${name}`, expected, received: owner.constructor.name });
}

/** The key of an object by its name in snake_case. */
const keyIn = (holder: unknown, name: string): string | undefined =>
  Object.keys(holder ?? {}).find((key) => snakeCase(key) === name);

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
    const hint = 'The module that it belongs to was made without it.';
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

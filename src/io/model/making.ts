import type { Dtype, Shape } from '../../array/index.js';
import { NormtapeError } from '../../error.js';
import { ATTACH } from '../../nn/construction.js';
import { Module } from '../../nn/module.js';
import { type PlaceOf, placesWhere } from '../../nn/replace.js';
import { snakeCase } from '../../option/index.js';
import { type Supply, decoded } from './codec.js';
import { DEEPEST, type ModelStatement } from './document.js';
import { make } from './registry.js';
import { isMadeAs } from './same.js';

/** Makes the modules of a file: with weights of the right shapes, whose numbers are zeros. */
export class Making {
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
      const expected = 'a separate module for each module in the file';
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

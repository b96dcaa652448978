import type { NdArray } from '../../array/index.js';
import { NormtapeError } from '../../error.js';
import { ARGUMENTS, ATTACHED, BUILT_FOR, MAKER } from '../../nn/construction.js';
import { Module, demandModule } from '../../nn/module.js';
import { placesWhere } from '../../nn/replace.js';
import { arrayIn, isWeight } from '../../nn/statistic.js';
import { plain } from '../../option/index.js';
import { writeSafetensors } from '../safetensors.js';
import { MOST_VALUES, type Sink, encoded } from './codec.js';
import { DEEPEST, KEYS, type ModelStatement, type ModuleStatement, VERSION } from './document.js';
import { nameOfMaker, registeredFor } from './registry.js';

/** Data to save with a model: JSON values, and arrays anywhere in them. */
export type Extras = Readonly<Record<string, unknown>>;

/** The names of arrays in extras start with it; no weight has such a name. */
export const EXTRAS = 'extras:';

/**
 * A model as one .safetensors file: how its modules are made, their weights and running statistics, modes and the states
 * of random generators. `extras` are saved beside it: a plain object of data and arrays, such as
 * `{ optimizer: optimizer.stateDict(model) }`.
 *
 * @throws {NormtapeError} With the path of the module, if it is of a class that is not registered, or holds a function
 * that is no op.
 */
export function saveModel(model: Module, extras: Extras = {}): Uint8Array<ArrayBuffer> {
  const where = 'saveModel';
  demandModule(where, model);
  const beside = plain(`${where}: extras`, extras);
  const weights = [...model.namedParameters(), ...model.statistics()];
  const tensors = new Map<string, NdArray>(weights.map(([name, weight]) => [name, arrayIn(weight)]));
  const modules = new Statements(where, model).modules;
  let count = 0;
  const sink: Sink = {
    room: { values: MOST_VALUES },
    module(module, path) {
      throw new NormtapeError({ where: path, expected: 'data and arrays', received: module });
    },
    array(array) {
      const name = `${EXTRAS}${count++}`;
      tensors.set(name, array);
      return { $array: name };
    },
  };
  const names = [...model.generators()].map(([name, { state }]) => [name, state] as const);
  const statement: ModelStatement = {
    modules,
    frozen: [...model.namedParameters()].flatMap(([name, { trainable }]) => (trainable ? [] : [name])),
    ties: tiesIn(model),
    generators: Object.fromEntries(names.map(([name, state]) => [name, encoded(state, name, sink)])),
    extras: encoded(beside, `${where}: extras`, sink),
  };
  return writeSafetensors(Object.fromEntries(tensors), {
    [KEYS.version]: String(VERSION),
    [KEYS.model]: JSON.stringify(statement),
  });
}

/** The places of weights that lie elsewhere too, and the name of each. */
function tiesIn(model: Module): Record<string, string> {
  const names = new Map<object, string>();
  const ties: Record<string, string> = {};
  for (const { item, name } of placesWhere(model, isWeight)) {
    const first = names.get(item);
    if (first === undefined) names.set(item, name);
    else ties[name] = first;
  }
  return ties;
}

/** The type and the encoded arguments of a module. Throws, with the path, if it does not state them. */
export function constructionOf(
  module: Module,
  path: string,
  sink: Sink,
): Pick<ModuleStatement, 'type' | 'arguments'> {
  const registered = registeredFor(module);
  if (registered) {
    const [type, { save }] = registered;
    return { type, arguments: [encoded(save(module), `${path}: save`, sink)] };
  }
  const type = nameOfMaker(module[MAKER]);
  const given = module[ARGUMENTS]();
  if (type === undefined || given === undefined) {
    const { name } = module.constructor;
    const hint = `Register it: registerModule('${name}', { module: ${name}, save, load }).`;
    const expected = 'a module of the package, or of a class that is registered';
    throw new NormtapeError({ where: path, expected, received: name, hint });
  }
  return {
    type,
    arguments: given.map((item, i) => encoded(item, `${path}: ${pathOf(module, item, i)}`, sink)),
  };
}

/** The field of a module in which an argument lies, for errors; its position if it lies in none. */
const pathOf = (module: Module, argument: unknown, i: number): string =>
  Object.entries(module).find(([, field]) => field === argument)?.[0] ?? `argument ${i}`;

/** The statements of a model and all modules below it, each once. */
class Statements {
  readonly modules: ModuleStatement[] = [];
  readonly #indices = new Map<Module, number>();
  readonly #room = { values: MOST_VALUES };
  #depth = 0;

  constructor(
    readonly where: string,
    model: Module,
  ) {
    this.#add(model, '');
  }

  /** The index of a module, which is stated if it was not. */
  #add(module: Module, name: string): number {
    const known = this.#indices.get(module);
    if (known !== undefined) return known;
    const index = this.#indices.size;
    this.#indices.set(module, index);
    if (++this.#depth > DEEPEST) {
      const expected = `modules that are at most ${DEEPEST} deep inside each other`;
      throw new NormtapeError({ where: this.where, expected, received: 'deeper ones' });
    }
    const { training, trainable } = module;
    const places = placesWhere(module, (item) => item instanceof Module, false);
    const prefix = name && `${name}.`;
    const sink: Sink = {
      room: this.#room,
      module: (inner) => {
        const place = places.find(({ item }) => item === inner)?.name;
        return { $module: this.#add(inner, prefix + (place ?? 'argument')) };
      },
      array(_, path) {
        const hint = 'Keep it as a Parameter, or as nested lists.';
        throw new NormtapeError({ where: path, expected: 'data', received: 'an array', hint });
      },
    };
    const path = name ? `${this.where}: ${name}` : this.where;
    const construction = constructionOf(module, path, sink);
    const parts = places.map((place) => [place.name, this.#add(place.item, prefix + place.name)] as const);
    const builtFor = module[BUILT_FOR];
    const attached = module[ATTACHED]();
    this.modules[index] = {
      ...construction,
      training,
      trainable,
      ...(builtFor && { builtFor }),
      ...(attached !== undefined && { attached: encoded(attached, `${path}: attached`, sink) }),
      parts: Object.fromEntries(parts),
    };
    this.#depth--;
    return index;
  }
}

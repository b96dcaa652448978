import { demandFunction, demandText } from '../../demand.js';
import { NormtapeError } from '../../error.js';
import * as library from '../../js.js';
import { type Maker } from '../../nn/construction.js';
import { Module } from '../../nn/module.js';
import { type Norm, isNorm } from '../../norms/norm.js';
import { plain } from '../../option/index.js';

/** How modules of a class of one's own are written into a file, and made again. */
export interface RegisteredModule<M extends Module = Module, C = unknown> {
  /** The class. */
  readonly module: new (...given: never[]) => M;
  /** What the module is made of, without its weights: data, arrays, modules, ops, activations and norms. */
  readonly save: (module: M) => C;
  /** A module with weights of the same names and shapes, whose numbers are then replaced. */
  readonly load: (config: C) => M;
}

// Not by its type, which is a union of hundreds.
const EXPORTS: Readonly<Record<string, unknown>> = library;

const isClassOfModules = (value: unknown): value is Maker =>
  typeof value === 'function' && value.prototype instanceof Module;

/** Every public class of modules, and the functions that make others, by the names under which the package exports them. */
const MAKERS: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  ...Object.entries(EXPORTS).flatMap(([name, value]): [string, Maker][] =>
    isClassOfModules(value) ? [[name, value]] : [],
  ),
  ['normalization', library.normalization],
  ['normDenseBlock', library.normDenseBlock],
]);

const NAMES: ReadonlyMap<unknown, string> = new Map([...MAKERS].map(([name, maker]) => [maker, name]));

/** The norms of both catalogs. */
const CATALOG: Readonly<Record<string, Norm>> = { ...library.norms, ...library.weightNorms };

const modules = new Map<string, RegisteredModule>();
const norms = new Map<string, Norm>();

/**
 * Registers a class of one's own under a name, so that `saveModel` and `loadModel` know it. To register the class again
 * under the same name replaces the functions.
 *
 * @throws {NormtapeError} If the name belongs to another class, or an argument is of the wrong kind.
 */
export function registerModule<M extends Module, C>(name: string, given: RegisteredModule<M, C>): void {
  const where = 'registerModule';
  demandText(`${where}: name`, name);
  const { module, save, load } = plain(where, given);
  if (!isClassOfModules(module)) {
    throw new NormtapeError({
      where: `${where}.module`,
      expected: 'a class that extends Module',
      received: module,
    });
  }
  demandFunction(`${where}.save`, save);
  demandFunction(`${where}.load`, load);
  const known = modules.get(name)?.module ?? MAKERS.get(name);
  if (known !== undefined && known !== module)
    throw new NormtapeError({ where, expected: 'a name that no other class has', received: name });
  const other = NAMES.get(module) ?? [...modules].find(([, registered]) => registered.module === module)?.[0];
  if (other !== undefined && other !== name)
    throw new NormtapeError({
      where,
      expected: `a class that is not registered as ${other}`,
      received: name,
    });
  modules.set(name, { module, save, load } as unknown as RegisteredModule);
}

/**
 * Registers a norm of one's own by its type, so that `saveModel` and `loadModel` know it.
 *
 * @throws {NormtapeError} If it is no norm, or if a norm of the catalog has its type.
 */
export function registerNorm(definition: Norm): void {
  const where = 'registerNorm';
  if (!isNorm(definition)) {
    throw new NormtapeError({ where, expected: 'a definition made with norm(…)', received: definition });
  }
  const { type } = definition;
  if (Object.hasOwn(CATALOG, type)) {
    throw new NormtapeError({ where, expected: 'a type that the catalog does not have', received: type });
  }
  norms.set(type, definition);
}

/** The norm of a type; undefined if there is none. */
export const normOf = (type: string): Norm | undefined =>
  Object.hasOwn(CATALOG, type) ? CATALOG[type] : norms.get(type);

/** The functions of the class of a module, if it is registered, and its name. */
export const registeredFor = (module: Module): readonly [string, RegisteredModule] | undefined =>
  [...modules].find(([, registered]) => registered.module === module.constructor);

/** The name of a public class or function that makes modules; undefined if it is none. */
export const nameOfMaker = (maker: Maker): string | undefined => NAMES.get(maker);

/** Makes a module of the type that a file names; throws if there is none. */
export function make(where: string, type: string, given: readonly unknown[]): Module {
  const registered = modules.get(type);
  const maker = MAKERS.get(type);
  if (!registered && !maker) {
    const hint = `If it is a module of yours: registerModule(${JSON.stringify(type)}, { module, save, load }).`;
    const expected = 'a module that the package or registerModule knows';
    throw new NormtapeError({ where, expected, received: type, hint });
  }
  const made: unknown = registered ? registered.load(given[0]) : called(maker!, given);
  if (made instanceof (registered?.module ?? Module)) return made as Module;
  throw new NormtapeError({ where: `${where}: load`, expected: `a module of ${type}`, received: made });
}

function called(maker: Maker, given: readonly unknown[]): unknown {
  const own = maker as unknown;
  return isClassOfModules(own)
    ? new (own as new (...given: readonly unknown[]) => unknown)(...given)
    : (own as (...given: readonly unknown[]) => unknown)(...given);
}

import { NormtapeError } from '../error.js';
import { isMap, isPlainObject, isSet, snakeCase } from '../option/index.js';
import { Module } from './module.js';

/** A place where a module lies: a field, or an item of a list, Map, Set or plain object in one. */
export interface Place {
  readonly name: string;
  readonly isFixed: boolean;
  readonly module: Module;
  /** Replaces the module that lies there. */
  put(module: Module): void;
}

/** A place where some object lies, in the same sense. */
export interface PlaceOf<T> {
  readonly name: string;
  readonly isFixed: boolean;
  readonly item: T;
  /** Replaces the object that lies there. */
  put(item: T): void;
}

/** Places to change and the modules for them; throws, before any of them changes, if one cannot be set. */
export function putAll(where: string, changes: readonly (readonly [Place, Module])[]): void {
  for (const [{ name, isFixed }] of changes) {
    if (!isFixed) continue;
    const expected = 'a field that can be set, in an object or a list that is not frozen';
    throw new NormtapeError({ where: `${where}: ${name}`, expected, received: 'one that cannot' });
  }
  for (const [place, module] of changes) place.put(module);
}

/** Every place below a module where another one lies, by dotted name; a module that lies in two places is there twice. */
export const placesOf = (root: Module): readonly Place[] =>
  placesWhere(root, (item) => item instanceof Module).map(({ item, ...place }) => ({
    ...place,
    module: item,
  }));

/**
 * Every place below a module where an object of a kind lies, by dotted name; an object that lies in two places is there
 * twice. With `isDeep` false, only the places that belong to no module in between.
 */
export function placesWhere<T extends object>(
  root: Module,
  is: (item: object) => item is T,
  isDeep = true,
): readonly PlaceOf<T>[] {
  const places: PlaceOf<T>[] = [];
  const seen = new Set<object>([root]);
  const visit = (owner: object, prefix: string): void => {
    for (const { key, item, isFixed = false, put } of itemsOf(owner)) {
      if (typeof item !== 'object' || item === null) continue;
      const name = prefix + snakeCase(String(key));
      if (is(item)) places.push({ name, isFixed, item, put });
      if (seen.has(item) || (!isDeep && item instanceof Module)) continue;
      seen.add(item);
      visit(item, `${name}.`);
    }
  };
  visit(root, '');
  return places;
}

/** An item of an object that may hold modules, and how it is replaced. */
interface Item {
  readonly key: unknown;
  readonly item: unknown;
  /** Whether it cannot be replaced, as in a frozen list. */
  readonly isFixed?: boolean;
  put(value: object): void;
}

function itemsOf(owner: object): readonly Item[] {
  if (isMap(owner))
    return [...owner].map(([key, item]) => ({ key, item, put: (value) => void owner.set(key, value) }));
  if (isSet(owner))
    return [...owner].map((item, key) => ({ key, item, put: (value) => inSet(owner, item, value) }));
  if (!(owner instanceof Module || Array.isArray(owner) || isPlainObject(owner))) return [];
  return Object.entries(owner).map(([key, item]: [string, unknown]) => ({
    key,
    item,
    put: (value) => Object.assign(owner, { [key]: value }),
    isFixed: Object.getOwnPropertyDescriptor(owner, key)!.writable === false,
  }));
}

/** Replaces an item of a Set, which keeps its order. */
function inSet(set: Set<unknown>, item: unknown, by: unknown): void {
  const all = [...set].map((other) => (other === item ? by : other));
  set.clear();
  for (const one of all) set.add(one);
}

import type { NdArray } from '../../array/index.js';
import { NormtapeError } from '../../error.js';
import { Module } from '../../nn/module.js';
import { isPlainObject } from '../../option/index.js';
import type { Sink } from './codec.js';
import type { ModuleStatement } from './document.js';
import { constructionOf } from './save.js';

/** Leaves modules as they are, to be compared. */
const AS_THEY_ARE: Sink = {
  room: { values: Infinity },
  module: (module) => module,
  array: (array: NdArray) => array,
};

/** Whether a module is made of the same arguments as the one of an index, and so need not be made again. */
export function isMadeAs(module: Module, index: unknown, statements: readonly ModuleStatement[]): boolean {
  const statement = statements[index as number];
  if (!statement) return false;
  try {
    const { type, arguments: given } = constructionOf(module, '', AS_THEY_ARE);
    return type === statement.type && isEqual(given, statement.arguments, statements);
  } catch (error) {
    // One that does not say what it is made of is replaced.
    if (error instanceof NormtapeError) return false;
    throw error;
  }
}

function isEqual(made: unknown, stated: unknown, statements: readonly ModuleStatement[]): boolean {
  if (made instanceof Module) return isPlainObject(stated) && isMadeAs(made, stated['$module'], statements);
  if (Array.isArray(made))
    return (
      Array.isArray(stated) &&
      made.length === stated.length &&
      made.every((item, i) => isEqual(item, stated[i], statements))
    );
  if (!isPlainObject(made)) return Object.is(made, stated);
  const keys = Object.keys(made);
  return (
    isPlainObject(stated) &&
    keys.length === Object.keys(stated).length &&
    keys.every((key) => Object.hasOwn(stated, key) && isEqual(made[key], stated[key], statements))
  );
}

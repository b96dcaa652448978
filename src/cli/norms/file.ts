import { existsSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { NormtapeError } from '../../error.js';
import { type Norm, isNorm } from '../../norms/norm.js';
import { builtInNorms } from '../../norms/built-in.js';
import { isPlainObject } from '../../option/index.js';
import { importScript } from './import.js';

const SCRIPTS: readonly string[] = ['.js', '.mjs', '.cjs', '.ts', '.mts'];

/** Whether the name of a norm is the name of a script file. */
export const isNormFile = (name: string): boolean => SCRIPTS.includes(extname(name));

/**
 * The norms that a script exports, each once: definitions, lists and objects of them, and catalogs of
 * defineNormalizations, without the built-in norms.
 * @throws if there are none, or the script does not load.
 */
export async function normsIn(file: string): Promise<readonly Norm[]> {
  const path = resolve(file);
  if (!existsSync(path)) {
    throw new NormtapeError({ where: file, expected: 'a file that can be read', received: 'no such file' });
  }
  const exported = await importScript(file, path);
  const found = new Set(Object.values(exported).flatMap(normsOf));
  for (const norm of Object.values(builtInNorms)) found.delete(norm);
  if (found.size > 0) return [...found];
  const expected = 'an export that norm(…) made';
  throw new NormtapeError({ where: file, expected, received: Object.keys(exported) });
}

/** The definitions in one export. */
function normsOf(value: unknown): readonly Norm[] {
  if (isNorm(value)) return [value];
  if (!Array.isArray(value) && !isPlainObject(value)) return [];
  const { norms: catalog } = value as { readonly norms?: unknown };
  const members: readonly unknown[] = Object.values(isPlainObject(catalog) ? catalog : value);
  return members.every(isNorm) ? members : [];
}

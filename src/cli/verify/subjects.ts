import { existsSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NormtapeError, suggest } from '../../error.js';
import type { Norm } from '../../norms/norm.js';
import { normalizationTypes, norms } from '../../norms/normalizations.js';
import { isNorm } from '../../verify/verify.js';

const SCRIPTS = ['.js', '.mjs', '.ts', '.mts'];

/** The norms that are named: types of the catalog, or files that export definitions; all types where none is named. */
export async function subjectsOf(named: readonly string[]): Promise<readonly Norm[]> {
  if (named.length === 0) return normalizationTypes.map((type) => norms[type]);
  const found: Norm[] = [];
  for (const name of named) {
    if (SCRIPTS.includes(extname(name))) found.push(...(await definitionsIn(name)));
    else found.push(builtIn(name));
  }
  return found;
}

function builtIn(name: string): Norm {
  const type = normalizationTypes.find((known) => known === name);
  if (type) return norms[type];
  const expected = `one of ${normalizationTypes.join(', ')}, or a file that exports a norm`;
  const hint = suggest(name, normalizationTypes);
  throw new NormtapeError({ where: 'normalization type', expected, received: name, hint });
}

async function definitionsIn(file: string): Promise<readonly Norm[]> {
  const path = resolve(file);
  if (!existsSync(path)) {
    throw new NormtapeError({ where: file, expected: 'a file that can be read', received: 'nothing there' });
  }
  const exported = await load(file, path);
  const found = Object.values(exported).filter(isNorm);
  if (found.length > 0) return found;
  const expected = 'an export that norm(…) made';
  throw new NormtapeError({ where: file, expected, received: Object.keys(exported) });
}

/**
 * The exports of a script. Node reads JavaScript, and TypeScript where it strips types itself or a loader such as tsx
 * is there. Nothing is compiled here: what Node cannot read is an error that says so.
 */
async function load(file: string, path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const typed = extname(file).endsWith('ts');
    const unread = code === 'ERR_UNKNOWN_FILE_EXTENSION' || (typed && error instanceof SyntaxError);
    const hint = unread
      ? 'This Node does not read TypeScript: take Node 22.18 or newer, or run npx tsx node_modules/normtape/dist/cli/main.js verify.'
      : undefined;
    const expected = 'a module that Node can load';
    throw new NormtapeError({ where: file, expected, received: unread ? 'TypeScript' : message, hint });
  }
}

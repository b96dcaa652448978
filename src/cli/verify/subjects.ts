import type * as esbuild from 'esbuild';
import { existsSync, rmSync } from 'node:fs';
import * as modules from 'node:module';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NormtapeError, suggest } from '../../error.js';
import type { Norm } from '../../norms/norm.js';
import { normalizationTypes, norms } from '../../norms/normalizations.js';
import { isNorm } from '../../verify/definition.js';

const TYPED: readonly string[] = ['.ts', '.mts'];
const SCRIPTS: readonly string[] = ['.js', '.mjs', ...TYPED];

/** The norms that are named: types of the catalog, or files that export definitions; all types where none is named. */
export async function subjectsOf(named: readonly string[]): Promise<readonly Norm[]> {
  if (named.length === 0) return normalizationTypes.map((type) => norms[type]);
  const found: Norm[] = [];
  for (const name of named) {
    if (isFile(name)) found.push(...(await definitionsIn(name)));
    else found.push(builtIn(name));
  }
  return found;
}

/** Whether a name is that of a file rather than a type. */
export const isFile = (name: string): boolean => SCRIPTS.includes(extname(name));

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
 * The exports of a script. Node reads JavaScript; TypeScript where it strips types itself, where a loader such as tsx
 * is there, or through esbuild if the project of the file has it. Else the error says so.
 */
async function load(file: string, path: string): Promise<Exports> {
  try {
    return await importFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const unread =
      TYPED.includes(extname(file)) &&
      (code === 'ERR_UNKNOWN_FILE_EXTENSION' || error instanceof SyntaxError);
    if (!unread)
      throw new NormtapeError({ where: file, expected: 'a module that Node can load', received: message });
  }
  const script = await compiled(file, path);
  try {
    return await importFile(script);
  } finally {
    rmSync(script, { force: true });
  }
}

type Exports = Readonly<Record<string, unknown>>;
type Compiler = Pick<typeof esbuild, 'build'>;

const importFile = async (path: string): Promise<Exports> =>
  (await import(pathToFileURL(path).href)) as Exports;

/** The script in JavaScript beside it, where its imports are found; packages stay outside. */
async function compiled(file: string, path: string): Promise<string> {
  const outfile = join(dirname(path), `.${basename(path)}.${process.pid}.mjs`);
  try {
    const { build } = modules.createRequire(path)('esbuild') as Compiler;
    const [target, platform, format] = ['node20', 'node', 'esm'] as const;
    await build({
      entryPoints: [path],
      outfile,
      bundle: true,
      packages: 'external',
      target,
      platform,
      format,
      logLevel: 'silent',
    });
    return outfile;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const missing = code === 'MODULE_NOT_FOUND';
    const hint = missing
      ? 'Use Node 22.18 or newer, or add esbuild with npm install --save-dev esbuild.'
      : undefined;
    const received = missing ? 'TypeScript, which this Node does not read' : message;
    throw new NormtapeError({ where: file, expected: 'a module that Node can load', received, hint });
  }
}

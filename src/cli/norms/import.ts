import { existsSync } from 'node:fs';
import * as modules from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { NormtapeError } from '../../error.js';
import { type Own, SHARED, namesIn } from './own-copy.js';

type Exports = Readonly<Record<string, unknown>>;

/**
 * The exports of a script in JavaScript or TypeScript. Its imports of normtape lead to this running copy, so that both
 * share one memory and one set of kernels.
 * @throws if it does not load.
 */
export async function importScript(file: string, path: string): Promise<Exports> {
  await prepare();
  try {
    return (await import(pathToFileURL(path).href)) as Exports;
  } catch (error) {
    if (error instanceof NormtapeError) throw error;
    const received = error instanceof Error ? error.message : String(error);
    throw new NormtapeError({ where: file, expected: 'a module that Node can load', received });
  }
}

let prepared: Promise<void> | undefined;

/** Registers the hooks once per process, before the first script. */
const prepare = (): Promise<void> => (prepared ??= hook());

/** Registers hooks that load TypeScript, and this copy of the package. */
async function hook(): Promise<void> {
  // The built command has the hooks in a file next to it. The sources run under a TypeScript loader, which resolves
  // them.
  const hooks = new URL('./hooks.js', import.meta.url);
  if (!existsSync(fileURLToPath(hooks))) return;
  const own: Own = {
    normtape: await import('../../index.js'),
    'normtape/js': await import('../../js.js'),
    'normtape/wasm': await import('../../wasm.js'),
    'normtape/wasm-relaxed': await import('../../wasm-relaxed.js'),
    'normtape/data': await import('../../data/index.js'),
    'normtape/io': await import('../../io/index.js'),
    'normtape/train': await import('../../train/index.js'),
    'normtape/verify': await import('../../verify/index.js'),
  };
  Object.defineProperty(globalThis, SHARED, { value: own });
  // The hooks run in another thread, which gets only names. registerHooks, which runs in this thread, is not in Node
  // 20.
  modules.register(hooks, { data: namesIn(own) });
}

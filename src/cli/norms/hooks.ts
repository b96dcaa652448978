import { existsSync, readFileSync } from 'node:fs';
import type { LoadHook, ResolveHook } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type Names, sourceOf } from './own-copy.js';
import { stripTypes } from './strip-types.js';

// Node's module hooks for files with your own norms. They are a separate bundle, which Node runs in a thread of its
// own.

const SCHEME = 'normtape-of-the-command:';
const TYPED = /\.m?ts$/;

let names: Names = {};

export function initialize(given: Names): void {
  names = given;
}

/** Resolves the package to the running copy, and './other.js' to other.ts if only that exists. */
export const resolve: ResolveHook = (specifier, context, next) => {
  if (Object.hasOwn(names, specifier)) return { url: `${SCHEME}${specifier}`, shortCircuit: true };
  const { parentURL } = context;
  if (parentURL && isTyped(parentURL) && /^\.{0,2}\//.test(specifier)) {
    const url = new URL(specifier, parentURL);
    const typed = new URL(url.href.replace(/\.(m?)js$/, '.$1ts'));
    if (!existsSync(url) && existsSync(typed)) return next(typed.href, context);
  }
  return next(specifier, context);
};

/** Loads TypeScript as JavaScript on the same lines, and the package as a module that exports the running copy. */
export const load: LoadHook = (url, context, next) => {
  const format = 'module';
  if (url.startsWith(SCHEME)) {
    const entry = url.slice(SCHEME.length);
    return { format, source: sourceOf(entry, names[entry]!), shortCircuit: true };
  }
  if (!isTyped(url)) return next(url, context);
  const path = fileURLToPath(url);
  return { format, source: stripTypes(readFileSync(path, 'utf8'), path), shortCircuit: true };
};

const isTyped = (url: string): boolean => url.startsWith('file:') && TYPED.test(new URL(url).pathname);

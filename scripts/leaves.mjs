import { basename } from 'node:path';

// Modules without state, only data or loops: the package has one copy of each, which its bundles import.

/** The folder in dist/ of each kind of module. */
const FOLDERS = [
  [/\.packed\.js$/, 'data'],
  [/\/binaries\/(plain|edits)\.js$/, 'kernels/wasm/binaries'],
  [/\/generated\/float(32|64)\.js$/, 'kernels/js/generated'],
];

/** The path of the module below dist/, if it is one of these. */
export function leafOf(id) {
  const [, folder] = FOLDERS.find(([pattern]) => pattern.test(id)) ?? [];
  return folder && `${folder}/${basename(id)}`;
}

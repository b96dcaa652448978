import { basename } from 'node:path';

// Modules that hold only data, or loops without state: they lie in the package once, and its bundles import them from there.
// Two copies of them would part nothing.

/** The folder of dist/ that each kind of them lies in. */
const FOLDERS = [
  [/\.packed\.js$/, 'data'],
  [/\/binaries\.js$/, 'kernels/wasm'],
  [/\/generated\/float(32|64)\.js$/, 'kernels/js/generated'],
];

/** Where the module lies below dist/, if it is one of these. */
export function leafOf(id) {
  const [, folder] = FOLDERS.find(([pattern]) => pattern.test(id)) ?? [];
  return folder && `${folder}/${basename(id)}`;
}

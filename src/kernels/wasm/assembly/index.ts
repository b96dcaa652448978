// All kernels, in one module: they share a memory, and the compiler places what is constant in it once.
export { matmul32, matmul64, workspace } from './matmul';
export { normalizeRows32 } from './rows32';
export { normalizeRowsBack32 } from './rows32-back';
export { normalizeRows64 } from './rows64';
export { normalizeRowsBack64 } from './rows64-back';

/** Where what the compiler keeps in memory ends. */
export function reserved(): usize {
  return __heap_base;
}

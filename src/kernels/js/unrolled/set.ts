import { float32 } from '../generated/float32.js';
import { float64 } from '../generated/float64.js';
import type { Numbers } from '../../numbers.js';

/** The unrolled loops for one dtype. */
export type Unrolled = Omit<typeof float64, 'edge'> & { readonly edge: Numbers };

const of32: Unrolled = float32;
let chosen = true;

/** Turns unrolled loops on or off: tests of the general loops turn them off. */
export function setUnrolled(on: boolean): void {
  chosen = on;
}

/** The unrolled loops for the dtype of some buffers; undefined if their dtypes differ, or if unrolled loops are off. */
export function unrolledFor(x: Numbers, ...others: readonly (Numbers | undefined)[]): Unrolled | undefined {
  if (!chosen) return undefined;
  const single = x instanceof Float32Array;
  for (const other of others) if (other && other instanceof Float32Array !== single) return undefined;
  return single ? of32 : float64;
}

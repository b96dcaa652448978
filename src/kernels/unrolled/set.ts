import { float32 } from '../generated/float32.js';
import { float64 } from '../generated/float64.js';
import type { Numbers } from '../numbers.js';

/** The loops that are written out for one dtype. */
export type Unrolled = Omit<typeof float64, 'edge'> & { readonly edge: Numbers };

const of32: Unrolled = float32;
let chosen = true;

/** Whether loops that are written out run where they can: tests of those that are not say no. */
export function setUnrolled(on: boolean): void {
  chosen = on;
}

/** The loops for the dtype of some numbers; undefined where not all are of one, or none are to run. */
export function unrolledFor(x: Numbers, ...others: readonly (Numbers | undefined)[]): Unrolled | undefined {
  if (!chosen) return undefined;
  const single = x instanceof Float32Array;
  for (const other of others) if (other && other instanceof Float32Array !== single) return undefined;
  return single ? of32 : float64;
}

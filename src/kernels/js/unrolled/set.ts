import type { Numbers } from '../../numbers.js';

/** The unrolled loops of one kernel, for each dtype. */
export interface Loops<F> {
  readonly float32: F;
  readonly float64: F;
}

let chosen = true;

/** Turns unrolled loops on or off: tests of the general loops turn them off. */
export function setUnrolled(on: boolean): void {
  chosen = on;
}

export const isUnrolled = (): boolean => chosen;

type Watch = <F>(loops: F) => F;
const unwatched: Watch = (loops) => loops;
let watch = unwatched;

/** Replaces the loops of every call by what `by` returns, for tests that watch them; without `by`, none are watched. */
export function watchUnrolled(by = unwatched): void {
  watch = by;
}

/** The unrolled loops for the dtype of some buffers; undefined if their dtypes differ, or if unrolled loops are off. */
export function loopsFor<F>(
  { float32, float64 }: Loops<F>,
  x: Numbers,
  ...others: readonly (Numbers | undefined)[]
): F | undefined {
  if (!chosen) return undefined;
  const single = x instanceof Float32Array;
  for (const other of others) if (other && other instanceof Float32Array !== single) return undefined;
  return watch(single ? float32 : float64);
}

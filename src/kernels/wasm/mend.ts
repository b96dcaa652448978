import type { Numbers } from '../numbers.js';
import type { Sliding } from '../operands.js';

/** The largest float32. */
export const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/**
 * Computes what the compiled kernels did not: all of it if they did not run, and each result that is not finite by
 * JavaScript's kernel, which sums in float64, since a sum may only have overflowed on the way. Each sample is mended by
 * itself, so that it has the same bits alone.
 */
export function settle(
  outcome: Outcome,
  input: Numbers,
  sliding: Sliding,
  out: Numbers,
  plain: (input: Numbers, sliding: Sliding, out: Numbers) => void,
): void {
  if (outcome === 'finite') return;
  if (outcome === 'not run') return plain(input, sliding, out);
  const { samples } = sliding;
  const of = (all: Numbers, s: number): Numbers =>
    all.subarray((s * all.length) / samples, ((s + 1) * all.length) / samples);
  for (let s = 0; s < samples; s++) {
    const own = of(out, s);
    if (own.every(Number.isFinite)) continue;
    const found = new Float32Array(own.length);
    plain(of(input, s), { ...sliding, samples: 1 }, found);
    mendIn(own, found);
  }
}

/** How a call of the compiled kernels ended. */
export type Outcome = 'not run' | 'finite' | 'not finite';

/** The same for the gradient of a kernel, which is a sum over all samples. */
export function settleSums(hasRun: boolean, sums: Float64Array, plain: (sums: Float64Array) => void): void {
  if (!hasRun) return plain(sums);
  if (sums.every(Number.isFinite)) return;
  const found = new Float64Array(sums.length);
  plain(found);
  mendIn(sums, found);
}

/** Replaces what is not finite. */
function mendIn(own: Numbers, found: Numbers): void {
  for (let i = 0; i < own.length; i++) if (!Number.isFinite(own[i]!)) own[i] = found[i]!;
}

import type { Numbers } from '../numbers.js';
import type { Sliding } from '../operands.js';

/** The largest float32. */
export const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/**
 * Replaces every result that is not finite by that of JavaScript's kernel, which sums in float64: a sum may only have
 * overflowed on the way. `again` computes one sample. Each sample is mended by itself, so that it has the same bits alone.
 */
export function mendSamples(
  out: Numbers,
  { samples }: Sliding,
  again: (sample: number, out: Float32Array, one: (all: Numbers) => Numbers) => void,
): void {
  const size = out.length / samples;
  for (let s = 0; s < samples; s++) {
    const own = out.subarray(s * size, (s + 1) * size);
    if (own.every(Number.isFinite)) continue;
    const found = new Float32Array(size);
    again(s, found, (all) => all.subarray((s * all.length) / samples, ((s + 1) * all.length) / samples));
    mendIn(own, found);
  }
}

/** Replaces what is not finite. */
export function mendIn(own: Numbers, found: Numbers): void {
  for (let i = 0; i < own.length; i++) if (!Number.isFinite(own[i]!)) own[i] = found[i]!;
}

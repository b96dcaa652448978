import { flat } from '../array/index.js';
import type { Tensor } from '../autograd/tape.js';

/** A column with fewer float32 steps than this between its least and largest value has lost its information. */
const STEPS = 1000;

/**
 * The positions of the features that float32 is too coarse for: their values are so large relative to their spread that
 * fewer than 1,000 float32 numbers lie between the least and the largest. Standardized in float64 first, they lose
 * nothing.
 */
export function coarseColumns(features: Tensor): readonly number[] {
  const data = flat(features.value);
  const width = data.length / (features.shape[0] || 1);
  return Array.from({ length: width }, (_, i) => i).filter((column) => {
    let [least, largest, isRounded] = [Infinity, -Infinity, false];
    for (let i = column; i < data.length; i += width) {
      least = Math.min(least, data[i]!);
      largest = Math.max(largest, data[i]!);
      isRounded ||= Math.fround(data[i]!) !== data[i];
    }
    const step = 2 ** -23 * Math.max(Math.abs(least), Math.abs(largest));
    return isRounded && largest > least && largest - least < STEPS * step;
  });
}

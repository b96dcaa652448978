import { type NdArray, cast, flat } from '../../array/index.js';

/** The shares of the statistics, in the order instance, layer, batch, and all that does not follow from x. */
export interface Shares {
  readonly means: readonly number[];
  readonly variances: readonly number[];
  readonly gain: NdArray | undefined;
  readonly shift: NdArray | undefined;
  readonly axis: number;
  readonly epsilon: number;
  /** Running statistics in the place of those of the batch. */
  readonly running: { readonly mean: NdArray; readonly variance: NdArray } | undefined;
}

/** Softmax of a weight for each statistic. */
export function sharesOf(weights: NdArray): readonly number[] {
  const all = [...flat(cast(weights, 'float64'))];
  const most = Math.max(...all);
  const powers = all.map((value) => Math.exp(value - most));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}

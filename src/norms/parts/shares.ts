import { type NdArray, cast, flat } from '../../array/index.js';
import type { standardizeWhere } from './masked.js';

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

/** The gradients of x, γ, β and the shares. */
export interface Pulled {
  readonly x: NdArray;
  readonly gain?: NdArray | undefined;
  readonly shift?: NdArray | undefined;
  /** The gradients of the weights whose softmaxes the shares are. */
  readonly means: readonly number[];
  readonly variances: readonly number[];
}

/** The norm as far as float32 does it; `pullback` returns undefined for a gradient with which it would lose digits. */
export interface Switched {
  /** The statistics of the batch. */
  readonly batch:
    Pick<ReturnType<typeof standardizeWhere>, 'center' | 'variance' | 'varianceShare'> | undefined;
  readonly value: NdArray;
  pullback(dy: NdArray): Pulled | undefined;
}

/** Softmax of a weight for each statistic. */
export function sharesOf(weights: NdArray): readonly number[] {
  const all = [...flat(cast(weights, 'float64'))];
  const most = Math.max(...all);
  const powers = all.map((value) => Math.exp(value - most));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}

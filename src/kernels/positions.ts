import type { Numbers } from './numbers.js';

/** The layout of x as [outer, n, groups, size]: a group is the numbers of `size` neighbouring channels at n positions. */
export interface Channels {
  readonly outer: number;
  readonly n: number;
  readonly groups: number;
  readonly size: number;
}

/** Weights of all channels: one list for every position, or others `outer` and `n` numbers further on. */
export interface ChannelWeights {
  readonly gain?: Numbers | undefined;
  readonly shift?: Numbers | undefined;
  readonly steps: { readonly outer: number; readonly n: number };
}

/**
 * y = γ (x − x̄) / N + β by the positions that count: with W = Σ w + extra, x̄ = Σ w x / W, or 0 if x is not centered, and
 * N² = Σ w (x − x̄)² / W + ε.
 */
export interface Where extends ChannelWeights {
  readonly x: Numbers;
  readonly channels: Channels;
  /** w, one or zero for every position; left out if all count. */
  readonly mask?: Numbers | undefined;
  readonly centered: boolean;
  readonly extra: number;
  readonly epsilon: number;
  /** W, x̄, the mean of squares and N of every group. */
  readonly statistics: Float64Array;
}

/** The count of statistics of a group, and their places. If W is 0, x̂ is 0. */
export const STATISTICS = 4;
export const [TOTAL, MEAN, VARIANCE, LENGTH] = [0, 1, 2, 3] as const;

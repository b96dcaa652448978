import type { Axes, NdArray } from './array.js';

/** The gain γ and the shift β of x̂ along some axes of x; either may be left out. */
export interface Weights {
  readonly gain?: NdArray | undefined;
  readonly shift?: NdArray | undefined;
  readonly along: Axes;
}

/** The gradients of x, γ and β. */
export interface Gradients {
  readonly x: NdArray;
  readonly gain?: NdArray | undefined;
  readonly shift?: NdArray | undefined;
}

/** A normalized array with the measures of its groups, which keep the axes at size 1. */
export interface Normalized {
  /** γ x̂ + β for x̂ = (x − x̄) / N, in the shape of x. */
  readonly value: NdArray;
  /** x̄; zeros if the recipe does not center. */
  readonly center: NdArray;
  /** The mean or the sum, as the recipe says, of the squares of x − x̄. */
  readonly power: NdArray;
  /** N; infinite if it exceeds the largest number. */
  readonly length: NdArray;
  /** N · SHORT in float64, which holds every N. */
  readonly short: NdArray;
  /**
   * x̄ and √(N² − ε) of every group in order, in float64, where none overflows or vanishes. The latter is the deviation
   * or the root mean square, if ε is next to nothing.
   */
  statistics(): { readonly center: Float64Array; readonly deviation: Float64Array };
  /** A share of the power, in float64: it may be finite even if the power is not. */
  powerShare(share: number): NdArray;
  /** x̄ and N in float64, whatever the dtype of x. */
  moments(): { readonly center: NdArray; readonly length: NdArray };
  /**
   * The gradients of x, γ and β, from that of the value and, if N was used, that of N. The latter may come in float64,
   * since a product with it may fit float32 even if it does not.
   */
  back(gradient: NdArray, ofLength?: NdArray): Gradients;
}

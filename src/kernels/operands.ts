import type { Groups, Numbers } from './numbers.js';

/** The place of an operand in two nested loops: its first element, and the steps to the next row and column. */
export interface Steps {
  readonly at: number;
  readonly row: number;
  readonly column: number;
}

/** A matrix inside a buffer: its first element, and the steps to the next row and column. */
export interface Matrix extends Steps {
  readonly data: Numbers;
}

/** A factor that is broadcast along n: `inner` numbers for every block, or for each block others `step` further on. */
export interface Factor {
  readonly numbers: Numbers;
  readonly step: number;
}

/**
 * Windows on images [samples, height, width, channels]: rows and columns of a window, the stride from one window to the
 * next, the dilation within a window, the padding before the image, and the number of windows down and across.
 */
export interface Windows {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly before: readonly [number, number];
  readonly down: number;
  readonly across: number;
}

/** Windows on `samples` images, whose channels and filters are split into groups. A depthwise convolution has one for each channel. */
export interface Sliding {
  readonly windows: Windows;
  readonly samples: number;
  readonly groups: number;
  readonly filters: number;
}

/**
 * The operands of y = w f(α x + s) + b for a curve f. The gain w and the shift b have n numbers each, one for every place along a
 * group; either may be left out.
 */
export interface Squash {
  readonly x: Numbers;
  readonly groups: Groups;
  readonly curve: 'tanh' | 'erf' | 'isru';
  /** The slope α and the offset s. An offset of −0 leaves every number as it is, also −0. */
  readonly alpha: number;
  readonly offset: number;
  readonly gain?: Numbers | undefined;
  readonly shift?: Numbers | undefined;
}

/** The buffers that gradients are written to; those that are not needed are left out. */
export interface SquashGradients {
  readonly ofX?: Numbers | undefined;
  /** One number. */
  readonly ofOffset?: Float64Array | undefined;
  readonly ofGain?: Float64Array | undefined;
  readonly ofShift?: Float64Array | undefined;
}

/** Rows of n numbers each, and how many of them belong to one sample. */
interface Rows {
  readonly x: Numbers;
  readonly n: number;
  readonly positions: number;
  /** The factor w of x, the gain γ and the shift β: n numbers each. The latter two may be left out. */
  readonly factor: Numbers;
  readonly gain?: Numbers | undefined;
  readonly shift?: Numbers | undefined;
}

/** The gradients of x and, in float64, of w, γ and β. */
interface RowGradients {
  readonly ofX: Numbers;
  readonly ofFactor: Float64Array;
  readonly ofGain?: Float64Array | undefined;
  readonly ofShift?: Float64Array | undefined;
}

/** The operands of y = γ x σ(w x) r + β, with one r for each of the equal groups that a row is split into, for every sample. */
export interface Swish extends Rows {
  readonly groups: number;
  readonly inverse: Numbers;
}

export interface SwishGradients extends RowGradients {
  /** Σ γ dy u for u = x σ(w x) r, of each group of each row. */
  readonly ofGroup: Float64Array;
}

/** The operands of y = a (t s + c): rows s and c for the rows of a, and one t for each of the equal groups of a row. */
export interface PartGains {
  readonly a: Numbers;
  readonly t: Float64Array;
  readonly s: Numbers;
  readonly c: Numbers;
  readonly groups: number;
}

export interface PartGainsGradients {
  readonly ofA: Numbers;
  readonly ofT: Float64Array;
  readonly ofS: Float64Array;
  readonly ofC: Float64Array;
}

/** How rows of n numbers are divided by powers of sums over windows: the power is in quarters, from 1 to 7. */
export interface WindowQuotient {
  readonly n: number;
  /** The numbers of a window before its own, and all of them. */
  readonly before: number;
  readonly length: number;
  readonly factor: number;
  readonly offset: number;
  readonly quarters: number;
}

/** The buffers that the gradients of a gated array and of its gate are written to. */
export interface GateGradients {
  readonly ofA: Numbers;
  readonly ofZ: Numbers;
}

/** The operands of y = γ x / max(B, w x + S) + β, with n numbers B, and n numbers S for all samples or for each. */
export interface Larger extends Rows {
  readonly added: Numbers;
  readonly least: Numbers;
}

export interface LargerGradients extends RowGradients {
  /** Minus the gradient of S, of every sample. */
  readonly ofAdded?: Float64Array | undefined;
  /** Minus the gradient of B. */
  readonly ofLeast?: Float64Array | undefined;
}

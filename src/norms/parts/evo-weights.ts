import type { NdArray } from '../../array/index.js';

/** The weights of y = γ x σ(w x) / N + β, one number for each feature. */
export interface GateWeights {
  readonly steepness: NdArray;
  readonly gain: NdArray | undefined;
  readonly shift: NdArray | undefined;
}

export type GateGradients = Readonly<
  Record<'x' | 'steepness', NdArray> & Record<'gain' | 'shift', NdArray | undefined>
>;

/** The number of groups of features that share an N, and ε. */
export interface Spread {
  readonly groups: number;
  readonly epsilon: number;
}

/** The weights of y = γ x / max(B, w x + S) + β. */
export interface LargerWeights {
  readonly factor: NdArray;
  readonly gain: NdArray | undefined;
  readonly shift: NdArray | undefined;
}

export type LargerGradients = Readonly<
  Record<'x' | 'factor', NdArray> & Record<'gain' | 'shift', NdArray | undefined>
>;

/** ε, and where B comes from. */
export interface Larger {
  readonly epsilon: number;
  /** The running variance; undefined for that of the batch. */
  readonly running: NdArray | undefined;
}

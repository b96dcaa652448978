import type { Numbers } from './numbers.js';

/**
 * One optimizer step of one weight: reads the weight, its gradient and its memory, and writes the next weight and memory.
 * All buffers have one length and no gaps; none that is read is written.
 */
export type OptimizerKernel<S> = (
  weight: Numbers,
  gradient: Numbers,
  memory: readonly Numbers[],
  next: Numbers,
  nextMemory: readonly Numbers[],
  settings: S,
) => void;

/** The two forms of weight decay: `decay` times the weight joins the gradient; the weight is multiplied by `keep`. */
export interface Decay {
  readonly decay: number;
  readonly keep: number;
}

export interface MomentumSettings extends Decay {
  readonly momentum: number;
  /** The factor of the gradient on its way into the velocity, and that of the velocity on its way out. */
  readonly inward: number;
  readonly outward: number;
}

export interface SgdSettings extends MomentumSettings {
  readonly nesterov: boolean;
}

export interface AdamSettings extends Decay {
  readonly beta1: number;
  readonly beta2: number;
  /** The rate and ε, both corrected for the bias of the first steps. */
  readonly rate: number;
  readonly epsilon: number;
}

export interface RmspropSettings extends MomentumSettings {
  readonly rho: number;
  readonly epsilon: number;
  /** Whether ε is added under the root; otherwise to the root. */
  readonly inside: boolean;
  readonly centered: boolean;
}

export interface AdagradSettings extends Decay {
  readonly rate: number;
  readonly epsilon: number;
  /** Whether ε is added under the root; otherwise to the root. */
  readonly inside: boolean;
}

export interface NadamSettings extends Decay {
  readonly beta1: number;
  readonly beta2: number;
  /** The factors of the mean of the gradients and of the gradient in the step. */
  readonly meanRate: number;
  readonly gradientRate: number;
  /** The divisor of √v that corrects the bias of its start at 0. */
  readonly rootCorrection: number;
  readonly epsilon: number;
}

export interface LionSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly rate: number;
  /** The factor of the weight, for weight decay. */
  readonly keep: number;
}

export interface LambSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly rate: number;
  readonly epsilon: number;
  readonly decay: number;
  /** The divisors of the running means that correct the bias of their start at 0. */
  readonly meanCorrection: number;
  readonly squareCorrection: number;
}

import type { Parameter } from '../../autograd/parameter.js';
import type { Tensor } from '../../autograd/tape.js';
import { matmul, reshape } from '../../ops/catalog.js';
import type { ShapePreservingLayer } from '../normalization.js';
import type { StepMask } from './step-mask.js';

/** What a layer remembers from step to step: one tensor [samples, units] or several. */
export type State = readonly Tensor[];

/** Where a recurrent layer begins, and which steps there are. */
export interface RunOptions {
  /** The state before the first step; zeros if it is left out. */
  readonly initialState?: State | undefined;
  /**
   * Which steps there are, [samples, steps] of ones and zeros, or booleans: a step that is left out keeps the state, and its
   * output is that of the step before.
   */
  readonly mask?: StepMask | undefined;
}

/** What a layer made of sequences. */
export interface Run {
  /** The outputs of all steps, [samples, steps, units]. */
  readonly outputs: Tensor;
  /** The state after the last step, to begin the next run with. */
  readonly state: State;
}

/** Which rows count for the statistics of a norm; all if it is left out. */
export type RowMask = readonly number[] | undefined;

/** The weights of a layer. `gates` of them lie side by side along the last axis. */
export interface Weights {
  readonly kernel: Parameter;
  readonly recurrentKernel: Parameter;
  readonly bias: Parameter | undefined;
}

/**
 * norm(x · kernel) along the last axis, for all steps at once. A row is a step of a sample, as it is for the norm of the state: no norm may
 * look from one step to another.
 */
export function product(x: Tensor, kernel: Tensor, norm?: ShapePreservingLayer, mask?: RowMask): Tensor {
  const [samples, steps, channels] = x.shape as [number, number, number];
  const rows = matmul(reshape(x, [samples * steps, channels]), kernel);
  return reshape(norm?.forward(rows, { mask }) ?? rows, [samples, steps, kernel.shape[1]!]);
}

import type { Parameter } from '../../autograd/parameter.js';
import type { Tensor } from '../../autograd/tape.js';
import { matmul, reshape } from '../../ops/catalog.js';
import type { ShapePreservingLayer } from '../normalization.js';
import type { StepMask } from './step-mask.js';

/** The state of a layer between steps: one tensor [samples, units] or several. */
export type State = readonly Tensor[];

/** The initial state of a recurrent layer, and the mask of steps. */
export interface RunOptions {
  /** The state before the first step; zeros by default. */
  readonly initialState?: State | undefined;
  /**
   * Which steps exist, [samples, steps] of ones and zeros, or booleans: a masked step keeps the state, and its
   * output is that of the step before.
   */
  readonly mask?: StepMask | undefined;
}

/** The outputs and the final state of a layer. */
export interface Run {
  /** The outputs of all steps, [samples, steps, units]. */
  readonly outputs: Tensor;
  /** The state after the last step, from which the next run may start. */
  readonly state: State;
}

/** Which rows count for the statistics of a norm; all by default. */
export type RowMask = readonly number[] | undefined;

/** The weights of a layer. `gates` of them lie side by side along the last axis. */
export interface Weights {
  readonly kernel: Tensor;
  readonly recurrentKernel: Tensor;
  readonly bias: Parameter | undefined;
}

/**
 * norm(x · kernel) along the last axis, for all steps at once. A row is one step of one sample, as for the norm of
 * the state: no norm may mix steps.
 */
export function product(x: Tensor, kernel: Tensor, norm?: ShapePreservingLayer, mask?: RowMask): Tensor {
  const [samples, steps, channels] = x.shape as [number, number, number];
  const rows = matmul(reshape(x, [samples * steps, channels]), kernel);
  return reshape(norm?.forward(rows, { mask }) ?? rows, [samples, steps, kernel.shape[1]!]);
}

import type { Tensor } from '../../autograd/tape.js';
import { add, matmul } from '../../ops/catalog.js';
import type { ShapePreservingLayer } from '../normalization.js';
import { Recurrent, type RecurrentOptions } from './recurrent.js';
import { type RowMask, type State, type Weights, product } from './run.js';

/** The options of `SimpleRNN`; each has a default. */
export type SimpleRNNOptions = RecurrentOptions;

/**
 * h′ = tanh(norm(x · kernel + h · recurrent_kernel) + bias) (Elman 1990), with the normalization of the summed inputs
 * by Ba, Kiros and Hinton (2016), equation 4. The first input builds it: kernel [channels, units], recurrent_kernel
 * [units, units], bias [units].
 *
 * @throws {NormtapeError} If an option is wrong, or a later input has other channels or another dtype.
 */
export class SimpleRNN extends Recurrent {
  /** Undefined if the normalization is 'none'. */
  readonly inputNorm: ShapePreservingLayer | undefined = this.norm();

  constructor(units: number, options: SimpleRNNOptions = {}) {
    super('SimpleRNN', 1, units, options);
  }

  protected override project(x: Tensor, { kernel }: Weights): Tensor {
    return product(x, kernel);
  }

  protected override step(
    input: Tensor,
    [h]: State,
    { recurrentKernel, bias }: Weights,
    mask: RowMask,
  ): State {
    const summed = add(input, matmul(h!, recurrentKernel));
    const normalized = this.inputNorm?.forward(summed, { mask }) ?? summed;
    return [this.activation(bias ? add(normalized, bias) : normalized)];
  }
}

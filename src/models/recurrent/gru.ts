import type { Shape } from '../../array/index.js';
import type { Tensor } from '../../autograd/tape.js';
import { type StatedActivation, activation } from '../../nn/activations.js';
import { ARGUMENTS } from '../../nn/construction.js';
import { add, matmul, mul, slice, split, sub } from '../../ops/catalog.js';
import { takenOut } from '../../option/index.js';
import type { ShapePreservingLayer } from '../normalization.js';
import { Recurrent, type RecurrentOptions } from './recurrent.js';
import { type RowMask, type State, type Weights, product } from './run.js';

/** The options of `GRU`; each has a default. */
export type GRUOptions = RecurrentOptions & {
  /** Of the gates: a name or an op; sigmoid by default. */
  readonly recurrentActivation?: StatedActivation | undefined;
};

const OWN = ['recurrentActivation'] as const;

/**
 * A gated recurrent unit (Cho et al. 2014), with the reset gate after the product, as PyTorch and Keras have it by
 * default. With a = norm(x · kernel) + bias₀ and b = norm(h · recurrent_kernel) + bias₁, each parted into z, r and n:
 * z = σ(a_z + b_z), r = σ(a_r + b_r), n = tanh(a_n + r ⊙ b_n) and h′ = z ⊙ h + (1 − z) ⊙ n. The norms are those of
 * Ba, Kiros and Hinton (2016), with weights of their own. The first input builds it: kernel [channels, 3 units],
 * recurrent_kernel [units, 3 units], bias [2, 3 units], with the gates in this order as in Keras; PyTorch has r
 * first.
 *
 * @throws {NormtapeError} If an option is wrong, or a later input has other channels or another dtype.
 */
export class GRU extends Recurrent {
  /** Undefined if the normalization is 'none', as the one below. */
  readonly inputNorm: ShapePreservingLayer | undefined = this.norm();
  readonly recurrentNorm: ShapePreservingLayer | undefined = this.norm();
  readonly #gate: (x: Tensor) => Tensor;

  constructor(units: number, given: GRUOptions = {}) {
    const { apart, rest } = takenOut('GRU', given, OWN);
    const { recurrentActivation = 'sigmoid' } = apart;
    super('GRU', 3, units, rest, OWN);
    this.#gate = activation(recurrentActivation, 'GRU.recurrentActivation');
  }

  override [ARGUMENTS](): readonly unknown[] {
    const [units, options] = super[ARGUMENTS]();
    return [units, { ...(options as object), recurrentActivation: this.#gate }];
  }

  /** One bias for the input, one for the state: the latter is inside the product with the reset gate. */
  protected override biasShape(): Shape {
    return [2, 3 * this.units];
  }

  protected override project(x: Tensor, { kernel, bias }: Weights, mask: RowMask): Tensor {
    const normalized = product(x, kernel, this.inputNorm, mask);
    return bias ? add(normalized, slice(bias, [0])) : normalized;
  }

  protected override step(
    input: Tensor,
    [h]: State,
    { recurrentKernel, bias }: Weights,
    mask: RowMask,
  ): State {
    const remembered = matmul(h!, recurrentKernel);
    const normalized = this.recurrentNorm?.forward(remembered, { mask }) ?? remembered;
    const b = bias ? add(normalized, slice(bias, [1])) : normalized;
    const [az, ar, an] = split(input, 3, 1) as [Tensor, Tensor, Tensor];
    const [bz, br, bn] = split(b, 3, 1) as [Tensor, Tensor, Tensor];
    const z = this.#gate(add(az, bz));
    const n = this.activation(add(an, mul(this.#gate(add(ar, br)), bn)));
    return [add(n, mul(z, sub(h!, n)))];
  }
}

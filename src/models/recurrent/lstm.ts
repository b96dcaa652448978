import { type NdArray, filled, flat } from '../../array/index.js';
import type { Tensor } from '../../autograd/tape.js';
import { type StatedActivation, activation } from '../../nn/activations.js';
import { ARGUMENTS } from '../../nn/construction.js';
import { add, matmul, mul, split } from '../../ops/catalog.js';
import { flag, resolve, takenOut } from '../../option/index.js';
import type { ShapePreservingLayer } from '../normalization.js';
import { Recurrent, type RecurrentOptions } from './recurrent.js';
import { type RowMask, type State, type Weights, product } from './run.js';

const FORGET = { unitForgetBias: flag(true, 'Whether the bias of the forget gate starts at 1.') };

const OWN = ['recurrentActivation', 'unitForgetBias'] as const;

/** The options of `LSTM`; each has a default. */
export type LSTMOptions = RecurrentOptions & {
  /** Of the gates: a name or an op; sigmoid by default. */
  readonly recurrentActivation?: StatedActivation | undefined;
  /**
   * Whether the bias of the forget gate starts at 1, so that the gate begins open (Jozefowicz, Zaremba and Sutskever
   * 2015); true if it is left out, as in Keras.
   */
  readonly unitForgetBias?: boolean | undefined;
};

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997; Gers et al. 2000): with a = norm(x · kernel) + norm(h ·
 * recurrent_kernel) + bias, parted into i, f, g and o, c′ = σ(f) ⊙ c + σ(i) ⊙ tanh(g) and h′ = σ(o) ⊙ tanh(norm(c′)):
 * Ba, Kiros and Hinton (2016), equations 20 to 22, whose three norms have weights of their own. The first input
 * builds it: kernel [channels, 4 units], recurrent_kernel [units, 4 units], bias [4 units], with the gates in this
 * order as in Keras and PyTorch. The state is [h, c].
 *
 * @throws {NormtapeError} If an option is wrong, or a later input has other channels or another dtype.
 */
export class LSTM extends Recurrent {
  /** Undefined if the normalization is 'none', as the two below. */
  readonly inputNorm: ShapePreservingLayer | undefined = this.norm();
  readonly recurrentNorm: ShapePreservingLayer | undefined = this.norm();
  readonly cellNorm: ShapePreservingLayer | undefined = this.norm();
  protected override readonly stateSize = 2;
  readonly #gate: (x: Tensor) => Tensor;
  readonly #unitForgetBias: boolean;

  constructor(units: number, given: LSTMOptions = {}) {
    const { apart, rest } = takenOut('LSTM', given, OWN);
    const { recurrentActivation = 'sigmoid', unitForgetBias = true } = apart;
    super('LSTM', 4, units, rest, OWN);
    this.#gate = activation(recurrentActivation, 'LSTM.recurrentActivation');
    this.#unitForgetBias = resolve('LSTM', FORGET, { unitForgetBias }).unitForgetBias;
  }

  override [ARGUMENTS](): readonly unknown[] {
    const [units, options] = super[ARGUMENTS]();
    return [
      units,
      { ...(options as object), recurrentActivation: this.#gate, unitForgetBias: this.#unitForgetBias },
    ];
  }

  protected override initialBias(value: NdArray): NdArray {
    if (!this.#unitForgetBias) return value;
    const numbers = Float64Array.from(flat(value)).fill(1, this.units, 2 * this.units);
    return filled(numbers, value.shape, value.dtype);
  }

  protected override project(x: Tensor, { kernel, bias }: Weights, mask: RowMask): Tensor {
    const normalized = product(x, kernel, this.inputNorm, mask);
    return bias ? add(normalized, bias) : normalized;
  }

  protected override step(input: Tensor, [h, c]: State, { recurrentKernel }: Weights, mask: RowMask): State {
    const remembered = matmul(h!, recurrentKernel);
    const a = add(input, this.recurrentNorm?.forward(remembered, { mask }) ?? remembered);
    const [i, f, g, o] = split(a, 4, 1) as [Tensor, Tensor, Tensor, Tensor];
    const cell = add(mul(this.#gate(f), c!), mul(this.#gate(i), this.activation(g)));
    const read = this.cellNorm?.forward(cell, { mask }) ?? cell;
    return [mul(this.#gate(o), this.activation(read)), cell];
  }
}

import type { Tensor } from '../autograd/tape.js';
import { NormtapeError, suggest } from '../error.js';
import {
  elu,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  logSoftmax,
  mish,
  relu,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  tanh,
} from '../ops/catalog.js';
import { demandTensor } from './input.js';
import { ARGUMENTS } from './construction.js';
import { Module } from './module.js';

/** The activations by the names that layers and configurations use. */
export const activations = {
  linear: (x: Tensor): Tensor => x,
  relu,
  tanh,
  sigmoid,
  softplus,
  silu,
  gelu: (x: Tensor): Tensor => gelu(x),
  gelu_tanh: (x: Tensor): Tensor => gelu(x, { approximate: true }),
  leaky_relu: (x: Tensor): Tensor => leakyRelu(x),
  elu: (x: Tensor): Tensor => elu(x),
  selu,
  mish,
  hard_sigmoid: hardSigmoid,
  hard_swish: hardSwish,
  softmax: (x: Tensor): Tensor => softmax(x, -1),
  log_softmax: (x: Tensor): Tensor => logSoftmax(x, -1),
} as const satisfies Readonly<Record<string, (x: Tensor) => Tensor>>;

export type ActivationName = keyof typeof activations;

export const activationNames = Object.keys(activations) as readonly ActivationName[];

/** An activation as the option of a layer: its name, or an op of one tensor. */
export type StatedActivation = ActivationName | ((x: Tensor) => Tensor);

/** The op of an activation; throws if there is none of that name. */
export function activation(stated: StatedActivation, where = 'activation'): (x: Tensor) => Tensor {
  if (typeof stated === 'function') return stated;
  if (typeof stated === 'string' && Object.hasOwn(activations, stated)) return activations[stated];
  const expected = `one of ${activationNames.join(', ')}, or an op of one tensor`;
  throw new NormtapeError({ where, expected, received: stated, hint: suggest(stated, activationNames) });
}

/** A layer that applies an activation. */
export class Activation extends Module {
  readonly #op: (x: Tensor) => Tensor;

  constructor(stated: StatedActivation) {
    super();
    this.#op = activation(stated, 'Activation');
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [this.#op];
  }

  override forward(x: Tensor): Tensor {
    demandTensor('Activation', x);
    return this.#op(x);
  }
}

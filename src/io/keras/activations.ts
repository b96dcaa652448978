import { NormtapeError, suggest } from '../../error.js';
import { type ActivationName, activations } from '../../nn/activations.js';
import type { LayerConfig } from './config.js';

/** The activations of both, by their names there. Those that TensorFlow.js and Keras compute in different ways are left out. */
const ACTIVATIONS: Readonly<Record<string, ActivationName>> = {
  linear: 'linear',
  relu: 'relu',
  tanh: 'tanh',
  sigmoid: 'sigmoid',
  softplus: 'softplus',
  silu: 'silu',
  swish: 'silu',
  gelu: 'gelu',
  gelu_new: 'gelu_tanh',
  selu: 'selu',
  elu: 'elu',
  softmax: 'softmax',
};

/** The activation of a configuration. */
export function activationFrom(config: LayerConfig): ActivationName {
  const stated = config.take('activation', null) ?? 'linear';
  const name = typeof stated === 'string' ? stated.toLowerCase() : '';
  if (Object.hasOwn(ACTIVATIONS, name)) return ACTIVATIONS[name]!;
  const known = Object.keys(ACTIVATIONS);
  const expected = `an activation among ${known.join(', ')}`;
  throw new NormtapeError({
    where: `${config.where}.activation`,
    expected,
    received: stated,
    hint: suggest(name, known),
  });
}

/** The name there of an op. */
export function activationName(op: unknown): string {
  const found = Object.entries(ACTIVATIONS).find(([, own]) => activations[own] === op);
  if (found) return found[0];
  const expected = `an activation among ${Object.keys(ACTIVATIONS).join(', ')}`;
  throw new NormtapeError({ where: 'activation', expected, received: op });
}

import { NormtapeError, suggest } from '../../error.js';
import { type ActivationName, activations } from '../../nn/activations.js';
import type { LayerConfig } from './config.js';
import type { Format } from './layer-row.js';

type Names = Readonly<Record<string, ActivationName>>;

/** The activations that all have, by their names there. */
const COMMON: Names = {
  linear: 'linear',
  relu: 'relu',
  tanh: 'tanh',
  sigmoid: 'sigmoid',
  softplus: 'softplus',
  silu: 'silu',
  swish: 'silu',
  gelu: 'gelu',
  selu: 'selu',
  elu: 'elu',
  softmax: 'softmax',
};

/** The activations of each program. Those that compute something else under the same name are left out. */
const ACTIVATIONS: Readonly<Record<Format, Names>> = {
  'TensorFlow.js': { ...COMMON, gelu_new: 'gelu_tanh' },
  'Keras 3': {
    ...COMMON,
    mish: 'mish',
    hard_sigmoid: 'hard_sigmoid',
    hard_silu: 'hard_swish',
    hard_swish: 'hard_swish',
    log_softmax: 'log_softmax',
  },
};

/** The activation of a configuration. */
export function activationFrom(config: LayerConfig, format: Format): ActivationName {
  const stated = config.take('activation', null) ?? 'linear';
  const name = typeof stated === 'string' ? stated.toLowerCase() : '';
  const names = ACTIVATIONS[format];
  if (Object.hasOwn(names, name)) return names[name]!;
  const known = Object.keys(names);
  const expected = `an activation among ${known.join(', ')}`;
  throw new NormtapeError({
    where: `${config.where}.activation`,
    expected,
    received: stated,
    hint: suggest(name, known),
  });
}

/** The name there of an op. */
export function activationName(op: unknown, format: Format): string {
  const names = ACTIVATIONS[format];
  const found = Object.entries(names).find(([, own]) => activations[own] === op);
  if (found) return found[0];
  const expected = `an activation among ${Object.keys(names).join(', ')}`;
  throw new NormtapeError({ where: 'activation', expected, received: op });
}

import { NormtapeError } from '../../error.js';
import type { LayerConfig } from './config.js';

/** A norm by its type, and its options. */
export interface TypeAndOptions {
  readonly type: string;
  readonly options: Record<string, unknown>;
}

/** A class of norms of Keras or of the original factory, and the norm that computes the same here. */
export interface NormClass {
  /** The type here; with options, if both depend on the configuration. */
  readonly type: string | ((config: LayerConfig) => TypeAndOptions);
  /** The keys of its configuration that are options here by the same names. */
  readonly keys: readonly string[];
  /** Keys that have another name here. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** The class's own defaults, where a missing key does not mean the default here. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** Keys that a configuration must have, since the class and its factory have different defaults. */
  readonly required?: readonly string[];
  /** Keys with the only values that there are here. */
  readonly only?: Readonly<Record<string, readonly unknown[]>>;
}

const partsOf = (...weights: readonly string[]): readonly string[] =>
  weights.flatMap((weight) =>
    ['initializer', 'regularizer', 'constraint'].map((part) => `${weight}_${part}`),
  );

const gammaAndBeta = ['center', 'scale', ...partsOf('gamma', 'beta')];
const epsilon = 'epsilon';
const band = ['max_band_width', 'axis', epsilon, 'band_initializer', 'band_regularizer'];
const score = { keys: ['axis', epsilon], required: [epsilon] };

/** The classes by name. */
export const NORM_CLASSES: Readonly<Record<string, NormClass>> = {
  // Keras 3 and tf.keras.
  LayerNormalization: {
    type: 'layer_norm',
    keys: ['axis', epsilon, ...gammaAndBeta],
    defaults: { epsilon: 1e-3 },
    only: { rms_scaling: [false] },
  },
  BatchNormalization: {
    type: 'batch_norm',
    keys: [
      'axis',
      'momentum',
      epsilon,
      ...gammaAndBeta,
      'moving_mean_initializer',
      'moving_variance_initializer',
    ],
    defaults: { epsilon: 1e-3, momentum: 0.99 },
    only: {
      synchronized: [false],
      renorm: [false],
      renorm_clipping: [null],
      renorm_momentum: [null, 0.99],
      virtual_batch_size: [null],
      fused: [null, true, false],
    },
  },
  GroupNormalization: {
    type: (config) => groupsOf(config),
    keys: ['axis', epsilon, ...gammaAndBeta],
    defaults: { epsilon: 1e-3 },
  },
  RMSNormalization: { type: 'rms_norm', keys: ['axis', epsilon], defaults: { epsilon: 1e-6 } },
  UnitNormalization: { type: 'unit_norm', keys: ['axis'], defaults: { epsilon: 1e-12 } },
  SpectralNormalization: {
    type: 'spectral_norm',
    keys: [],
    renamed: { power_iterations: 'iterations' },
    defaults: { iterations: 1 },
  },
  // The original factory's classes, of dl_techniques.
  RMSNorm: {
    type: 'rms_norm',
    keys: ['axis', epsilon, 'use_scale', 'scale_initializer'],
    required: [epsilon],
  },
  ZeroCenteredRMSNorm: {
    type: 'zero_centered_rms_norm',
    keys: ['axis', epsilon, 'use_scale', 'scale_initializer'],
    required: [epsilon],
  },
  BandRMS: { type: 'band_rms', keys: band, required: ['max_band_width', epsilon] },
  AdaptiveBandRMS: { type: 'adaptive_band_rms', keys: band, required: ['max_band_width', epsilon] },
  ZeroCenteredBandRMSNorm: {
    type: 'zero_centered_band_rms_norm',
    keys: band,
    required: ['max_band_width', epsilon],
  },
  ZeroCenteredAdaptiveBandRMS: {
    type: 'zero_centered_adaptive_band_rms_norm',
    keys: band,
    required: ['max_band_width', epsilon],
  },
  BandLogitNorm: {
    type: 'band_logit_norm',
    keys: ['max_band_width', 'axis', epsilon],
    required: ['max_band_width', epsilon],
  },
  LogitNorm: {
    type: 'logit_norm',
    keys: ['temperature', 'axis', epsilon],
    required: ['temperature', epsilon],
  },
  MaxLogitNorm: { type: 'max_logit_norm', ...score },
  DecoupledMaxLogit: {
    type: 'decoupled_max_logit',
    keys: ['constant', 'axis', epsilon],
    required: ['constant', epsilon],
  },
  DMLPlus: { type: (config) => dmlPlus(config), ...score },
  GlobalResponseNormalization: {
    type: 'global_response_norm',
    keys: ['gamma_initializer', 'beta_initializer', 'gamma_regularizer', 'beta_regularizer', 'use_beta'],
    renamed: { eps: 'epsilon' },
    required: ['eps'],
  },
  DynamicTanh: {
    type: 'dynamic_tanh',
    keys: ['axis', 'alpha_init_value', ...partsOf('kernel', 'bias')],
    required: ['axis', 'alpha_init_value'],
  },
};

/** group_norm, or with −1 groups, one for each channel, instance_norm. */
function groupsOf(config: LayerConfig): TypeAndOptions {
  const groups = config.take('groups', 32);
  return groups === -1 ? { type: 'instance_norm', options: {} } : { type: 'group_norm', options: { groups } };
}

function dmlPlus(config: LayerConfig): TypeAndOptions {
  const kind = config.take('model_type');
  if (kind === 'focal' || kind === 'center') return { type: `dml_plus_${kind}`, options: {} };
  const where = `${config.where}.model_type`;
  throw new NormtapeError({ where, expected: 'focal or center', received: kind });
}

import { NORM_CLASSES } from '../../src/io/keras/norm-classes.js';

/** A part as Keras 3 serializes it. */
const part = (className: string, config: object) => ({
  module: 'keras',
  class_name: className,
  config,
  registered_name: null,
});

const SCALED = part('VarianceScaling', { scale: 1, mode: 'fan_avg', distribution: 'uniform', seed: null });
const INITIALIZERS: Readonly<Record<string, unknown>> = {
  gamma_initializer: part('RandomNormal', { mean: 1, stddev: 0.1, seed: null }),
  beta_initializer: 'zeros',
  moving_mean_initializer: part('Zeros', {}),
  moving_variance_initializer: part('Ones', {}),
  kernel_initializer: SCALED,
};

const VALUES: Readonly<Record<string, unknown>> = {
  axis: -1,
  momentum: 0.9,
  epsilon: 1e-6,
  eps: 1e-6,
  center: true,
  scale: true,
  use_scale: true,
  use_beta: true,
  max_band_width: 0.1,
  temperature: 0.04,
  constant: 1,
  alpha_init_value: 0.5,
  power_iterations: 2,
};

function valueOf(key: string): unknown {
  if (Object.hasOwn(VALUES, key)) return VALUES[key];
  if (key.endsWith('_initializer')) return INITIALIZERS[key] ?? part('Constant', { value: 0.5 });
  if (key.endsWith('_regularizer')) return part('L1L2', { l1: 0.1, l2: 0.2 });
  if (key.endsWith('_constraint')) return part('MaxNorm', { max_value: 3, axis: 0 });
  throw new Error(`no valid value of ${key} is listed here`);
}

/** Keys that a class reads apart from those in its row. */
const APART: Readonly<Record<string, object>> = {
  BatchNormalization: { axis: [-1] },
  GroupNormalization: { groups: 1 },
  DMLPlus: { model_type: 'focal' },
  SpectralNormalization: { layer: {} },
};

/** For each class of norms that is known: a layer as Keras serializes it, with every key that the class has. */
export const KERAS_DICTIONARIES: readonly { readonly class_name: string; readonly config: object }[] =
  Object.entries(NORM_CLASSES).map(([className, { keys, renamed = {}, only = {} }]) => ({
    module: 'keras.layers',
    class_name: className,
    config: {
      name: 'a',
      trainable: true,
      dtype: part('DTypePolicy', { name: 'float32' }),
      ...Object.fromEntries([...keys, ...Object.keys(renamed)].map((key) => [key, valueOf(key)])),
      ...Object.fromEntries(Object.entries(only).map(([key, [value]]) => [key, value])),
      ...APART[className],
    },
    registered_name: null,
    build_config: { input_shape: [null, 4] },
  }));

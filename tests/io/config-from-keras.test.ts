import { expect } from 'chai';
import { NormtapeError, createNormalizationFromConfig, normalizationTypes, norms } from '../../src/index.js';
import { configFromKeras } from '../../src/io/index.js';
import { NORM_CLASSES } from '../../src/io/keras/norm-classes.js';
import { KERAS_DICTIONARIES } from '../support/keras-dictionaries.js';

const of = (name: string, config: object = {}) => configFromKeras({ class_name: name, config });

/** Keras 3.16's get_config of BatchNormalization, serialized. */
const BATCH = {
  module: 'keras.layers',
  class_name: 'BatchNormalization',
  config: {
    name: 'batch_normalization',
    trainable: true,
    dtype: { module: 'keras', class_name: 'DTypePolicy', config: { name: 'float32' }, registered_name: null },
    axis: -1,
    momentum: 0.9,
    epsilon: 0.001,
    center: true,
    scale: false,
    beta_initializer: {
      module: 'keras.initializers',
      class_name: 'Zeros',
      config: {},
      registered_name: null,
    },
    gamma_initializer: {
      module: 'keras.initializers',
      class_name: 'RandomNormal',
      config: { mean: 1, stddev: 0.1, seed: null },
      registered_name: null,
    },
    moving_mean_initializer: 'zeros',
    moving_variance_initializer: { class_name: 'Ones', config: {} },
    beta_regularizer: { class_name: 'L1L2', config: { l1: 0.1, l2: 0.2 } },
    gamma_regularizer: null,
    beta_constraint: { class_name: 'MaxNorm', config: { max_value: 3, axis: 0 } },
    gamma_constraint: null,
    synchronized: false,
  },
  registered_name: null,
  build_config: { input_shape: [null, 4] },
};

describe('configFromKeras', () => {
  it('reads a whole configuration of Keras', () => {
    const { type, options } = configFromKeras(BATCH);
    expect({ type, ...options }).to.deep.equal({
      type: 'batch_norm',
      name: 'batch_normalization',
      axis: -1,
      momentum: 0.9,
      epsilon: 0.001,
      center: true,
      scale: false,
      betaInitializer: { type: 'zeros' },
      gammaInitializer: { type: 'random_normal', mean: 1, stddev: 0.1 },
      movingMeanInitializer: 'zeros',
      movingVarianceInitializer: { type: 'ones' },
      betaRegularizer: { type: 'l1_l2', l1: 0.1, l2: 0.2 },
      gammaRegularizer: 'none',
      betaConstraint: { type: 'max_norm', max_value: 3, axis: 0 },
      gammaConstraint: 'none',
    });
    createNormalizationFromConfig({ type: 'batch_norm', ...options });
  });

  it('takes the defaults of the classes of Keras', () => {
    expect(of('LayerNormalization')).to.deep.equal({ type: 'layer_norm', options: { epsilon: 1e-3 } });
    expect(of('BatchNormalization', { axis: [3] }).options).to.deep.equal({
      epsilon: 1e-3,
      momentum: 0.99,
      axis: 3,
    });
    expect(of('GroupNormalization').options).to.deep.equal({ epsilon: 1e-3, groups: 32 });
    expect(of('GroupNormalization', { groups: -1 })).to.deep.equal({
      type: 'instance_norm',
      options: { epsilon: 1e-3 },
    });
    expect(of('UnitNormalization').options).to.deep.equal({ epsilon: 1e-12 });
    expect(of('SpectralNormalization', { power_iterations: 2, layer: {} })).to.deep.equal({
      type: 'spectral_norm',
      options: { iterations: 2 },
    });
  });

  it('knows every class of the original factory, and makes layers of what it returns', () => {
    const given: Readonly<Record<string, object>> = {
      GlobalResponseNormalization: { eps: 1e-6 },
      DMLPlus: { model_type: 'center', epsilon: 1e-6 },
      DynamicTanh: { axis: [-1], alpha_init_value: 0.5 },
      LogitNorm: { temperature: 0.04, epsilon: 1e-6 },
      DecoupledMaxLogit: { constant: 1, epsilon: 1e-6 },
    };
    const usual = { max_band_width: 0.1, epsilon: 1e-6 };
    const types = Object.keys(NORM_CLASSES).map((name) => {
      const needed = NORM_CLASSES[name]!.required ?? [];
      const own = Object.fromEntries(Object.entries(usual).filter(([key]) => needed.includes(key)));
      return of(name, given[name] ?? own);
    });
    for (const { type, options } of types)
      if (type in norms) createNormalizationFromConfig({ type, ...options } as never);
    const guide =
      'layer_norm batch_norm rms_norm zero_centered_rms_norm band_rms adaptive_band_rms band_logit_norm logit_norm max_logit_norm decoupled_max_logit dml_plus_center global_response_norm dynamic_tanh';
    expect(types.map(({ type }) => type)).to.include.members(guide.split(' '));
    expect(normalizationTypes).to.include.members(guide.split(' '));
  });

  it('reads every key of every class', () => {
    for (const dictionary of KERAS_DICTIONARIES) {
      const { type, options } = configFromKeras(dictionary);
      if (type in norms) createNormalizationFromConfig({ type, ...options } as never);
      expect(options, dictionary.class_name).to.have.property('name', 'a');
    }
  });

  it('names what it does not know, and guesses nothing', () => {
    const refused = (name: string, config: object, text: string) =>
      expect(() => of(name, config), name).to.throw(NormtapeError, text);
    refused('LayerNormalisation', {}, 'Did you mean LayerNormalization?');
    refused('LayerNormalization', { epsilonn: 1 }, 'received "epsilonn". Did you mean epsilon?');
    refused('LayerNormalization', { rms_scaling: true }, 'LayerNormalization.rms_scaling: expected false');
    refused('LayerNormalization', { trainable: false }, 'freeze()');
    refused('LayerNormalization', { dtype: 'mixed_float16' }, 'mixed precision');
    refused('LayerNormalization', { epsilon: -1 }, 'LayerNormalization: layer_norm.epsilon');
    refused('BatchNormalization', { renorm: true }, 'renorm: expected false');
    refused(
      'LayerNormalization',
      { gamma_initializer: { class_name: 'Onez', config: {} } },
      'gammaInitializer',
    );
    const row = Array.from({ length: 1000 }, () => 1);
    const table = Array.from({ length: 1000 }, () => row);
    const long = Array.from({ length: 1000 }, () => table);
    for (const scale of [{ toString: 1 }, Object.create(null), long]) {
      const gamma_initializer = { class_name: 'VarianceScaling', config: { scale } };
      refused('LayerNormalization', { gamma_initializer }, 'expected a scale, mode and distribution among');
    }
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    refused('LayerNormalization', { axis: proxy }, 'LayerNormalization: layer_norm.axis');
    refused('LogitNorm', { epsilon: 1e-7 }, 'expected a value of temperature');
    refused('DMLPlus', { epsilon: 1e-7 }, 'model_type: expected focal or center');
    expect(() => configFromKeras({ class_name: 'LayerNormalization', extra: 1 })).to.throw(
      'received "extra"',
    );
    expect(() => configFromKeras({ type: 'layer_norm' })).to.throw('class_name and config');
  });
});

import { Activation } from '../../nn/activations.js';
import { ARGUMENTS } from '../../nn/construction.js';
import { Dense } from '../../nn/dense.js';
import { Dropout } from '../../nn/dropout.js';
import { Embedding } from '../../nn/embedding.js';
import { Flatten } from '../../nn/pooling.js';
import { Reshape } from '../../nn/reshape.js';
import type { Layer } from '../../nn/sequential.js';
import { activationFrom, activationName } from './activations.js';
import { ATTENTION_LAYERS } from './attention-layers.js';
import { IMAGE_LAYERS } from './image-layers.js';
import {
  type LayerRow,
  alike,
  buildAtEnd,
  kept,
  kernelAndBias,
  kernelKeys,
  optionsOf,
  row,
} from './layer-row.js';
import { NORM_LAYERS } from './norm-layers.js';

/** The classes of layers by name. */
export const LAYER_CLASSES: Readonly<Record<string, LayerRow>> = {
  Dense: row<Dense>({
    of: Dense,
    read: (config, { format }) =>
      new Dense(config.take('units') as number, {
        activation: activationFrom(config, format),
        ...config.options(kernelKeys('kernel')),
      }),
    write(layer, format) {
      const options = optionsOf(layer, 1);
      const activation = activationName(options['activation'], format);
      return { units: layer.units, activation, ...kept(options, { useBias: 'use_bias' }) };
    },
    weights: kernelAndBias(1),
    build: (layer, shapes, rank, options) => buildAtEnd(layer, rank, shapes.get('kernel')?.[0], options),
  }),
  Activation: row<Activation>({
    of: Activation,
    read: (config, { format }) => new Activation(activationFrom(config, format)),
    write: (layer, format) => ({ activation: activationName(layer[ARGUMENTS]()[0], format) }),
  }),
  ReLU: row<Activation>({
    of: Activation,
    read(config) {
      config.only('max_value', [null]);
      for (const key of ['negative_slope', 'threshold']) config.only(key, [0, null]);
      return new Activation('relu');
    },
    write: () => undefined,
  }),
  Softmax: row<Activation>({
    of: Activation,
    read(config, { rank }) {
      config.only('axis', [-1, rank - 1]);
      return new Activation('softmax');
    },
    write: () => undefined,
  }),
  Dropout: row<Dropout>({
    of: Dropout,
    read(config) {
      config.only('noise_shape', [null]);
      return new Dropout(config.take('rate') as number, config.options(['seed']));
    },
    write: ({ rate }) => ({ rate }),
  }),
  Flatten: row<Flatten>({
    of: Flatten,
    read(config) {
      config.only('data_format', ['channels_last', null]);
      return new Flatten();
    },
    write: () => ({}),
    rank: () => 2,
  }),
  Reshape: row<Reshape>({
    of: Reshape,
    read: (config) => new Reshape(config.take('target_shape') as readonly number[]),
    write: ({ shape }) => ({ target_shape: shape }),
    rank: (_, { shape }) => shape.length + 1,
  }),
  Embedding: row<Embedding>({
    of: Embedding,
    read(config, { dtype }) {
      config.only('mask_zero', [false, null]);
      config.only('lora_rank', [null]);
      config.take('input_length');
      const keys = ['initializer', 'regularizer', 'constraint'].map((part) => `embeddings_${part}`);
      return new Embedding(config.take('input_dim') as number, config.take('output_dim') as number, {
        ...config.options(keys),
        dtype,
      }) as unknown as Layer;
    },
    write: (layer) => kept(layer.options, { inputDim: 'input_dim', outputDim: 'output_dim' }),
    weights: () => alike('embeddings'),
    rank: (rank) => rank + 1,
  }),
  ...ATTENTION_LAYERS,
  ...IMAGE_LAYERS,
  ...NORM_LAYERS,
};

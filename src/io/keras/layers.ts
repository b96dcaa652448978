import type { Shape } from '../../array/index.js';
import { NormtapeError, suggest } from '../../error.js';
import { Activation, type ActivationName, activations } from '../../nn/activations.js';
import { ARGUMENTS } from '../../nn/construction.js';
import { Conv2D, DepthwiseConv2D } from '../../nn/convolution.js';
import { Dense } from '../../nn/dense.js';
import { Dropout } from '../../nn/dropout.js';
import { Embedding } from '../../nn/embedding.js';
import type { Module } from '../../nn/module.js';
import {
  AveragePooling2D,
  Flatten,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  MaxPooling2D,
} from '../../nn/pooling.js';
import type { Layer } from '../../nn/sequential.js';
import { NormalizationLayer, normalization } from '../../norms/layer.js';
import { normOf } from '../model/registry.js';
import type { LayerConfig } from './config.js';
import { normFrom } from './config-from-keras.js';
import { NORM_CLASSES } from './norm-classes.js';

type Entries = Readonly<Record<string, unknown>>;
type ClassOf<M extends Module> = abstract new (...given: never[]) => M;

/** A class of layers of Keras, and the module that computes the same here. */
export interface LayerRow<M extends Module = Module> {
  readonly of: ClassOf<M>;
  /** The layer of a configuration; each key must be read. */
  read(config: LayerConfig, rank: number): Layer;
  /** The configuration of a layer; undefined if another row is meant. */
  write(layer: M): Entries | undefined;
  /** The weights by their names here, and their names there. The numbers lie alike. */
  readonly weights?: Readonly<Record<string, string>>;
  /** The input that builds a layer with weights of these shapes. */
  built?(shapes: ReadonlyMap<string, Shape>, rank: number, layer: M): Shape | undefined;
  /** The rank of the output; that of the input by default. */
  rank?(rank: number): number;
}

const row = <M extends Module>(one: LayerRow<M>): LayerRow => one as unknown as LayerRow;

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

function activationFrom(config: LayerConfig): ActivationName {
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
function activationName(op: unknown): string {
  const found = Object.entries(ACTIVATIONS).find(([, own]) => activations[own] === op);
  if (found) return found[0];
  const expected = `an activation among ${Object.keys(ACTIVATIONS).join(', ')}`;
  throw new NormtapeError({ where: 'activation', expected, received: op });
}

/** The configuration there of options that both have; throws if a regularizer or a constraint would be lost. */
function kept(options: Entries, keys: Readonly<Record<string, string>>): Entries {
  for (const [name, value] of Object.entries(options)) {
    if (!/(Regularizer|Constraint)$/.test(name) || value === 'none' || typeOf(value) === 'none') continue;
    throw new NormtapeError({
      where: name,
      expected: 'none, since the file has no place for it',
      received: value,
    });
  }
  return Object.fromEntries(Object.entries(keys).map(([own, there]) => [there, options[own]]));
}

const typeOf = (value: unknown): unknown => (value as { readonly type?: unknown } | null | undefined)?.type;

const optionsOf = (layer: Module, at: number): Entries => layer[ARGUMENTS]()![at] as Entries;

const kernelKeys = (kernel: string): readonly string[] => [
  'use_bias',
  ...[kernel, 'bias'].flatMap((weight) => [
    `${weight}_initializer`,
    `${weight}_regularizer`,
    `${weight}_constraint`,
  ]),
];

/** The options of a convolution; images have channels last. */
function windowFrom(config: LayerConfig) {
  config.only('data_format', ['channels_last', null]);
  return {
    stride: config.take('strides', 1) as number,
    padding: config.take('padding', 'valid') as 'valid',
    dilation: config.take('dilation_rate', 1) as number,
  };
}

const windowOf = ({ stride, padding, dilation }: Entries): Entries => {
  if (typeof padding !== 'string')
    throw new NormtapeError({ where: 'padding', expected: 'same or valid', received: padding });
  return { strides: stride, padding, dilation_rate: dilation, data_format: 'channels_last' };
};

function poolFrom(config: LayerConfig) {
  config.only('data_format', ['channels_last', null]);
  const stride = config.take('strides', null);
  return [
    config.take('pool_size', 2) as number,
    {
      ...(stride === null ? {} : { stride: stride as number }),
      padding: config.take('padding', 'valid') as 'valid',
    },
  ] as const;
}

function poolOf(layer: Module): Entries {
  const [size, { stride, padding = 'valid' }] = layer[ARGUMENTS]() as readonly [unknown, Entries];
  if (typeof padding !== 'string')
    throw new NormtapeError({ where: 'padding', expected: 'same or valid', received: padding });
  return { pool_size: pair(size), strides: pair(stride ?? size), padding, data_format: 'channels_last' };
}

const pair = (size: unknown): unknown => (Array.isArray(size) ? size : [size, size]);

const normRow = (name: string, weights: Readonly<Record<string, string>>): LayerRow =>
  row<NormalizationLayer>({
    of: NormalizationLayer,
    read(config) {
      const { type, options } = normFrom(config, NORM_CLASSES[name]!);
      return normalization(normOf(type)!, options as never) as unknown as Layer;
    },
    write({ type, options: { ...all } }) {
      const options = all as Entries;
      const known = NORM_CLASSES[name]!;
      if (known.type !== type) return undefined;
      if (
        (options['runningVariance'] ?? 'biased') !== 'biased' ||
        options['zeroDebias'] ||
        options['momentum'] === null
      )
        throw new NormtapeError({
          where: 'running statistics',
          expected: 'those of Keras',
          received: options,
        });
      const keys = Object.fromEntries(
        ['axis', 'epsilon', 'momentum', 'center', 'scale'].flatMap((key) =>
          key in options ? [[key, key]] : [],
        ),
      );
      return kept(options, keys);
    },
    weights,
    built(shapes, rank, { options }) {
      const [shape] = shapes.values();
      const stated = (options as Entries)['axis'] as number | readonly number[];
      const axes = [stated].flat().map((axis) => (axis < 0 ? axis + rank : axis));
      if (!shape || axes.length !== shape.length) return undefined;
      const order = [...axes].sort((a, b) => a - b);
      return Array.from({ length: rank }, (_, axis) => shape[order.indexOf(axis)] ?? 1);
    },
  });

const gammaAndBeta = { gamma: 'gamma', beta: 'beta' };

/** The classes of layers by name. */
export const LAYER_CLASSES: Readonly<Record<string, LayerRow>> = {
  Dense: row<Dense>({
    of: Dense,
    read: (config) =>
      new Dense(config.take('units') as number, {
        activation: activationFrom(config),
        ...config.options(kernelKeys('kernel')),
      }),
    write(layer) {
      const options = optionsOf(layer, 1);
      const activation = activationName(options['activation']);
      return { units: layer.units, activation, ...kept(options, { useBias: 'use_bias' }) };
    },
    weights: { kernel: 'kernel', bias: 'bias' },
    built: (shapes, rank) => atEnd(rank, shapes.get('kernel')?.[0]),
  }),
  Activation: row<Activation>({
    of: Activation,
    read: (config) => new Activation(activationFrom(config)),
    write: (layer) => ({ activation: activationName(layer[ARGUMENTS]()[0]) }),
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
    read(config, rank) {
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
  Embedding: row<Embedding>({
    of: Embedding,
    read(config) {
      config.only('mask_zero', [false, null]);
      config.take('input_length');
      const keys = ['initializer', 'regularizer', 'constraint'].map((part) => `embeddings_${part}`);
      return new Embedding(
        config.take('input_dim') as number,
        config.take('output_dim') as number,
        config.options(keys),
      ) as unknown as Layer;
    },
    write: (layer) => kept(layer.options, { inputDim: 'input_dim', outputDim: 'output_dim' }),
    weights: { embeddings: 'embeddings' },
    rank: (rank) => rank + 1,
  }),
  Conv2D: row<Conv2D>({
    of: Conv2D,
    read: (config) =>
      new Conv2D(config.take('filters') as number, config.take('kernel_size') as number, {
        groups: config.take('groups', 1) as number,
        activation: activationFrom(config),
        ...windowFrom(config),
        ...config.options(kernelKeys('kernel')),
      }),
    write(layer) {
      const options = optionsOf(layer, 2);
      if (layer.groups !== 1)
        throw new NormtapeError({
          where: 'groups',
          expected: '1, as in TensorFlow.js',
          received: layer.groups,
        });
      return {
        filters: layer.filters,
        kernel_size: layer.kernelSize,
        activation: activationName(options['activation']),
        ...windowOf(options),
        ...kept(options, { useBias: 'use_bias' }),
      };
    },
    weights: { kernel: 'kernel', bias: 'bias' },
    built(shapes, rank, { groups }) {
      const per = shapes.get('kernel')?.[2];
      return atEnd(rank, per && per * groups);
    },
  }),
  DepthwiseConv2D: row<DepthwiseConv2D>({
    of: DepthwiseConv2D,
    read(config) {
      const own = config.options(kernelKeys('depthwise'));
      const named = Object.entries(own).map(
        ([key, value]) => [key.replace(/^depthwise/, 'kernel'), value] as const,
      );
      // TensorFlow.js writes these too, from its common base of convolutions, and does not read them.
      for (const key of ['kernel_initializer', 'kernel_regularizer', 'kernel_constraint']) config.take(key);
      return new DepthwiseConv2D(config.take('kernel_size') as number, {
        depthMultiplier: config.take('depth_multiplier', 1) as number,
        activation: activationFrom(config),
        ...windowFrom(config),
        ...Object.fromEntries(named),
      });
    },
    write(layer) {
      const options = optionsOf(layer, 1);
      return {
        kernel_size: layer.kernelSize,
        depth_multiplier: layer.depthMultiplier,
        activation: activationName(options['activation']),
        ...windowOf(options),
        ...kept(options, { useBias: 'use_bias' }),
      };
    },
    weights: { kernel: 'depthwise_kernel', bias: 'bias' },
    built: (shapes, rank) => atEnd(rank, shapes.get('kernel')?.[2]),
  }),
  MaxPooling2D: row<MaxPooling2D>({
    of: MaxPooling2D,
    read: (config) => new MaxPooling2D(...poolFrom(config)),
    write: poolOf,
  }),
  AveragePooling2D: row<AveragePooling2D>({
    of: AveragePooling2D,
    read: (config) => new AveragePooling2D(...poolFrom(config)),
    write: poolOf,
  }),
  GlobalAveragePooling2D: row<GlobalAveragePooling2D>({
    of: GlobalAveragePooling2D,
    read(config) {
      config.only('data_format', ['channels_last', null]);
      config.only('keepdims', [false]);
      return new GlobalAveragePooling2D();
    },
    write: () => ({ data_format: 'channels_last' }),
    rank: () => 2,
  }),
  GlobalMaxPooling2D: row<GlobalMaxPooling2D>({
    of: GlobalMaxPooling2D,
    read(config) {
      config.only('data_format', ['channels_last', null]);
      config.only('keepdims', [false]);
      return new GlobalMaxPooling2D();
    },
    write: () => ({ data_format: 'channels_last' }),
    rank: () => 2,
  }),
  BatchNormalization: normRow('BatchNormalization', {
    ...gammaAndBeta,
    moving_mean: 'moving_mean',
    moving_variance: 'moving_variance',
  }),
  LayerNormalization: normRow('LayerNormalization', gammaAndBeta),
  UnitNormalization: normRow('UnitNormalization', {}),
};

function atEnd(rank: number, size: number | undefined): Shape | undefined {
  return size === undefined ? undefined : [...Array.from({ length: rank - 1 }, () => 1), size];
}

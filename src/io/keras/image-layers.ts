import { NormtapeError } from '../../error.js';
import { ARGUMENTS } from '../../nn/construction.js';
import { Conv2D, DepthwiseConv2D } from '../../nn/convolution.js';
import type { Module } from '../../nn/module.js';
import {
  AveragePooling2D,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  MaxPooling2D,
} from '../../nn/pooling.js';
import { activationFrom, activationName } from './activations.js';
import type { LayerConfig } from './config.js';
import {
  type Entries,
  type LayerRow,
  buildAtEnd,
  kept,
  kernelAndBias,
  kernelKeys,
  optionsOf,
  row,
} from './layer-row.js';

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

/** The convolutions and poolings of images by name. */
export const IMAGE_LAYERS: Readonly<Record<string, LayerRow>> = {
  Conv2D: row<Conv2D>({
    of: Conv2D,
    read: (config, { format }) =>
      new Conv2D(config.take('filters') as number, config.take('kernel_size') as number, {
        groups: config.take('groups', 1) as number,
        activation: activationFrom(config, format),
        ...windowFrom(config),
        ...config.options(kernelKeys('kernel')),
      }),
    write(layer, format) {
      const options = optionsOf(layer, 2);
      const { groups } = layer;
      if (groups !== 1 && format === 'TensorFlow.js')
        throw new NormtapeError({ where: 'groups', expected: '1, as in TensorFlow.js', received: groups });
      return {
        filters: layer.filters,
        kernel_size: layer.kernelSize,
        ...(groups === 1 ? {} : { groups }),
        activation: activationName(options['activation'], format),
        ...windowOf(options),
        ...kept(options, { useBias: 'use_bias' }),
      };
    },
    weights: kernelAndBias(2),
    build(layer, shapes, rank, options) {
      const per = shapes.get('kernel')?.[2];
      buildAtEnd(layer, rank, per && per * layer.groups, options);
    },
  }),
  DepthwiseConv2D: row<DepthwiseConv2D>({
    of: DepthwiseConv2D,
    read(config, { format }) {
      const own = config.options(kernelKeys('depthwise'));
      const named = Object.entries(own).map(
        ([key, value]) => [key.replace(/^depthwise/, 'kernel'), value] as const,
      );
      // TensorFlow.js writes these too, from its common base of convolutions, and does not read them.
      for (const key of ['kernel_initializer', 'kernel_regularizer', 'kernel_constraint']) config.take(key);
      return new DepthwiseConv2D(config.take('kernel_size') as number, {
        depthMultiplier: config.take('depth_multiplier', 1) as number,
        activation: activationFrom(config, format),
        ...windowFrom(config),
        ...Object.fromEntries(named),
      });
    },
    write(layer, format) {
      const options = optionsOf(layer, 1);
      return {
        kernel_size: layer.kernelSize,
        depth_multiplier: layer.depthMultiplier,
        activation: activationName(options['activation'], format),
        ...windowOf(options),
        ...kept(options, { useBias: 'use_bias' }),
      };
    },
    weights: kernelAndBias(1, 'depthwise_kernel'),
    build: (layer, shapes, rank, options) => buildAtEnd(layer, rank, shapes.get('kernel')?.[2], options),
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
};

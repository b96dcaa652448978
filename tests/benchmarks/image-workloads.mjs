// Convolutions, pooling and training steps of convolutional networks. Images are [samples, height, width, channels]; the
// numbers of weights lie as in Normtape.

import { ofConvolution, ofProduct, ofStep } from './operations.mjs';

/** The rounding errors of 20 steps add up. */
const LOOSE = 1e-2;

const named = (shape) => shape.join('×');

/** A kernel [rows, columns, channels / groups, filters] on images, whose gradients are both computed. */
const convolution = (x, kernel, { stride = 1, groups = 1 } = {}) => {
  const [samples, height, width] = x;
  const [down, across] = [Math.ceil(height / stride), Math.ceil(width / stride)];
  const more = [stride > 1 && `stride ${stride}`, groups > 1 && `${groups} groups`].filter(Boolean);
  return {
    kind: 'conv2d',
    title: [named(x), named(kernel), ...more].join(', '),
    stride,
    groups,
    operations: ofStep(ofConvolution(kernel, [samples, down, across, kernel[3]])),
    inputs: {
      x: { shape: x, seed: 1 },
      kernel: { shape: kernel, seed: 2, bound: 0.2 },
      g: { shape: [samples, down, across, kernel[3]], seed: 3 },
    },
  };
};

/** Every channel with its own kernels, [rows, columns, channels, multiplier]. */
const depthwise = (x, kernel, options) => {
  const { inputs, ...rest } = convolution(x, kernel, options);
  const shape = [...inputs.g.shape.slice(0, 3), kernel[2] * kernel[3]];
  const operations = ofStep(ofConvolution([kernel[0], kernel[1], 1], shape));
  return { ...rest, kind: 'depthwise', operations, inputs: { ...inputs, g: { ...inputs.g, shape } } };
};

const pool = (kind, x, size) => ({
  kind,
  title: `${named(x)}, ${kind.replace('Pool', '')} of ${size}×${size}`,
  size,
  inputs: {
    x: { shape: x, seed: 1 },
    g: { shape: [x[0], Math.floor(x[1] / size), Math.floor(x[2] / size), x[3]], seed: 2 },
  },
});

const weight = (shape, seed, fan) => ({ shape, seed, bound: Math.sqrt(3 / fan) });

const BLOCKS = [0, 1, 2];

const stem = ofConvolution([3, 3, 1], [32, 28, 28, 16]);
const resnet = {
  kind: 'resnet',
  operations: ofStep(stem + 6 * ofConvolution([3, 3, 16], [32, 28, 28, 16]) + ofProduct(32, 16, 10), {
    firstLayer: stem,
  }),
  title: 'ResNet, 3 blocks of 16 channels, 28×28, batch 32, batch_norm, Adam',
  tolerance: LOOSE,
  warmer: 4,
  inputs: {
    x: { shape: [32, 28, 28, 1], seed: 1 },
    stem: weight([3, 3, 1, 16], 2, 9),
    ...Object.fromEntries(
      BLOCKS.flatMap((i) => [
        [`first${i}`, weight([3, 3, 16, 16], 10 + i, 144)],
        [`second${i}`, weight([3, 3, 16, 16], 20 + i, 144)],
      ]),
    ),
    head: weight([16, 10], 3, 16),
  },
};

const depthwiseOf = ofConvolution([7, 7, 1], [32, 14, 14, 32]);
const convnext = {
  kind: 'convnext',
  operations: ofStep(3 * (depthwiseOf + 2 * ofProduct(32 * 14 * 14, 32, 128)) + ofProduct(32, 32, 10), {
    firstLayer: depthwiseOf,
  }),
  title: 'ConvNeXt V2, 3 blocks of 32 channels, 14×14, batch 32, Adam',
  tolerance: LOOSE,
  warmer: 4,
  inputs: {
    x: { shape: [32, 14, 14, 32], seed: 1 },
    ...Object.fromEntries(
      BLOCKS.flatMap((i) => [
        [`depthwise${i}`, weight([7, 7, 32, 1], 10 + i, 49)],
        [`up${i}`, weight([32, 128], 20 + i, 32)],
        [`down${i}`, weight([128, 32], 30 + i, 128)],
      ]),
    ),
    head: weight([32, 10], 3, 32),
  },
};

export const IMAGE_GROUPS = [
  { name: 'steps', tasks: [resnet, convnext] },
  {
    name: 'conv2d',
    tasks: [
      convolution([32, 28, 28, 1], [3, 3, 1, 16]),
      convolution([32, 28, 28, 16], [3, 3, 16, 16]),
      convolution([32, 28, 28, 16], [3, 3, 16, 32], { stride: 2 }),
      convolution([32, 14, 14, 64], [3, 3, 64, 64]),
      convolution([32, 14, 14, 64], [3, 3, 16, 64], { groups: 4 }),
      convolution([32, 14, 14, 64], [1, 1, 64, 64]),
      convolution([8, 64, 64, 3], [7, 7, 3, 32], { stride: 2 }),
    ],
  },
  {
    name: 'depthwise',
    tasks: [
      depthwise([32, 14, 14, 32], [7, 7, 32, 1]),
      depthwise([32, 28, 28, 16], [3, 3, 16, 1]),
      depthwise([32, 28, 28, 64], [3, 3, 64, 1], { stride: 2 }),
      depthwise([32, 14, 14, 32], [3, 3, 32, 2]),
    ],
  },
  {
    name: 'pooling',
    tasks: [pool('maxPool', [32, 28, 28, 16], 2), pool('averagePool', [32, 28, 28, 16], 2)],
  },
];

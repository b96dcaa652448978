import { MultiHeadAttention } from '../../models/attention.js';
import { TransformerBlock } from '../../models/transformer-block.js';
import { Conv1D } from '../../nn/conv1d.js';
import { Conv2D, DepthwiseConv2D } from '../../nn/convolution.js';
import { Dense } from '../../nn/dense.js';
import { Embedding } from '../../nn/embedding.js';
import type { Module } from '../../nn/module.js';
import { LearnedPositions } from '../../nn/positions.js';
import { PReLU } from '../../nn/prelu.js';
import { Sequential } from '../../nn/sequential.js';
import { Conv2DTranspose } from '../../nn/transposed-convolution.js';
import { NormalizationLayer } from '../../norms/layer.js';
import type { ClassNames, Form, Joined, Named, Naming } from './naming.js';

const bias: Named = { as: 'bias', layout: 'same' };
const features = (as: string): Named => ({ as, layout: 'features' });

/** The layers that have weights, in PyTorch's layouts. A batch comes first in both, then channels there, last here. */
export const LAYERS: readonly ClassNames[] = [
  { of: Dense, weights: { kernel: { as: 'weight', layout: 'transposed' }, bias } },
  { of: Conv1D, weights: { kernel: { as: 'weight', layout: 'convolution1d' }, bias } },
  { of: Conv2D, weights: { kernel: { as: 'weight', layout: 'convolution2d' }, bias } },
  { of: DepthwiseConv2D, weights: { kernel: { as: 'weight', layout: 'depthwise2d' }, bias } },
  // [rows, columns, filters, channels] as [channels, filters, rows, columns]
  { of: Conv2DTranspose, weights: { kernel: { as: 'weight', layout: 'convolution2d' }, bias } },
  { of: Embedding, weights: { embeddings: { as: 'weight', layout: 'same' } } },
  { of: LearnedPositions, weights: { embeddings: { as: 'weight', layout: 'same' } } },
  { of: PReLU, weights: { alpha: features('weight') } },
  {
    of: NormalizationLayer,
    weights: {
      gamma: features('weight'),
      scale: features('weight'),
      beta: features('bias'),
      moving_mean: features('running_mean'),
      moving_variance: features('running_var'),
      steps: features('num_batches_tracked'),
    },
  },
];

const JOINED_BIAS: Joined = {
  as: 'in_proj_bias',
  axis: 0,
  layout: 'same',
  weights: ['query.bias', 'key.bias', 'value.bias'],
};

const own = (name: string): Joined => ({
  as: `${name[0]}_proj_weight`,
  axis: 0,
  layout: 'transposed',
  weights: [`${name}.kernel`],
});

const widthsOf = ({ query, key, value, output }: MultiHeadAttention): readonly number[] => [
  query.units,
  ...[query, key, value].flatMap(({ kernel }) => (kernel ? [kernel.shape[0]!] : [])),
  output.units,
];

const isAsWideAsHeads = (layer: Module): layer is MultiHeadAttention =>
  layer instanceof MultiHeadAttention &&
  layer.groups === layer.options.heads &&
  layer.output.units === layer.query.units;

/** nn.MultiheadAttention: queries, keys and values of one width in one tensor, or keys and values of other widths apart. */
const ATTENTION: readonly Form[] = [
  {
    fits: (layer) => isAsWideAsHeads(layer) && new Set(widthsOf(layer)).size === 1,
    tensors: [
      {
        as: 'in_proj_weight',
        axis: 0,
        layout: 'transposed',
        weights: ['query.kernel', 'key.kernel', 'value.kernel'],
      },
      JOINED_BIAS,
    ],
  },
  {
    fits: (layer) => isAsWideAsHeads(layer) && layer.query.kernel?.shape[0] === layer.query.units,
    tensors: [own('query'), own('key'), own('value'), JOINED_BIAS],
  },
];

/** The names of PyTorch's own modules. */
export const PYTORCH: Naming = {
  classes: [
    { of: Sequential, layers: { 'layers.*': '*' } },
    { of: MultiHeadAttention, layers: { output: 'out_proj' }, forms: ATTENTION },
    {
      of: TransformerBlock,
      layers: {
        attention: 'self_attn',
        'mlp.up': 'linear1',
        'mlp.down': 'linear2',
        attention_norm: 'norm1',
        mlp_norm: 'norm2',
      },
    },
    ...LAYERS,
  ],
  isOpen: true,
  // Only averages without momentum read it, and those are the weight `steps`.
  buffers: ['num_batches_tracked'],
};

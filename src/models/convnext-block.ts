import { Random, anySeed } from '../array/index.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { type StatedActivation, activation } from '../nn/activations.js';
import { ARGUMENTS } from '../nn/construction.js';
import { DepthwiseConv2D } from '../nn/convolution.js';
import { Dense } from '../nn/dense.js';
import { Dropout } from '../nn/dropout.js';
import { demandTensor } from '../nn/input.js';
import { Module } from '../nn/module.js';
import { add } from '../ops/catalog.js';
import { type Given, type Values, completed, number, resolveBeside, seed } from '../option/index.js';
import { type ShapePreservingLayer, normalizationLayer, statedNormalization } from './normalization.js';

const size = (fallback: number, about: string) =>
  number(fallback, about, { min: 1, whole: true, explore: [1, 4] });

const OPTIONS = {
  channels: size(1, 'How many channels images have, before and after.'),
  kernelSize: size(7, 'How many rows and columns the depthwise kernel has.'),
  expansion: size(4, 'How many times as many channels there are inside.'),
  normalization: statedNormalization('layer_norm', 'Applied after the depthwise convolution.'),
  responseNormalization: statedNormalization(
    { type: 'global_response_norm', gammaInitializer: 'zeros' },
    'Applied after the activation; by default as in the paper, which starts at the identity.',
  ),
  dropout: number(0, 'The share of elements dropped in training of what is added.', {
    min: 0,
    below: 1,
    explore: [0, 0.5],
  }),
  seed: seed('Of the initial weights and of dropout; left out, one is drawn.'),
};

/** The options of `ConvNeXtBlock`; channels is required, the others have defaults. */
export type ConvNeXtBlockOptions = Given<typeof OPTIONS> & {
  readonly channels: number;
  /** A name or an op; gelu by default. */
  readonly activation?: StatedActivation | undefined;
};

/**
 * The block of ConvNeXt V2 (Woo et al. 2023, figure 5): x + down(response(activation(up(norm(depthwise(x)))))). Images
 * [samples, height, width, channels] keep their shape. Throws if an option is invalid, or if the images have a
 * different number of channels.
 */
export class ConvNeXtBlock extends Module {
  readonly options: Values<typeof OPTIONS>;
  readonly depthwise: DepthwiseConv2D;
  /** Undefined if the normalization is 'none'. */
  readonly norm: ShapePreservingLayer | undefined;
  readonly up: Dense;
  /** Undefined if the normalization of responses is 'none'. */
  readonly responseNorm: ShapePreservingLayer | undefined;
  readonly down: Dense;
  /** Undefined without dropout. */
  readonly dropout: Dropout | undefined;
  /** The seed of the initial weights and of dropout: given, or drawn. */
  readonly seed: number;
  readonly #activation: (x: Tensor) => Tensor;

  constructor(given: ConvNeXtBlockOptions) {
    super();
    const where = 'ConvNeXtBlock';
    const all = completed(where, given, { channels: null });
    const { activation: stated = 'gelu', ...options } = resolveBeside(where, OPTIONS, all, ['activation']);
    this.options = options;
    this.#activation = activation(stated, `${where}.activation`);
    this.seed = options.seed ?? anySeed();
    const seeds = new Random(this.seed);
    const { channels, kernelSize, expansion, dropout } = options;
    this.depthwise = new DepthwiseConv2D(kernelSize, { padding: 'same', seed: seeds.seed() });
    this.norm = normalizationLayer(options.normalization);
    this.up = new Dense(expansion * channels, { seed: seeds.seed() });
    this.responseNorm = normalizationLayer(options.responseNormalization);
    this.down = new Dense(channels, { seed: seeds.seed() });
    this.dropout = dropout > 0 ? new Dropout(dropout, { seed: seeds.seed() }) : undefined;
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [{ ...this.options, seed: this.seed, activation: this.#activation }];
  }

  override chains(): readonly (readonly unknown[])[] {
    return [
      [this.depthwise, this.norm, this.up],
      [this.responseNorm, this.down],
    ];
  }

  override forward(x: Tensor): Tensor {
    demandTensor('ConvNeXtBlock', x);
    const { channels } = this.options;
    if (x.shape.length !== 4 || x.shape[3] !== channels) {
      const expected = `images [samples, height, width, ${channels}]`;
      throw new NormtapeError({ where: 'ConvNeXtBlock', expected, received: x.shape });
    }
    const slid = this.depthwise.forward(x);
    const active = this.#activation(this.up.forward(this.norm?.forward(slid) ?? slid));
    const made = this.down.forward(this.responseNorm?.forward(active) ?? active);
    return add(x, this.dropout?.forward(made) ?? made);
  }
}

import { Random } from '../../../array/index.js';
import type { Tensor } from '../../../autograd/tape.js';
import { ConvNeXtBlock } from '../../../models/convnext-block.js';
import { type StatedNormalization, normalizationLayer } from '../../../models/normalization.js';
import { ResidualBlock } from '../../../models/residual-block.js';
import { Conv2D } from '../../../nn/convolution.js';
import { Dense } from '../../../nn/dense.js';
import { Module } from '../../../nn/module.js';
import { GlobalAveragePooling2D } from '../../../nn/pooling.js';
import { type Layer, Sequential } from '../../../nn/sequential.js';
import { gelu, relu } from '../../../ops/catalog.js';

/** The size, classes and seed of a network. */
export interface Build {
  /** The shorter side of an image, in pixels. */
  readonly side: number;
  readonly classes: number;
  readonly width: number;
  readonly seed: number;
}

/** The stride of a first layer that leaves about `left` pixels of a side. */
const step = (side: number, left: number): number => Math.max(1, Math.round(side / left));

const normed = (normalization: StatedNormalization): readonly Layer[] => {
  const layer = normalizationLayer(normalization);
  return layer ? [layer] : [];
};

/**
 * A small residual network of He et al. (2016) for the digits: a convolution with its norm, then two blocks, each of
 * which halves the image and doubles the channels.
 */
export function resnet(
  normalization: StatedNormalization,
  { side, classes, width, seed }: Build,
): Sequential {
  const seeds = new Random(seed);
  const useBias = normalizationLayer(normalization) === undefined;
  const stem = { stride: step(side, 8), padding: 'same', useBias, seed: seeds.seed() } as const;
  const block = (filters: number) =>
    new ResidualBlock({ filters, stride: 2, normalization, seed: seeds.seed() });
  return new Sequential([
    new Conv2D(width, 3, stem),
    ...normed(normalization),
    relu,
    block(2 * width),
    block(4 * width),
    new GlobalAveragePooling2D(),
    new Dense(classes, { seed: seeds.seed() }),
  ]);
}

/**
 * A ConvNeXt V2 of Woo et al. (2023) with one stage: patches with a norm, two blocks, the mean, a norm, a classifier.
 */
export class ConvNeXt extends Module {
  readonly stem: Sequential;
  readonly blocks: readonly ConvNeXtBlock[];
  readonly head: Sequential;

  constructor(responseNormalization: StatedNormalization, { side, classes, width, seed }: Build) {
    super();
    const seeds = new Random(seed);
    const patch = step(side, 4);
    const channels = 2 * width;
    this.stem = new Sequential([
      new Conv2D(channels, patch, { stride: patch, seed: seeds.seed() }),
      ...normed('layer_norm'),
    ]);
    this.blocks = [seeds.seed(), seeds.seed()].map(
      (own) => new ConvNeXtBlock({ channels, kernelSize: 3, responseNormalization, seed: own }),
    );
    this.head = new Sequential([
      new GlobalAveragePooling2D(),
      ...normed('layer_norm'),
      new Dense(classes, { seed: seeds.seed() }),
    ]);
  }

  override forward(images: Tensor): Tensor {
    return this.head.forward(this.blocks.reduce((x, block) => block.forward(x), this.stem.forward(images)));
  }

  /** The input of the last layer in each block, [samples, height, width, channels]: the normalized responses. */
  responses(images: Tensor): readonly Tensor[] {
    let x = this.stem.forward(images);
    return this.blocks.map((block) => {
      const slid = block.depthwise.forward(x);
      const active = gelu(block.up.forward(block.norm?.forward(slid) ?? slid));
      x = block.forward(x);
      return block.responseNorm?.forward(active) ?? active;
    });
  }
}

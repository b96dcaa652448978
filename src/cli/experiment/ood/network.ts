import { Random } from '../../../array/index.js';
import type { Tensor } from '../../../autograd/tape.js';
import { normalizationLayer } from '../../../models/normalization.js';
import { ResidualBlock } from '../../../models/residual-block.js';
import { Conv2D } from '../../../nn/convolution.js';
import { Dense } from '../../../nn/dense.js';
import { Module } from '../../../nn/module.js';
import { GlobalAveragePooling2D } from '../../../nn/pooling.js';
import { Sequential } from '../../../nn/sequential.js';
import { createNormalizationLayer } from '../../../norms/normalizations.js';
import { matmul, mul, relu } from '../../../ops/catalog.js';

/** The output of a network for a batch of images. */
export interface Answer {
  /** The input of the classifier, [samples, features], at least 0. */
  readonly features: Tensor;
  /** [samples, classes]. */
  readonly logits: Tensor;
}

/**
 * How logits are computed from features f. `linear`: f · w + b. `weights`: f · w / ‖w‖. `cosine`: f · w / (‖f‖ ‖w‖).
 * The last two are those of Zhang and Xiang (2023), who multiply cosines by a scale.
 */
export type Head = 'linear' | 'weights' | 'cosine';

interface NetworkOptions {
  readonly side: number;
  readonly classes: number;
  readonly width: number;
  readonly head: Head;
  /** The factor of logits that are not linear. */
  readonly scale: number;
  readonly seed: number;
}

const NORM = { type: 'batch_norm', momentum: 0.9 } as const;

/** A small residual network for the digits, which also returns its features; with batch_norm, as in the papers. */
export class Network extends Module {
  readonly trunk: Sequential;
  readonly classifier: Dense;
  readonly head: Head;
  readonly scale: number;

  constructor({ side, classes, width, head, scale, seed }: NetworkOptions) {
    super();
    const seeds = new Random(seed);
    const stem = { stride: Math.max(1, Math.round(side / 8)), padding: 'same', useBias: false } as const;
    const block = (filters: number) =>
      new ResidualBlock({ filters, stride: 2, normalization: NORM, seed: seeds.seed() });
    this.trunk = new Sequential([
      new Conv2D(width, 3, { ...stem, seed: seeds.seed() }),
      normalizationLayer(NORM)!,
      relu,
      block(2 * width),
      block(4 * width),
      new GlobalAveragePooling2D(),
    ]);
    this.classifier = new Dense(classes, { useBias: head === 'linear', seed: seeds.seed() });
    this.head = head;
    this.scale = scale;
  }

  override forward(images: Tensor): Answer {
    const features = this.trunk.forward(images);
    if (this.head === 'linear') return { features, logits: this.classifier.forward(features) };
    this.classifier.build(features.shape);
    const seen = this.head === 'weights' ? features : unit(features);
    return { features, logits: mul(matmul(seen, unitColumns(this.classifier.kernel!)), this.scale) };
  }

  /** The cosines between features and the weights of each class, [samples, classes]; a bias is ignored. */
  cosines(features: Tensor): Tensor {
    return matmul(unit(features), unitColumns(this.classifier.kernel!));
  }
}

const [ofRows, ofColumns] = [-1, 0].map((axis) => createNormalizationLayer('max_logit_norm', { axis }));
const unit = (rows: Tensor): Tensor => ofRows!.forward(rows);
const unitColumns = (matrix: Tensor): Tensor => ofColumns!.forward(matrix);

import type { Split } from '../../../data/index.js';
import { NormtapeError } from '../../../error.js';
import type { StatedNormalization } from '../../../models/normalization.js';
import { visionRecipe } from '../../../models/recipe.js';
import { NO_OWN_NORMS, type OwnNorms } from '../../norms/named.js';
import { demandNames, statedBy, typesWith } from '../names.js';
import type { Tuning } from '../tuning.js';
import type { VisionSettings } from './settings.js';

/** A kind of network and its training, under its name in tables. */
export interface Variant {
  readonly name: string;
  readonly network: 'convnext' | 'resnet';
  /** The norm of the responses in a ConvNeXt block, or the norm after each convolution of a residual network. */
  readonly normalization: StatedNormalization;
  readonly batchSize: number;
  readonly epochs: number;
}

/** One network to train. */
export interface Training {
  readonly variant: Variant;
  readonly seed: number;
  /** The learning rate of SGD at a batch of 64, or of Adam. */
  readonly learningRate: number;
}

/** The plan of the experiment: every variant with every seed. */
export interface Plan {
  readonly source: string;
  readonly split: Split;
  readonly variants: readonly Variant[];
  /** The learning rate of each network. */
  readonly rates: Tuning<number>;
  readonly settings: VisionSettings;
}

/** The batch size of ConvNeXt, and the one that learning rates of SGD refer to. */
const BATCH = 64;

/** The ConvNeXt without a response norm, and the one of the paper. */
export const responsesOf = (width: number): Readonly<Record<string, StatedNormalization>> => ({
  'convnext, none': 'none',
  'convnext, global_response_norm': visionRecipe('global_response_norm', width),
});

/**
 * Options for small networks, because defaults and papers are made for larger ones: groups of 4 for 8 channels or more,
 * and running statistics that a hundred steps can fill.
 */
const STATED: Readonly<Record<string, StatedNormalization>> = {
  batch_norm: { type: 'batch_norm', momentum: 0.9 },
  group_norm: { type: 'group_norm', groups: 4 },
};

export const variantsOf = (
  norms: readonly string[] = Object.keys(STATED),
  {
    batchSizes,
    epochs,
    convnextEpochs,
    width,
  }: Pick<VisionSettings, 'batchSizes' | 'epochs' | 'convnextEpochs' | 'width'>,
  own: OwnNorms = NO_OWN_NORMS,
): readonly Variant[] => {
  const types = demandNames(norms, typesWith(own));
  const twice = batchSizes.find((size, i) => batchSizes.indexOf(size) !== i);
  if (twice !== undefined) {
    throw new NormtapeError({ where: '--batch-sizes', expected: 'each size once', received: twice });
  }
  const convnext = Object.entries(responsesOf(width)).map(([name, normalization]): Variant => ({
    name,
    network: 'convnext',
    normalization,
    batchSize: BATCH,
    epochs: convnextEpochs,
  }));
  const residual = types.flatMap((type) => {
    const normalization = STATED[type] ?? visionRecipe(statedBy(type, own), width);
    return batchSizes.map((batchSize): Variant => ({
      name: nameOf(type, batchSize),
      network: 'resnet',
      normalization,
      batchSize,
      epochs,
    }));
  });
  return [...convnext, ...residual];
};

/** The name of a residual network with this norm and batch size. */
export const nameOf = (type: string, batchSize: number): string => `resnet, ${type}, batch ${batchSize}`;

/** The trainings, seed after seed, so that an interrupted experiment has run every variant about equally often. */
export const trainingsOf = ({
  variants,
  settings: { seed, seeds },
}: Plan): readonly Omit<Training, 'learningRate'>[] =>
  Array.from({ length: seeds }, (_, i) => variants.map((variant) => ({ variant, seed: seed + i }))).flat();

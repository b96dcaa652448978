import { flat, fromFlat } from '../../../array/index.js';
import { Tensor } from '../../../autograd/tape.js';
import { crossEntropy, focalLoss } from '../../../nn/losses/index.js';
import { dmlPlusCenter, dmlPlusFocal, logitNorm } from '../../../norms/catalog.js';
import { createNormalizationLayer } from '../../../norms/normalizations.js';
import type { Recipe } from '../../../norms/recipe.js';
import { add, mean, mul, square, sub, sum } from '../../../ops/catalog.js';
import type { Loss } from '../../../train/index.js';
import type { Answer, Head } from './network.js';
import type { OodSettings } from './settings.js';

/** A training objective: the head of the network, and its loss. */
interface Objective {
  readonly head: Head;
  /** The recipe of its paper; undefined if the paper prescribes only the network. */
  readonly recipe?: Recipe | undefined;
  /** The values to try, besides learning rates; validation data choose among them. */
  tried?(
    settings: Pick<OodSettings, 'temperatures' | 'scales'>,
  ): Partial<Record<'temperature' | 'scale', readonly number[]>>;
  /** The reading that scores validation data. */
  readonly validatedBy: string;
  /** The loss of one training; `done` returns the share of it that is done, from 0 to 1. */
  loss(choice: Choice, done: () => number): Loss<Answer, Int32Array>;
}

/** The chosen settings of a training; 1 for a temperature or scale that it does not have. */
export interface Choice {
  readonly learningRate: number;
  /** The temperature of LogitNorm. */
  readonly temperature: number;
  /** The factor of the cosines. */
  readonly scale: number;
}

const objectives = {
  cross_entropy: {
    head: 'linear',
    validatedBy: 'softmax',
    loss:
      () =>
      ({ logits }, labels) =>
        crossEntropy(logits, labels),
  },

  /** Wei et al. 2022, eq. 5 and 6: cross entropy of logits / (T ‖logits‖), the output of the layer. */
  logit_norm: {
    head: 'linear',
    recipe: logitNorm.recipes?.detection,
    tried: ({ temperatures }) => ({ temperature: temperatures }),
    validatedBy: 'logit_norm_loss',
    loss({ temperature }) {
      const layer = createNormalizationLayer('logit_norm', { temperature });
      return ({ logits }, labels) => crossEntropy(layer.forward(logits), labels);
    },
  },

  band_logit_norm: {
    head: 'linear',
    validatedBy: 'band_logit_norm',
    loss() {
      const layer = createNormalizationLayer('band_logit_norm');
      return ({ logits }, labels) => crossEntropy(layer.forward(logits), labels);
    },
  },

  /** Zhang and Xiang 2023, section 3: a cosine classifier under the focal loss, with equal weights for all classes. */
  focal: {
    head: 'cosine',
    recipe: dmlPlusFocal.recipes?.detection,
    tried: ({ scales }) => ({ scale: scales }),
    validatedBy: 'dml_plus_focal of features',
    loss:
      () =>
      ({ logits }, labels) =>
        focalLoss(logits, labels, { alpha: 1 }),
  },

  /**
   * From the same section: a classifier with unit weights under cross entropy and, later on, the center loss of Wen et
   * al. 2016.
   */
  center: {
    head: 'weights',
    recipe: dmlPlusCenter.recipes?.detection,
    validatedBy: 'dml_plus_center of features',
    loss(_, done) {
      const centers = new Centers();
      return ({ features, logits }, labels) => {
        const entropy = crossEntropy(logits, labels);
        const weight = centerWeight(done());
        const own = centers.of(features, labels);
        centers.follow(features, labels);
        return weight === 0 ? entropy : add(entropy, mul(mean(sum(square(sub(features, own)), -1)), weight));
      };
    },
  },
} satisfies Readonly<Record<string, Objective>>;

export type ObjectiveName = keyof typeof objectives;

export const OBJECTIVES: Readonly<Record<ObjectiveName, Objective>> = objectives;

/**
 * The weight of the center loss, as the authors change it over 200 epochs: 0, from the 60th on 0.001, from the 80th on
 * 0.005.
 */
const centerWeight = (done: number): number => (done < 0.3 ? 0 : done < 0.4 ? 0.001 : 0.005);

/** The center of the features of each class, initially 0; constants for the gradient of the features. */
class Centers {
  readonly #rows = new Map<number, Float64Array>();

  /** The center of each sample's class, in the shape of the features. */
  of({ shape, value }: Tensor, labels: Int32Array): Tensor {
    const [samples, width] = shape as [number, number];
    const data = new (flat(value).constructor as Float32ArrayConstructor)(samples * width);
    labels.forEach((label, i) => data.set(this.#row(label, width), i * width));
    return new Tensor(fromFlat(data, shape));
  }

  /**
   * Takes a step of rate ½ down the mean of ‖f − c‖² over the batch: c ← c + Σ (f − c) / n over the samples of the
   * class.
   */
  follow({ shape, value }: Tensor, labels: Int32Array): void {
    const [samples, width] = shape as [number, number];
    const features = flat(value);
    const before = new Map([...this.#rows].map(([label, row]) => [label, row.slice()]));
    labels.forEach((label, i) => {
      const row = this.#row(label, width);
      const old = before.get(label)!;
      for (let j = 0; j < width; j++) row[j]! += (features[i * width + j]! - old[j]!) / samples;
    });
  }

  #row(label: number, width: number): Float64Array {
    const row = this.#rows.get(label) ?? new Float64Array(width);
    this.#rows.set(label, row);
    return row;
  }
}

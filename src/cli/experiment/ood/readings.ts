import type { Tensor } from '../../../autograd/tape.js';
import { createNormalizationLayer } from '../../../norms/normalizations.js';
import { add, cast, max, mul, softmax, sqrt, square, sum } from '../../../ops/catalog.js';
import type { Answer, Network } from './network.js';
import type { Choice, ObjectiveName } from './objectives.js';
import type { OodSettings } from './settings.js';

/** A reading of the outputs of a trained network: a score for each sample, high for inliers. */
export interface Reading {
  readonly score: Tensor;
  /** The class probabilities, [samples, classes], if the reading uses them. */
  readonly probabilities?: Tensor;
}

export type Reader = (
  answer: Answer,
  network: Network,
  settings: Pick<OodSettings, 'constants'> & Choice,
) => Readonly<Record<string, Reading>>;

/** The readings of each training, by their names in tables. */
export const READERS: Readonly<Record<ObjectiveName, Reader>> = {
  cross_entropy({ features, logits }, network, { constants }) {
    const cosine = max(network.cosines(features), -1);
    const norm = lengths(features);
    const [, logitCosine, logitNorm] = createNormalizationLayer('decoupled_max_logit').forward(logits);
    return {
      softmax: confidence(logits),
      max_logit: { score: max(logits, -1) },
      max_cosine: { score: logitCosine! },
      max_norm: { score: logitNorm! },
      ...Object.fromEntries(
        constants.map((constant) => {
          const [combined] = createNormalizationLayer('decoupled_max_logit', { constant }).forward(logits);
          return [decoupledName(constant), { score: combined! }];
        }),
      ),
      'max_cosine of features': { score: cosine },
      'max_norm of features': { score: norm },
      ...Object.fromEntries(
        constants.map((k) => [`${decoupledName(k)} of features`, { score: add(mul(cosine, k), norm) }]),
      ),
    };
  },

  logit_norm: ({ logits }, _, { temperature }) => ({
    logit_norm_loss: confidence(logits),
    logit_norm: confidence(createNormalizationLayer('logit_norm', { temperature }).forward(logits)),
  }),

  band_logit_norm: ({ logits }) => ({
    band_logit_norm: confidence(createNormalizationLayer('band_logit_norm').forward(logits)),
  }),

  focal: ({ features, logits }, network) => ({
    dml_plus_focal: {
      ...confidence(logits),
      score: createNormalizationLayer('dml_plus_focal').forward(logits),
    },
    'dml_plus_focal of features': { score: max(network.cosines(features), -1) },
  }),

  center({ features, logits }) {
    const [norm] = createNormalizationLayer('dml_plus_center').forward(logits);
    return {
      dml_plus_center: { score: norm!, probabilities: softmax(logits) },
      'dml_plus_center of features': { score: lengths(features) },
    };
  },
};

export const decoupledName = (constant: number): string => `decoupled_max_logit, k = ${constant}`;

/**
 * The largest class probability, as in Hendrycks and Gimpel (2017). In float64, because in float32 all above 1 − 2⁻²⁵
 * would tie at 1.
 */
function confidence(logits: Tensor): Reading {
  const probabilities = softmax(cast(logits, 'float64'));
  return { score: max(probabilities, -1), probabilities };
}

const lengths = (x: Tensor): Tensor => sqrt(sum(square(x), -1));

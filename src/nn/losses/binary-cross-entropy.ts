import {
  type NdArray,
  type Source,
  add,
  masked,
  sigmoid,
  softplus,
  sub,
  zip,
  zip3,
} from '../../array/index.js';
import type { Tensor } from '../../autograd/tape.js';
import { type Given, number, resolveBeside } from '../../option/index.js';
import { ELEMENTWISE, type ElementwiseLoss, elementwise } from './elementwise.js';
import { type Weighted, demandPredictions } from './loss.js';
import { type PerClass, perClass } from './per-class.js';

const OPTIONS = {
  labelSmoothing: number(0, 'How far targets are drawn to ½.', { min: 0, max: 1, explore: [0, 0.5] }),
  ...ELEMENTWISE,
};

const POSITIVE_WEIGHT = number(1, 'The weight of what is positive.', { min: 0, explore: [0.5, 4] });

export type BinaryCrossEntropyOptions = Given<typeof OPTIONS> &
  Weighted & {
    /**
     * How much more a positive target counts than a negative one: one number, or one for each place of the last axis;
     * 1 if it is left out. The count of negatives over that of positives balances the two.
     */
    readonly positiveWeight?: PerClass | undefined;
  };

/**
 * The mean of −w z ln σ(x) − (1 − z) ln(1 − σ(x)): logits x against targets z from 0 to 1, stable however large x is. w is
 * `positiveWeight`.
 *
 * @throws {NormtapeError} If shapes differ, or an option is wrong.
 */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  targets: Tensor | Source,
  given: BinaryCrossEntropyOptions = {},
): Tensor {
  const where = 'binaryCrossEntropyWithLogits';
  demandPredictions(where, logits);
  const { positiveWeight, ...options } = resolveBeside(where, OPTIONS, given, [
    'sampleWeight',
    'positiveWeight',
  ]);
  const weight = perClass(where, 'positiveWeight', POSITIVE_WEIGHT, positiveWeight, logits);
  const lossOf = ({ labelSmoothing }: { readonly labelSmoothing: number }) => binary(labelSmoothing, weight);
  return elementwise(where, OPTIONS, logits, targets, options, lossOf, {
    isWeighing: positiveWeight !== undefined,
  });
}

/** The loss for a smoothed target z; a share of 0 contributes nothing, even of ∞. */
function binary(smoothing: number, weight: NdArray): ElementwiseLoss {
  const smoothed = (t: number): number => t * (1 - smoothing) + smoothing / 2;
  const part = (share: number, cost: number): number => (share === 0 ? 0 : share * cost);
  return {
    loss: (x, t) =>
      add(
        masked(
          zip(x, t, (logit, target) => part(smoothed(target), softplus(-logit))),
          weight,
        ),
        zip(x, t, (logit, target) => part(1 - smoothed(target), softplus(logit))),
      ),
    byPrediction(g, x, t) {
      const negative = zip(x, t, (logit, target) => part(1 - smoothed(target), sigmoid(logit)));
      const positive = zip(x, t, (logit, target) => part(smoothed(target), sigmoid(-logit)));
      return masked(sub(negative, masked(positive, weight)), g);
    },
    // w softplus(−x) − softplus(x) = (w − 1) softplus(−x) − x.
    byTarget: (g, x) =>
      zip3(g, x, weight, (h, logit, w) =>
        h === 0 ? 0 : (part(w - 1, softplus(-logit)) - logit) * (h * (1 - smoothing)),
      ),
  };
}

import { logSoftmax, map, masked, mul, sub, sum } from '../../array/index.js';
import type { Tensor } from '../../autograd/tape.js';
import { type Given, number, resolveBeside } from '../../option/index.js';
import { LABELS, type Labels, classTargets } from './labels.js';
import { REDUCTION, type Weighted, compare } from './loss.js';
import { type PerClass, perClass } from './per-class.js';

const ALPHA = number(0.25, 'The weight of every class; a list has one for each.', {
  min: 0,
  explore: [0, 1],
});

const OPTIONS = {
  gamma: number(2, 'How much less a sample counts the surer its class is.', { min: 0, explore: [0, 4] }),
  ...LABELS,
  ...REDUCTION,
};

export type FocalLossOptions = Given<typeof OPTIONS> &
  Weighted & {
    /** The weight of every class, or one for each; 0.25 when left out, as in Keras. */
    readonly alpha?: PerClass | undefined;
  };

/**
 * −Σ α p (1 − q)^γ ln q along the last axis, with q = softmax(logits) and the probabilities p of the labels
 * (Lin et al. 2017); of the other axes, the mean. Labels and errors are those of `crossEntropy`.
 */
export function focalLoss(logits: Tensor, labels: Labels, given: FocalLossOptions = {}): Tensor {
  const where = 'focalLoss';
  const options = resolveBeside(where, OPTIONS, given, ['sampleWeight', 'alpha']);
  const { reduction, gamma, sampleWeight, alpha, ...settings } = options;
  const { targets, kept } = classTargets(where, logits, labels, settings);
  const weights = perClass(where, 'alpha', ALPHA, alpha, logits);
  const samples = logits.shape.slice(0, -1);
  const partial = !Number.isNaN(settings.ignoreIndex);
  const comparison = { where, predictions: logits, targets, samples, reduction, sampleWeight, kept, partial };
  return compare(comparison, (x, p) => {
    const logarithm = logSoftmax(x, -1);
    const q = map(logarithm, Math.exp);
    const cost = mul(
      map(logarithm, (l) => -(rest(l) ** gamma * l)),
      weights,
    );
    return {
      losses: sum(masked(cost, p), -1),
      // With h = q · dloss/dq = α p (γ q (1 − q)^(γ−1) ln q − (1 − q)^γ), dx = h − q Σh. The power is kept at γ
      // by dividing ln q by 1 − q, which goes to −1 as q goes to 1.
      pullback(g) {
        const bent = map(logarithm, (l) => {
          const remaining = rest(l);
          const weighted = l === -Infinity ? 0 : Math.exp(l) * (remaining === 0 ? -1 : l / remaining);
          return remaining ** gamma * (gamma * weighted - 1);
        });
        const h = masked(masked(mul(bent, weights), p), g);
        return {
          predictions: sub(h, masked(q, sum(h, -1))),
          targets: () => masked(cost, g),
        };
      },
    };
  });
}

/** 1 − q of ln q, with its digits where q is near 1. */
const rest = (logarithm: number): number => -Math.expm1(logarithm);

import { crossEntropy as fused, logSoftmax, map, masked, scale, sub, sum, zip } from '../../array/index.js';
import type { Tensor } from '../../autograd/tape.js';
import { type Given, resolveBeside } from '../../option/index.js';
import { LABELS, type Labels, classTargets } from './labels.js';
import { CONVENTION, type ClassWeighted, classWeighting } from './class-weights.js';
import { REDUCTION, type Weighted, compare } from './loss.js';

const OPTIONS = { ...LABELS, ...CONVENTION, ...REDUCTION };

export type CrossEntropyOptions = Given<typeof OPTIONS> & Weighted & ClassWeighted;

/**
 * −⟨p, ln softmax(logits)⟩ along the last axis, for logits of rank 1 or more; of the other axes, the mean. The labels
 * are integers, or a tensor of probabilities p in the shape of the logits, which gets a gradient too. Logits may be
 * as far apart as they will, and −∞ where p is 0. `classWeights` makes classes count unequally. Throws if labels do
 * not fit the logits, or an option is wrong.
 */
export function crossEntropy(logits: Tensor, labels: Labels, given: CrossEntropyOptions = {}): Tensor {
  const where = 'crossEntropy';
  const options = resolveBeside(where, OPTIONS, given, ['sampleWeight', 'classWeights']);
  const { reduction, sampleWeight, classWeights, convention, ...settings } = options;
  const found = classTargets(where, logits, labels, settings);
  const { targets, kept, certain } = found;
  const { within, ...weighting } = classWeighting(where, logits, classWeights, convention, found);
  const samples = logits.shape.slice(0, -1);
  const partial = !Number.isNaN(settings.ignoreIndex) || weighting.divisor !== undefined;
  const comparison = { where, predictions: logits, targets, samples, reduction, sampleWeight, kept, partial };
  const attributes = { isWeighing: within !== undefined };
  return compare({ ...comparison, ...weighting, attributes }, (x, probabilities) => {
    const p = within ? masked(probabilities, within) : probabilities;
    if (certain) {
      const { losses, gradient } = fused(x, certain);
      return { losses, pullback: (g) => ({ predictions: masked(gradient, g) }) };
    }
    const logarithm = logSoftmax(x, -1);
    return {
      losses: sum(
        zip(p, logarithm, (share, value) => (share === 0 ? 0 : -share * value)),
        -1,
      ),
      // d loss = ⟨softmax · Σp − p, dx⟩ − ⟨ln softmax, dp⟩.
      pullback: (g) => ({
        predictions: masked(sub(masked(map(logarithm, Math.exp), sum(p, -1)), p), g),
        targets: () => masked(scale(within ? masked(logarithm, within) : logarithm, -1), g),
      }),
    };
  });
}

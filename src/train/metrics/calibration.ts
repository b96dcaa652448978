import type { Source } from '../../array/index.js';
import type { Tensor } from '../../autograd/tape.js';
import { NormtapeError } from '../../error.js';
import { noteReduction } from '../../nn/losses/weight.js';
import { type Given, number, resolve } from '../../option/index.js';
import { LABELS, rowsOf } from './classes.js';

const OPTIONS = {
  bins: number(15, 'Into how many classes of equal width confidences fall.', {
    min: 1,
    max: 1_000_000,
    whole: true,
    explore: [1, 20],
  }),
  ...LABELS,
};

/** The sum of probabilities in float32 may differ from 1 by this much. */
const SLACK = 1e-4;

/**
 * The expected calibration error: Σ (n_b / n) |accuracy_b − confidence_b| over bins (b / B, (b + 1) / B] of the
 * largest probability (Guo et al. 2017, eq. 3). Probabilities have the shape [..., classes], labels as in `accuracy`.
 * A label of `ignoreIndex` does not count.
 *
 * @throws NormtapeError if rows are no probabilities.
 */
export function expectedCalibrationError(
  probabilities: Tensor,
  labels: Source,
  given: Given<typeof OPTIONS> = {},
): number {
  const where = 'expectedCalibrationError';
  const { bins, ignoreIndex } = resolve(where, OPTIONS, given);
  const { counted, count } = rowsOf(where, probabilities, labels, ignoreIndex);
  noteReduction({ weight: counted.length, partial: counted.length < count });
  // The sum over a bin of hits minus confidences: n_b (accuracy_b − confidence_b).
  const gaps = new Float64Array(bins);
  for (const { scores, label } of counted) {
    let [confidence, sum] = [0, 0];
    for (const p of scores) {
      confidence = Math.max(confidence, p);
      sum += p < 0 ? NaN : p;
    }
    if (!(Math.abs(sum - 1) <= SLACK)) {
      const expected = 'probabilities from 0 that sum to 1';
      throw new NormtapeError({
        where,
        expected,
        received: [...scores],
        hint: 'Of logits, give it the softmax.',
      });
    }
    const bin = Math.min(bins, Math.max(1, Math.ceil(confidence * bins))) - 1;
    gaps[bin]! += (scores.indexOf(confidence) === label ? 1 : 0) - confidence;
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / counted.length;
}

import { flat } from '../../array/index.js';
import type { Tensor } from '../../autograd/tape.js';

/** The number of rows whose largest logit is the label. */
export function correct(logits: Tensor, labels: Int32Array): number {
  const scores = flat(logits.value);
  const width = scores.length / labels.length;
  return labels.reduce((count, label, row) => {
    const own = scores.subarray(row * width, (row + 1) * width);
    return count + Number(own.every((score, i) => i === label || score < own[label]!));
  }, 0);
}

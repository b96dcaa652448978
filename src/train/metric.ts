import { flat, fromFlat, sizeOf, store } from '../array/index.js';
import { Tensor } from '../autograd/tape.js';

/** Takes batches in, and has one number for all of them. */
export interface Meter<P, Y> {
  add(predictions: P, labels: Y, samples: number): void;
  value(): number;
}

/**
 * One number for a batch, or a tensor of it such as a loss, of which the mean over the samples counts; or what makes a
 * meter for all of them.
 */
export type Metric<P, Y> = ((predictions: P, labels: Y) => number | Tensor) | { start(): Meter<P, Y> };

export const meterOf = <P, Y>(metric: Metric<P, Y>): Meter<P, Y> =>
  'start' in metric ? metric.start() : averaged(metric);

function averaged<P, Y>(measure: (predictions: P, labels: Y) => number | Tensor): Meter<P, Y> {
  let [sum, count] = [0, 0];
  return {
    add(predictions, labels, samples) {
      const value = measure(predictions, labels);
      sum += (value instanceof Tensor ? value.item() : value) * samples;
      count += samples;
    },
    value: () => sum / count,
  };
}

/**
 * A metric that sees all samples at once, as one that counts pairs or bins must: predictions are joined along their
 * first axis, labels in one list.
 */
export const overall = (
  measure: (predictions: Tensor, labels: number[]) => number,
): { start(): Meter<Tensor, ArrayLike<number>> } => ({
  start() {
    const seen: Tensor[] = [];
    const all: number[] = [];
    return {
      add(predictions, labels) {
        seen.push(predictions);
        for (const label of Array.from(labels)) all.push(label);
      },
      value: () => measure(joined(seen), all),
    };
  },
});

function joined(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors as readonly [Tensor];
  const [, ...sample] = first.shape;
  const count = tensors.reduce((sum, { shape }) => sum + (shape[0] ?? 1), 0);
  const data = store(first.dtype, count * sizeOf(sample));
  let at = 0;
  for (const { value, size } of tensors) {
    data.set(flat(value), at);
    at += size;
  }
  return new Tensor(fromFlat(data, [count, ...sample]));
}

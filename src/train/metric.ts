import { flat, fromFlat, sizeOf, store } from '../array/index.js';
import { Tensor } from '../autograd/tape.js';
import { demand } from '../demand.js';
import { isPlainObject } from '../option/index.js';
import { type Weight, weigh } from '../nn/losses/weight.js';
import { Mean } from './mean.js';

/** Accumulates one number over batches. */
export interface Meter<P, Y> {
  add(predictions: P, labels: Y, samples: number): void;
  value(): number;
}

/** The mean of a batch, and its weight relative to other batches. */
export interface WeightedValue {
  readonly value: number;
  readonly weight: Weight;
}

/**
 * A function that returns one number for a batch, or a tensor such as a loss: the mean over the samples that count,
 * which metrics of the library report; any other mean is weighted by the number of samples, or by `weight` in `{
 * value, weight }`. Or an object that makes meters.
 */
export type Metric<P, Y> =
  | ((predictions: P, labels: Y) => number | Tensor | WeightedValue)
  | {
      start(): Meter<P, Y>;
    };

/** Throws, in the name of `where`, unless metrics are functions or makers of meters, by name. */
export function demandMetrics(where: string, metrics: unknown): void {
  if (metrics !== undefined) demand(`${where}.metrics`, 'metrics by name', areMetrics, metrics);
}

const areMetrics = (metrics: unknown): metrics is Readonly<Record<string, Metric<never, never>>> =>
  isPlainObject(metrics) &&
  Object.values(metrics).every(
    (metric) =>
      typeof metric === 'function' || typeof (metric as { start?: unknown } | null)?.start === 'function',
  );

export const meterOf = <P, Y>(metric: Metric<P, Y>): Meter<P, Y> =>
  'start' in metric ? metric.start() : averaged(metric);

function averaged<P, Y>(
  measure: (predictions: P, labels: Y) => number | Tensor | WeightedValue,
): Meter<P, Y> {
  const mean = new Mean();
  return {
    add(predictions, labels, samples) {
      const { value, weight } = weigh<number | Tensor>('metric', samples, () => measure(predictions, labels));
      mean.add(value instanceof Tensor ? value.item() : value, weight);
    },
    value: () => mean.value ?? NaN,
  };
}

/**
 * A metric that sees all samples at once, as one over pairs or bins must: predictions are concatenated along their
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

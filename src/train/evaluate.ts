import { synchronous } from '../autograd/promise.js';
import { PausingScope, scope } from '../autograd/scope.js';
import { noGrad } from '../autograd/recording.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { type WeightedLoss, weighLoss } from '../nn/losses/weight.js';
import { number, resolveBeside } from '../option/index.js';
import { atOnce } from './at-once.js';
import { type Examples, type Model, type TrainingData, examplesOf, rowsOf } from './examples.js';
import { Mean } from './mean.js';
import { type Metric, demandMetrics, meterOf } from './metric.js';
import { demandModel, evaluating } from './mode.js';
import { demandTaught } from './taught.js';

/**
 * The loss of one batch, of rank 0. Losses of the library report how many samples they count, so that batches are weighted
 * by that count; any other mean is weighted by the size of the batch, or by `weight` in
 * `{ loss, weight }`. With `reduction: 'sum'` batches add up.
 */
export type Loss<P, Y> = (predictions: P, labels: Y) => Tensor | WeightedLoss;

/** Metrics by the names of their values. */
export type Metrics<M extends string, P, Y> = { readonly [K in M]: Metric<P, Y> };

/** The options of `evaluate`. */
export interface EvaluateOptions<M extends string, P, Y> {
  /** The mean loss over the samples of a batch. */
  readonly loss: Loss<P, Y>;
  /** Metrics, by name. */
  readonly metrics?: Metrics<M, P, Y> | undefined;
  /** The number of samples in a forward pass; it changes only rounding. */
  readonly batchSize?: number | undefined;
}

/** The result of `evaluate`. */
export interface Evaluation<M extends string = string> {
  /** The mean over the samples that count; 0 if none does. */
  readonly loss: number;
  readonly metrics: Readonly<Record<M, number>>;
}

const OPTIONS = {
  batchSize: number(256, 'How many samples are looked at together.', {
    min: 1,
    whole: true,
    explore: [1, 256],
  }),
};

/**
 * The loss and metrics of a model on data, in evaluation mode and without a tape; the model is unchanged. Throws if
 * there are no samples, or if `fit` trained the model on a data set with other classes or columns.
 */
export function evaluate<X, Y, P, M extends string = never>(
  model: Model<X, P>,
  data: TrainingData<X, Y>,
  given: EvaluateOptions<M, NoInfer<P>, NoInfer<Y>>,
): Evaluation<M> {
  const where = 'evaluate';
  const { loss, metrics, batchSize } = resolveBeside(where, OPTIONS, given, ['loss', 'metrics']);
  if (typeof loss !== 'function') {
    throw new NormtapeError({ where: `${where}.loss`, expected: 'a function', received: loss });
  }
  demandMetrics(where, metrics);
  demandModel(where, model);
  const examples = examplesOf(where, data);
  demandTaught(where, model, data);
  return atOnce(measuring(model, examples, { loss, metrics, batchSize }));
}

const AT_ONCE = 'Models, losses and metrics answer at once: await what they need before.';

/** The same for checked arguments, batch by batch: it pauses after each, with the model in the mode that it had. */
export function* measuring<X, Y, P, M extends string>(
  model: Model<X, P>,
  { count, pick }: Examples<X, Y>,
  { loss, metrics, batchSize = OPTIONS.batchSize.default }: EvaluateOptions<M, P, Y>,
): Generator<void, Evaluation<M>, void> {
  const entries = Object.entries<Metric<P, Y>>(metrics ?? {});
  // A meter may keep predictions until it has seen all samples.
  const areHeld = entries.some(([, metric]) => 'start' in metric);
  const whole = new PausingScope();
  try {
    const meters = whole.run(() =>
      entries.map(([name, metric]) => {
        return [name, synchronous(`metrics.${name}`, meterOf(metric), AT_ONCE)] as const;
      }),
    );
    const mean = new Mean();
    const add = (rows: Int32Array): unknown => {
      const { features, labels } = pick(rows);
      const predictions = synchronous('model.forward', model.forward(features), AT_ONCE);
      const { value, weight } = weighLoss(rows.length, () => loss(predictions, labels));
      mean.add(value.item(), weight);
      for (const [name, meter] of meters)
        synchronous(`metrics.${name}`, meter.add(predictions, labels, rows.length), AT_ONCE);
      return areHeld ? [predictions, labels] : undefined;
    };
    for (const rows of rowsOf(count, batchSize, undefined)) {
      whole.run(() => evaluating(model, () => noGrad(() => void scope(() => add(rows)))));
      yield;
    }
    const values = whole.run(() =>
      meters.map(([name, meter]) => [name, synchronous(`metrics.${name}`, meter.value(), AT_ONCE)]),
    );
    return { loss: mean.value ?? 0, metrics: Object.fromEntries(values) as Record<M, number> };
  } finally {
    whole.end();
  }
}

import { synchronous } from '../autograd/promise.js';
import { scope } from '../autograd/scope.js';
import { noGrad } from '../autograd/recording.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { type WeightedLoss, weighLoss } from '../nn/losses/weight.js';
import { number, resolveBeside } from '../option/index.js';
import { type Examples, type Model, type TrainingData, examplesOf, rowsOf } from './examples.js';
import { Mean } from './mean.js';
import { type Metric, demandMetrics, meterOf } from './metric.js';
import { demandModel, evaluating } from './mode.js';
import { demandTaught } from './taught.js';

/**
 * A loss of one batch, of rank 0. Losses of the library say how many samples they count, so that batches are combined by
 * what counts; a mean over anything else is weighed by the number of samples of the batch, or by `weight` in
 * `{ loss, weight }`. With `reduction: 'sum'` batches add up.
 */
export type Loss<P, Y> = (predictions: P, labels: Y) => Tensor | WeightedLoss;

/** Metrics by the names that their values are to have. */
export type Metrics<M extends string, P, Y> = { readonly [K in M]: Metric<P, Y> };

/** The options of `evaluate`. */
export interface EvaluateOptions<M extends string, P, Y> {
  /** Of a batch: the mean over its samples. */
  readonly loss: Loss<P, Y>;
  /** What else is measured, by name. */
  readonly metrics?: Metrics<M, P, Y> | undefined;
  /** How many samples are looked at together; it changes nothing but rounding. */
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
 * The loss and the metrics of a model on data, in evaluation and off the tape; the model is left as it was. Throws
 * if there is no sample, or `fit` trained the model on a data set of other classes or columns.
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
  return measure(model, examples, { loss, metrics, batchSize });
}

const AT_ONCE = 'Models, losses and metrics answer at once: await what they need before.';

/** The same of what has been checked. */
export function measure<X, Y, P, M extends string>(
  model: Model<X, P>,
  { count, pick }: Examples<X, Y>,
  { loss, metrics, batchSize = OPTIONS.batchSize.default }: EvaluateOptions<M, P, Y>,
): Evaluation<M> {
  const entries = Object.entries<Metric<P, Y>>(metrics ?? {});
  // Meters may hold on to predictions until all samples were seen; after that nobody does.
  const areHeld = entries.some(([, metric]) => 'start' in metric);
  return scope(() => {
    const meters = entries.map(([name, metric]) => {
      return [name, synchronous(`metrics.${name}`, meterOf(metric), AT_ONCE)] as const;
    });
    const mean = new Mean();
    evaluating(model, () =>
      noGrad(() => {
        for (const rows of rowsOf(count, batchSize, undefined)) {
          scope(() => {
            const { features, labels } = pick(rows);
            const predictions = synchronous('model.forward', model.forward(features), AT_ONCE);
            const { value, weight } = weighLoss(rows.length, () => loss(predictions, labels));
            mean.add(value.item(), weight);
            for (const [name, meter] of meters)
              synchronous(`metrics.${name}`, meter.add(predictions, labels, rows.length), AT_ONCE);
            return areHeld ? [predictions, labels] : undefined;
          });
        }
      }),
    );
    const values = Object.fromEntries(
      meters.map(([name, meter]) => [name, synchronous(`metrics.${name}`, meter.value(), AT_ONCE)]),
    );
    return { loss: mean.value ?? 0, metrics: values as Record<M, number> };
  });
}

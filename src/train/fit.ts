import { atOnce } from './at-once.js';
import type { StepRecord } from './callback.js';
import type { Model, TrainingData } from './examples.js';
import { Fitting } from './fitting.js';
import type { History } from './history.js';
import type { FitOptions } from './options.js';
import { alone, awaited } from './waiting.js';

/**
 * Trains a model on data, and returns the history. The same seeds give the same bits. Every piece can be called
 * alone: `evaluate`, `accumulateGradients`, averages, metrics, and `training`, which is the same loop step by step.
 * Throws, before anything has changed, if data or options are wrong. If a loss, a gradient or a weight is no longer
 * finite, the error names the first op that made such a number, and the model is restored to before that step.
 * A callback that returns a promise is refused, since `fit` cannot await.
 */
export function fit<X, Y, P, M extends string = never>(
  model: Model<X, P>,
  data: TrainingData<X, Y>,
  options: FitOptions<M, X, NoInfer<Y>, NoInfer<P>>,
): History<M> {
  return atOnce(training(model, data, options));
}

/**
 * The loop of `fit` as a generator, which pauses after every step, so that a page can draw. In
 * `for await`, it also waits for promises of callbacks, such as those of a checkpoint; if one is
 * rejected, training ends with its error.
 */
export function training<X, Y, P, M extends string = never>(
  model: Model<X, P>,
  data: TrainingData<X, Y>,
  options: FitOptions<M, X, NoInfer<Y>, NoInfer<P>>,
): Generator<StepRecord, History<M>, void> & {
  [Symbol.asyncIterator](): AsyncIterator<StepRecord, History<M>, void>;
} {
  const fitting = new Fitting('fit', model, data, options);
  atOnce(fitting.prepare());
  const steps = fitting.run();
  return Object.assign(alone(steps), { [Symbol.asyncIterator]: () => awaited(steps) });
}

import { NormtapeError } from '../error.js';
import { type Given, number, resolveBeside, seed } from '../option/index.js';
import type { Loss } from './evaluate.js';
import { type Model, type TrainingData, examplesOf } from './examples.js';
import { fit } from './fit.js';
import { build, demandModel } from './mode.js';
import { type FitOptions, readFitOptions } from './options.js';

const OPTIONS = {
  low: number(1e-6, 'The rate of the first step.', { above: 0, explore: [1e-6, 1e-3] }),
  high: number(1, 'The rate of the last step.', { above: 0, explore: [0.1, 10] }),
  steps: number(100, 'How many steps there are at most.', { min: 2, whole: true, explore: [10, 100] }),
  batchSize: number(32, 'How many samples make a step.', { min: 1, whole: true, explore: [1, 64] }),
  smoothing: number(0.9, 'How much of the running mean of the loss a step keeps.', {
    min: 0,
    below: 1,
    explore: [0, 0.98],
  }),
  seed: seed('Of the shuffles; left out, one is drawn.'),
};

/** The options of `findLearningRate`. */
export interface FindOptions<Y, P> extends Given<typeof OPTIONS> {
  /** The mean loss over the samples of a batch. */
  readonly loss: Loss<P, Y>;
  /** The optimizer that the rate is for; it is unchanged afterwards. */
  readonly optimizer: FitOptions<never, unknown, Y, P>['optimizer'];
}

/** The results of `findLearningRate`, step by step. */
export interface LearningRates {
  /** The rate of each step and the loss before it; `smoothed` is its running mean, corrected for the start at 0. */
  readonly rates: readonly number[];
  readonly losses: readonly number[];
  readonly smoothed: readonly number[];
  /** A tenth of the rate at which the smoothed loss was smallest (Howard and Gugger 2020). */
  readonly suggestion: number;
}

/** The search stops once the smoothed loss exceeds its minimum by this many times its size. */
const HOPELESS = 3;

/**
 * Trains with rates that grow from `low` to `high` by equal factors until the loss explodes, and suggests a rate
 * (Smith 2017). Model and optimizer are restored afterwards.
 *
 * @throws NormtapeError if options are wrong, or the loss is not finite at the first step, so that there is no rate
 * to suggest.
 */
export function findLearningRate<X, Y, P>(
  model: Model<X, P>,
  data: TrainingData<X, Y>,
  given: FindOptions<NoInfer<Y>, NoInfer<P>>,
): LearningRates {
  const where = 'findLearningRate';
  const settings = resolveBeside(where, OPTIONS, given, ['loss', 'optimizer']);
  const { low, high, steps, batchSize, smoothing, seed } = settings;
  if (high <= low) {
    throw new NormtapeError({ where: `${where}.high`, expected: `a rate above low, ${low}`, received: high });
  }
  const { optimizer, loss } = readFitOptions<never, X, Y, P>(where, {
    loss: settings.loss,
    optimizer: settings.optimizer,
  });
  demandModel(where, model);
  const examples = examplesOf(where, data);
  build(model, examples);
  const before = model.snapshot('weights', 'generators');
  const memory = optimizer.stateDict(model);
  const { learningRate, steps: made } = optimizer;
  const rates: number[] = [];
  const losses: number[] = [];
  const smoothed: number[] = [];
  let [mean, least] = [0, Infinity];
  optimizer.learningRate = (step) => low * (high / low) ** ((step - made) / (steps - 1));
  try {
    const { stopped } = fit<X, Y, P>(model, examples, {
      loss,
      optimizer,
      batchSize,
      seed,
      epochs: Math.ceil((steps * batchSize) / examples.count),
      divergence: 'stop',
      callbacks: [
        {
          name: 'learning_rates',
          step(record, training) {
            rates.push(record.rate);
            losses.push(record.loss);
            mean = smoothing * mean + (1 - smoothing) * record.loss;
            const corrected = mean / (1 - smoothing ** losses.length);
            smoothed.push(corrected);
            least = Math.min(least, corrected);
            if (losses.length === steps || corrected - least > HOPELESS * Math.abs(least))
              training.stop('There is enough to see.');
          },
        },
      ],
    });
    if (losses.length === 0) {
      const expected = 'a finite loss at the first step';
      throw new NormtapeError({
        where,
        expected,
        received: stopped,
        hint: 'The loss is not finite at any learning rate: mend it first.',
      });
    }
  } finally {
    before.restore();
    before.release();
    optimizer.loadStateDict(memory, model);
    optimizer.learningRate = learningRate;
  }
  return { rates, losses, smoothed, suggestion: rates[smoothed.indexOf(least)]! / 10 };
}

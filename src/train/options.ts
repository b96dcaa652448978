import { Gradients } from '../autograd/gradients.js';
import { ignoreRejection } from '../autograd/promise.js';
import { demand } from '../demand.js';
import { NormtapeError } from '../error.js';
import { clipByGlobalNorm } from '../optim/clipping.js';
import { Optimizer } from '../optim/optimizer.js';
import { type Given, choice, entriesOf, flag, number, resolveBeside, seed } from '../option/index.js';
import { ExponentialMovingAverage } from './average.js';
import type { Callback } from './callback.js';
import type { Loss, Metrics } from './evaluate.js';
import { demandMetrics } from './metric.js';
import type { TrainingData } from './examples.js';
import type { TrainingState } from './state.js';

export const OPTIONS = {
  epochs: number(1, 'How often training goes through the data.', { min: 1, whole: true, explore: [1, 20] }),
  batchSize: number(32, 'How many samples are on the tape at a time.', {
    min: 1,
    whole: true,
    explore: [1, 64],
  }),
  accumulate: number(1, 'How many batches make one step.', { min: 1, whole: true, explore: [1, 8] }),
  shuffle: flag(true, 'Whether samples come in a new order in every epoch.'),
  seed: seed('Of the shuffles; left out, one is drawn.'),
  penalty: flag(true, 'Whether what the regularizers of the model cost joins the loss.'),
  divergence: choice('throw', 'Whether fit throws, or stops, where numbers are not finite any more.', [
    'throw',
    'stop',
  ]),
};

/** The options of `fit` and `training`; loss and optimizer are required, the others have defaults. */
export interface FitOptions<M extends string, X, Y, P> extends Given<typeof OPTIONS> {
  /** The mean loss over the samples of a batch. */
  readonly loss: Loss<P, Y>;
  /** The optimizer, such as `new Adam({ learningRate: 0.001 })`. */
  readonly optimizer: { step(gradients: Gradients): void };
  /** Metrics on the validation data, after every epoch. */
  readonly metrics?: Metrics<M, P, Y> | undefined;
  /** Data to evaluate the model on after every epoch, which are not trained on; none by default. */
  readonly validation?: TrainingData<X, Y> | undefined;
  /** Callbacks, called in this order. */
  readonly callbacks?: readonly Callback<NoInfer<M>>[] | undefined;
  /** The largest global norm of the gradients, or a function that changes them before the step. */
  readonly clip?: number | ((gradients: Gradients) => Gradients) | undefined;
  /** An average of the weights, updated after every step; validation uses it. */
  readonly average?: ExponentialMovingAverage | undefined;
  /** A state from `training.state()`, as in a checkpoint, to resume training from. */
  readonly resume?: TrainingState | undefined;
}

export const BESIDE = [
  'loss',
  'optimizer',
  'metrics',
  'validation',
  'callbacks',
  'clip',
  'average',
  'resume',
] as const;

/** Checks the options and fills in defaults. */
export function readFitOptions<M extends string, X, Y, P>(where: string, given: FitOptions<M, X, Y, P>) {
  demandRateElsewhere(where, given);
  const { optimizer, clip, callbacks = [], ...options } = resolveBeside(where, OPTIONS, given, BESIDE);
  if (typeof options.loss !== 'function') {
    const hint = 'Losses are functions, such as crossEntropy and meanSquaredError.';
    throw new NormtapeError({ where: `${where}.loss`, expected: 'a function', received: options.loss, hint });
  }
  const isOptimizer: boolean = optimizer instanceof Optimizer;
  if (!isOptimizer) {
    const expected = 'an optimizer, such as new Adam()';
    throw new NormtapeError({ where: `${where}.optimizer`, expected, received: optimizer });
  }
  if (options.metrics && !options.validation) {
    const hint = 'Metrics are measured on validation data, which may be the training data.';
    throw new NormtapeError({
      where: `${where}.validation`,
      expected: 'validation data',
      received: undefined,
      hint,
    });
  }
  if (options.average !== undefined)
    demand(`${where}.average`, 'an ExponentialMovingAverage', isAverage, options.average);
  demandMetrics(where, options.metrics);
  demandCallbacks(where, callbacks);
  const names = callbacks.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    const expected = 'callbacks of different names';
    throw new NormtapeError({ where: `${where}.callbacks`, expected, received: twice });
  }
  return {
    ...options,
    optimizer: optimizer as unknown as Optimizer<never>,
    callbacks,
    clipped: clip === undefined ? undefined : clipping(where, clip),
  };
}

const isAverage = (value: unknown): value is ExponentialMovingAverage =>
  value instanceof ExponentialMovingAverage;

/** Refuses callbacks that would never be called: one outside a list, and functions. */
function demandCallbacks(where: string, callbacks: unknown): void {
  const expected = "a list of callbacks, such as { name: 'log', epoch: (record) => … }";
  demand(`${where}.callbacks`, expected, areCallbacks, callbacks);
}

const HOOKS = ['start', 'step', 'epoch', 'settled', 'fault', 'end', 'state', 'restore'] as const;

const areCallbacks = (given: unknown): given is readonly Callback[] =>
  Array.isArray(given) &&
  (given as readonly Callback[]).every(
    (one) =>
      typeof one === 'object' &&
      typeof one.name === 'string' &&
      HOOKS.every((hook) => one[hook] === undefined || typeof one[hook] === 'function'),
  );

/** Refuses a learning rate, which belongs to the optimizer here. */
export function demandRateElsewhere(where: string, given: unknown): void {
  const keys = (entriesOf(given) ?? []).map(([key]) => key);
  const name = ['learningRate', 'learning_rate', 'lr'].find((key) => keys.includes(key));
  if (name === undefined) return;
  const hint = 'The optimizer has the learning rate, as in new Adam({ learningRate: 0.001 }).';
  throw new NormtapeError({ where, expected: 'options without a learning rate', received: name, hint });
}

function clipping(where: string, clip: unknown): (gradients: Gradients) => Gradients {
  if (typeof clip === 'function') {
    return (gradients) => {
      const clipped: unknown = clip(gradients);
      if (clipped instanceof Gradients) return clipped;
      const expected = 'a function that returns gradients';
      throw new NormtapeError({ where: `${where}.clip`, expected, received: ignoreRejection(clipped) });
    };
  }
  if (typeof clip === 'number' && clip > 0) return (gradients) => clipByGlobalNorm(gradients, clip);
  const expected = 'a length above 0, or a function of gradients';
  throw new NormtapeError({ where: `${where}.clip`, expected, received: clip });
}

/** Options as `readFitOptions` returns them. */
export type Settings<M extends string, X, Y, P> = ReturnType<typeof readFitOptions<M, X, Y, P>>;

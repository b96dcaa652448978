import { across, onto, reshape } from '../../array/index.js';
import type { Algebra } from '../algebra.js';
import { blended, learned, momentsWhere, square } from '../formula.js';
import {
  evenGradient,
  keepsShape,
  learnedLaws,
  oddFunction,
  renormLaws,
  switchedOff,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { allButFeatures, demandBatch } from '../parts/axes.js';
import { gainAndShift } from '../parts/index.js';
import { featureMask } from '../parts/masked.js';
import { type Limits, leastLength, renormalize } from '../parts/renorm.js';
import { affineBy, blend, momentum, perFeature, standardizeBy } from '../parts/running.js';

export const batchRenorm = norm({
  type: 'batch_renorm',
  title: 'Batch renormalization',
  alsoKnownAs: ['BatchRenorm', 'BRN', 'BatchRenormalization', 'BatchReNorm2d'],
  about:
    'Standardizes each feature over the batch, then scales and shifts it towards what the running statistics would make of it.',
  useCase: 'Training with small or uneven batches, so that it computes what inference does.',
  reference: {
    authors: 'Sergey Ioffe',
    title: 'Batch Renormalization: Towards Reducing Minibatch Dependence in Batch-Normalized Models',
    year: 2017,
    url: 'https://arxiv.org/abs/1702.03275',
  },
  notes: [
    'r = N / σ and d = (x̄ − μ) / σ, with the mean x̄ and the N of the batch, and the running μ and σ before this call. Without limits on them, the output in training is that of inference.',
    'r and d are constants of the backward pass, as in the paper: the gradient is not that of inference, and finite differences do not measure it.',
    'The paper starts with `rMax: 1` and `dMax: 0`, where it is batch_norm, and widens both with the steps of training: `renormLimits(step)` gives its limits. Running statistics must be near those of the data before r and d may move.',
    'There is one set of running statistics, as in the paper. Keras keeps two, with a momentum each, of which training uses one and inference the other.',
    'The running statistic is the standard deviation, not the variance. `rMin` is 1 / r_max unless it is stated; null is no limit for `rMax` and `dMax`.',
    'If the batch has only one number per feature, the output is γ d + β, and the gradient of x is 0.',
    'momentum is the share of a running statistic that each step keeps, as in Keras: 0.99 here is 0.01 in PyTorch.',
  ],
  traits: { place: 'hidden', couples: 'batch', cost: 10, guards: ['size', 'offset'] },

  options: {
    axis: option.axis(-1, 'The feature axis; it cannot be the batch, axis 0.'),
    epsilon: option.epsilon(
      'Added to the variance of a batch to avoid division by zero; √ε is the least running deviation.',
    ),
    momentum,
    rMax: option.numberOrNull(3, 'The largest r; null for no limit.', {
      min: 1,
      explore: [1, 3],
      symbol: 'r_max',
    }),
    rMin: option.numberOrNull(null, 'The smallest r; null for 1 / r_max.', {
      above: 0,
      max: 1,
      explore: [0.25, 1],
      symbol: 'r_min',
    }),
    dMax: option.numberOrNull(5, 'The largest |d|; null for no limit.', {
      min: 0,
      explore: [0, 5],
      symbol: 'd_max',
    }),
    ...gainAndShift.options,
    movingMeanInitializer: option.initializer('zeros', 'Initializer of the running mean.'),
    movingStddevInitializer: option.initializer('ones', 'Initializer of the running standard deviation.'),
  },

  parameters: gainAndShift.parameters,

  state: {
    moving_mean: {
      about: 'The running mean.',
      role: 'mean',
      symbol: 'μ',
      ...perFeature,
      initial: ({ movingMeanInitializer }) => movingMeanInitializer,
    },
    moving_stddev: {
      about: 'The running standard deviation.',
      ...perFeature,
      initial: ({ movingStddevInitializer }) => movingStddevInitializer,
    },
  },

  mask: {
    ...featureMask,
    about:
      'In training, the positions that enter the statistics, in the shape of x without the feature axis. ' +
      'The others are normalized by the same statistics, and their gradients reach those that count. ' +
      'If none counts, the output is β, the gradient of x is 0, and the running statistics stay. ' +
      'NaN and ∞ at a position that does not count give NaN there, but reach no statistic and no gradient.',
  },

  accepts: demandBatch,

  atInference: ({ gamma, beta }, { axis, epsilon }, { moving_mean, moving_stddev }) =>
    affineBy(
      { mean: moving_mean, length: leastLength(moving_stddev, epsilon) },
      { gain: gamma, shift: beta, along: axis },
    ),

  formula(math, x, { gamma, beta }, options, { training, state, mask }) {
    const { axis, epsilon, momentum } = options;
    const shape = math.shape(x);
    const [mu, deviation] = [state.moving_mean, state.moving_stddev].map((a) =>
      math.reshape(a, onto(shape, axis)),
    );
    const sigma = math.name('σ', math.sqrt(math.maximum(square(math, deviation!), epsilon)));
    if (!training) {
      const unit = math.div(math.sub(x, mu!), sigma);
      return { outputs: [learned(math, unit, axis, gamma, beta)] };
    }
    const weight = mask && math.reshape(mask, across(shape, axis));
    const { mean, variance, some } = momentsWhere(math, weight, x, allButFeatures(shape, axis));
    const where = (a: typeof x) => (some === undefined ? a : math.mul(some, a));
    const length = math.name('N', math.sqrt(math.add(variance, epsilon)));
    const unit = math.name('x̂', where(math.div(math.sub(x, mean), length)));
    const r = math.name('r', math.stop(clippedR(math, math.div(length, sigma), options)));
    const d = math.name('d', math.stop(where(clippedD(math, math.div(math.sub(mean, mu!), sigma), options))));
    return {
      outputs: [learned(math, math.add(math.mul(r, unit), d), axis, gamma, beta)],
      state: {
        moving_mean: blended(math, state.moving_mean, mean, momentum, some),
        moving_stddev: blended(math, state.moving_stddev, length, momentum, some),
      },
    };
  },

  /**
   * The gradients of γ, β, x̂ and x, from dy, in training; the n numbers of a feature share one mean and one N. r and d are
   * constants.
   *
   *     dγ = Σ dy (r x̂ + d)
   *     dβ = Σ dy
   *     dx̂ = r γ dy        y = γ (r x̂ + d) + β
   *     dN = −Σ dx̂ x̂ / N   x̂ = (x − x̄) / N
   *     dv = dN / (2 N)    N² = v + ε
   *     dx̄ = −Σ dx̂ / N     v does not change with x̄, as Σ (x − x̄) = 0
   *     dx = dx̂ / N + 2 (x − x̄) dv / n + dx̄ / n
   *        = (dx̂ − mean(dx̂) − x̂ mean(dx̂ x̂)) / N
   *
   * With running statistics y = γ (x − μ) / σ + β, and dx = γ dy / σ. The source derives masked statistics above `standardizeWhere`.
   */
  apply(x, { gamma, beta }, options, { training, state, mask }) {
    const { axis, epsilon, momentum } = options;
    const { moving_mean, moving_stddev } = state;
    const weights = { gain: gamma, shift: beta, along: axis };
    const running = { mean: moving_mean, length: leastLength(moving_stddev, epsilon) };
    const counting = mask && reshape(mask, across(x.shape, axis));
    const batch = training
      ? renormalize(counting, x, allButFeatures(x.shape, axis), epsilon, weights, running, options)
      : undefined;
    const { value, pullback } = batch ?? standardizeBy(x, running, weights);
    return {
      value,
      pullback(gradient) {
        const pulled = pullback(gradient);
        return { x: pulled.x, gamma: pulled.gain, beta: pulled.shift };
      },
      ...(batch && {
        state: batch.counts
          ? {
              moving_mean: blend(moving_mean, batch.mean(), momentum),
              moving_stddev: blend(moving_stddev, batch.length(), momentum),
            }
          : state,
      }),
    };
  },

  gradient: {
    about: 'In training r and d are constants, though they change with x.',
    kind: (_, { training }) => (training ? 'detached' : 'slope'),
  },

  example: {
    options: { momentum: 0.75, rMax: 1.25, dMax: 1.5 },
    x: [
      [1, 0],
      [4, 0],
      [1, 2.4],
    ],
    parameters: { gamma: [1, -2], beta: [0, 1] },
    y: [
      [0.61612, 1.0],
      [3.26777, 1.0],
      [0.61612, -3.8],
    ],
    state: { moving_mean: [0.5, 0.2], moving_stddev: [1.10355, 1.03284] },
  },

  invariants: {
    keepsShape,
    oddFunction,
    evenGradient,
    ...renormLaws,
    ...learnedLaws({ gain: 'gamma', shift: 'beta' }),
    weightsAtStart: switchedOff({ scale: false, center: false }, { gamma: 1, beta: 0 }),
  },
});

/** r within its limits. */
function clippedR<T>(math: Algebra<T>, r: T, { rMin, rMax }: Limits): T {
  const below = rMax === null ? r : math.minimum(r, rMax);
  if (rMin !== null) return math.maximum(below, rMin);
  return rMax === null ? below : math.maximum(below, math.div(1, rMax));
}

/** d within its limits. */
const clippedD = <T>(math: Algebra<T>, d: T, { dMax }: Limits): T =>
  dMax === null ? d : math.maximum(math.minimum(d, dMax), math.sub(0, dMax));

import { across, flat, onto, reshape } from '../../array/index.js';
import { blended, learned, momentsWhere } from '../formula.js';
import {
  evoBatchLaws,
  keepsShape,
  learnedLaws,
  maskLaws,
  scaledGradient,
  scalingLaw,
  switchedOff,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { allButFeatures, demandBatch, positionsOf } from '../parts/axes.js';
import { innerFactor } from '../parts/evo.js';
import { divideByLarger } from '../parts/evo-batch.js';
import { gainAndShift } from '../parts/index.js';
import { largerGap } from '../parts/larger-gap.js';
import { featureMask } from '../parts/masked.js';
import { blend, momentum, runningMoments } from '../parts/running.js';

const { unseenPositions, emptyMask } = maskLaws();

export const evoNormB0 = norm({
  type: 'evo_norm_b0',
  title: 'EvoNorm-B0',
  alsoKnownAs: ['EvoNorm2dB0', 'EvoNormBatch2d'],
  about:
    'Divides each number by the larger of the deviation of the batch and its own multiple plus the deviation of the sample.',
  useCase:
    'Convolutional networks with large batches; it takes the place of batch_norm and of the activation after it.',
  reference: {
    authors: 'Hanxiao Liu, Andrew Brock, Karen Simonyan, Quoc V. Le',
    title: 'Evolving Normalization-Activation Layers',
    year: 2020,
    url: 'https://arxiv.org/abs/2004.02967',
  },
  notes: [
    'It is a norm and an activation in one: no ReLU belongs after it. The paper calls the factor w v₁.',
    'The variance of the batch passes gradients in training. At inference the running variance stands for it; the variance of the sample is always that of x itself, so inference is no affine map, and cannot be folded into a layer.',
    'The numerator is not centered, and only a variance is tracked. D is at least √ε, also where w x is negative.',
    'The running variance averages the biased variance, as in the code of the paper; timm averages the unbiased one, which is NaN for a batch of one number per feature.',
    'momentum is the share of a running statistic that each step keeps, as in Keras: the 0.1 of timm is 0.9 here, as in the code of the paper.',
    'If the input has rank 2, a sample has one number per feature, and its deviation is √ε.',
    'Where B and R are equal, each receives half of the gradient.',
    'A gradient of w that exceeds the largest number, as huge numbers at positions that do not count may give, is that number.',
  ],
  traits: {
    place: 'hidden',
    couples: 'batch',
    couplesAtInference: 'sample',
    cost: 14,
    takesLonger: 'it takes the deviations of the batch and of the sample',
    guards: ['size'],
  },

  options: {
    axis: option.axis(-1, 'The feature axis; it cannot be the batch, axis 0.'),
    epsilon: option.epsilon('Added to both variances to avoid division by zero.'),
    momentum,
    ...gainAndShift.options,
    ...innerFactor.options,
    movingVarianceInitializer: runningMoments.options.movingVarianceInitializer,
  },

  parameters: { ...gainAndShift.parameters, ...innerFactor.parameters },

  state: { moving_variance: runningMoments.state.moving_variance },

  accepts: demandBatch,

  mask: {
    ...featureMask,
    about:
      'The positions that enter the variance of their sample and, in training, that of the batch, in the shape of x without the feature axis. ' +
      'The others are divided by the same statistics, and their gradients reach those that count. ' +
      'If no position of a sample counts, its output is β, and the gradient of its x is 0; if none of the batch does, the running variance stays. ' +
      'NaN and ∞ at a position that does not count give NaN there, but reach no statistic and no gradient.',
  },

  formula(math, x, { gamma, beta, v }, { axis, epsilon, momentum }, { training, state, mask }) {
    const shape = math.shape(x);
    const { moving_variance } = state;
    const weight = mask && math.reshape(mask, across(shape, axis));
    const moments = (axes: readonly number[], over: string, index: string) =>
      momentsWhere(math, weight, x, axes, { over, index });
    const batch = training ? moments(allButFeatures(shape, axis), 'batch', '_B') : undefined;
    const { variance, some } = moments(positionsOf(shape, axis), 'sample', '_I');
    const own = batch?.variance ?? math.reshape(moving_variance, onto(shape, axis));
    const B = math.name('B', math.sqrt(math.add(own, epsilon)));
    const S = math.name('S', math.sqrt(math.add(variance, epsilon)));
    const R = math.name('R', math.add(math.mul(math.reshape(v!, onto(shape, axis)), x), S));
    const unit = math.div(x, math.name('D', math.maximum(R, B)));
    const known = math.name('x̂', some === undefined ? unit : math.mul(some, unit));
    return {
      outputs: [learned(math, known, axis, gamma, beta)],
      ...(batch && {
        state: { moving_variance: blended(math, moving_variance, batch.variance, momentum, batch.some) },
      }),
    };
  },

  /**
   * The gradients of γ, β, w and x, from dy, in training; n_B numbers of a feature share one B, and n_I of a sample one S. A
   * bracket is 1 where it holds.
   *
   *     dγ = Σ dy x̂
   *     dβ = Σ dy
   *     dx̂ = γ dy                   y = γ x̂ + β
   *     dD = −dx̂ x̂ / D              x̂ = x / D
   *     dR = [R > B] dD             D = max(R, B)
   *     dB = Σ [B > R] dD
   *     dw = Σ dR x                 R = w x + S
   *     dS = Σ dR
   *     dv_B = dB / (2 B)           B² = v_B + ε
   *     dv_I = dS / (2 S)           S² = v_I + ε
   *     dx = dx̂ / D + w dR + 2 (x − x̄_B) dv_B / n_B + 2 (x − x̄_I) dv_I / n_I
   *
   * With a running variance B is constant, and the term of v_B drops out. By a mask, the last two terms are 2 m (x − x̄) dv / W
   * for a mask m of ones and zeros with W = Σ m.
   */
  apply(x, { gamma, beta, v }, { axis, epsilon, momentum }, { training, state, mask }) {
    const { moving_variance } = state;
    const weights = { factor: v!, gain: gamma, shift: beta };
    const running = training ? undefined : moving_variance;
    const { batch, value, pullback } = divideByLarger(mask, x, weights, { axis, epsilon, running });
    return {
      value,
      pullback(gradient) {
        const pulled = pullback(gradient);
        return { x: pulled.x, gamma: pulled.gain, beta: pulled.shift, v: pulled.factor };
      },
      ...(batch && {
        state: {
          // If no position counts, there is no variance.
          moving_variance:
            !mask || flat(mask).some((on) => on === 1)
              ? blend(moving_variance, batch.variance(), momentum, (part) => batch.varianceShare(part))
              : moving_variance,
        },
      }),
    };
  },

  kinks: (x, { axis, epsilon }, { training, weights: { v }, state: { moving_variance }, mask }) =>
    largerGap(mask && reshape(mask, across(x.shape, axis)), x, v!, {
      axis,
      epsilon,
      running: training ? undefined : moving_variance,
    }),

  example: {
    options: { momentum: 0.75 },
    x: [
      [
        [1, 2],
        [4, 2],
      ],
      [
        [1, 5],
        [-2, 3],
      ],
    ],
    parameters: { gamma: [1, -2], beta: [0, 1], v: [0.5, 0.25] },
    y: [
      [
        [0.4714, -2.26599],
        [1.14286, -2.26599],
      ],
      [
        [0.4714, -3.44444],
        [-0.94281, -2.42857],
      ],
    ],
    state: { moving_variance: [1.875, 1.125] },
  },

  invariants: {
    keepsShape,
    scaledTogether: scalingLaw,
    scaledGradient,
    unseenPositions,
    emptyMask,
    ...evoBatchLaws,
    ...learnedLaws({ gain: 'gamma', shift: 'beta' }),
    weightsAtStart: switchedOff({ scale: false, center: false }, { gamma: 1, beta: 0 }),
  },
});

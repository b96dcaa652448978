import { across, reshape } from '../../array/index.js';
import { learned, standardizedWhere } from '../formula.js';
import {
  evenGradient,
  keepsShape,
  learnedLaws,
  featuresApart,
  maskLaws,
  oddFunction,
  samplesAlwaysApart,
  scaledGradient,
  scalingLaw,
  standardizedLaws,
  switchedOff,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { demandBatch, positionsOf } from '../parts/axes.js';
import { gainAndShift } from '../parts/index.js';
import { featureMask, standardizeWhere } from '../parts/masked.js';

export const instanceNorm = norm({
  type: 'instance_norm',
  title: 'InstanceNorm',
  about: 'Centers each feature of each sample over its positions and divides by its standard deviation.',
  useCase: 'Style transfer and image generation, where the contrast of an image must not matter.',
  reference: {
    authors: 'Dmitry Ulyanov, Andrea Vedaldi, Victor Lempitsky',
    title: 'Instance Normalization: The Missing Ingredient for Fast Stylization',
    year: 2016,
    url: 'https://arxiv.org/abs/1607.08022',
  },
  notes: [
    'It is group_norm with one group per feature, for any number of features, and batch_norm in training if the batch has one sample.',
    'If the input has rank 2, a feature has one number per sample: the output is β, and the gradient of x is 0.',
    'Keras has no layer of this name: there it is GroupNormalization(groups=-1) with an ε of 1e-3. PyTorch uses an ε of 1e-5, and no γ and β unless affine=True. The default here is 1e-6, with γ and β.',
    'There are no running statistics, so inference is what training is; track_running_stats of PyTorch would make it a batch_norm at inference.',
  ],
  traits: { place: 'hidden', couples: 'sample', cost: 9, guards: ['size', 'offset'] },

  options: {
    axis: option.axis(-1, 'The feature axis; it cannot be the batch, axis 0.'),
    epsilon: option.epsilon('Added to the variance to avoid division by zero.'),
    ...gainAndShift.options,
  },

  parameters: gainAndShift.parameters,

  mask: featureMask,

  accepts: demandBatch,

  formula(math, x, { gamma, beta }, { axis, epsilon }, { mask }) {
    const shape = math.shape(x);
    const weight = mask && math.reshape(mask, across(shape, axis));
    const unit = standardizedWhere(math, weight, x, positionsOf(shape, axis), epsilon);
    return { outputs: [learned(math, unit, axis, gamma, beta)] };
  },

  /**
   * The gradients of γ, β, x̂ and x, from dy; the n positions of a feature of a sample share one mean and one N.
   *
   *     dγ = Σ dy x̂
   *     dβ = Σ dy
   *     dx̂ = γ dy          y = γ x̂ + β
   *     dN = −Σ dx̂ x̂ / N   x̂ = (x − x̄) / N
   *     dv = dN / (2 N)    N² = v + ε
   *     dx̄ = −Σ dx̂ / N     v does not change with x̄, as Σ (x − x̄) = 0
   *     dx = dx̂ / N + 2 (x − x̄) dv / n + dx̄ / n
   *        = (dx̂ − mean(dx̂) − x̂ mean(dx̂ x̂)) / N
   *
   * The source derives masked statistics above `standardizeWhere`.
   */
  apply(x, { gamma, beta }, { axis, epsilon }, { mask }) {
    const counting = mask && reshape(mask, across(x.shape, axis));
    const weights = { gain: gamma, shift: beta, along: axis };
    const over = positionsOf(x.shape, axis);
    const { value, pullback } = standardizeWhere(counting, x, over, epsilon, weights);
    return {
      value,
      pullback(gradient) {
        const pulled = pullback(gradient);
        return { x: pulled.x, gamma: pulled.gain, beta: pulled.shift };
      },
    };
  },

  example: {
    x: [
      [
        [1, 3],
        [4, 3],
        [1, 9],
      ],
    ],
    parameters: { gamma: [2, -1], beta: [0.5, 1] },
    y: [
      [
        [-0.91421, 1.70711],
        [3.32843, 1.70711],
        [-0.91421, -0.41421],
      ],
    ],
  },

  invariants: {
    keepsShape,
    scalingLaw,
    oddFunction,
    samplesAlwaysApart,
    featuresApart,
    scaledGradient,
    evenGradient,
    ...standardizedLaws,
    ...maskLaws(),
    ...learnedLaws({ gain: 'gamma', shift: 'beta' }),
    weightsAtStart: switchedOff({ scale: false, center: false }, { gamma: 1, beta: 0 }),
  },
});

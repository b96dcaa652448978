import { positiveAxes, reshape } from '../../array/index.js';
import { learned, standardizedWhere } from '../formula.js';
import {
  evenGradient,
  groupsApart,
  keepsShape,
  maskLaws,
  learnedLaws,
  oddFunction,
  samplesAlwaysApart,
  scaledGradient,
  scalingLaw,
  switchedOff,
  standardizedLaws,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { demandBatch } from '../parts/axes.js';
import { gainAndShift } from '../parts/index.js';
import { featureMask, standardizeWhere } from '../parts/masked.js';
import { demandDivisor, positionsSplit, sharedAxes, splitShape } from '../parts/split.js';

export const groupNorm = norm({
  type: 'group_norm',
  title: 'GroupNorm',
  alsoKnownAs: ['GN', 'gLN'],
  about: 'Centers each group of features of a sample and divides by its standard deviation.',
  useCase: 'Convolutional networks whose batches are too small for batch_norm.',
  reference: {
    authors: 'Yuxin Wu, Kaiming He',
    title: 'Group Normalization',
    year: 2018,
    url: 'https://arxiv.org/abs/1803.08494',
  },
  notes: [
    'Groups consist of neighbouring features: of 6 features in 2 groups, the first three share a mean and variance, and so do the last three.',
    'The default is one group, which works for any number of features; Keras and the paper use 32. With one group per feature it is instance normalization; with one group and an input of rank 2 it is layer_norm.',
    'The default ε is 1e-6; Keras uses 1e-3 and PyTorch 1e-5.',
    'In a group of one number the output is β, and the gradient of x is 0.',
    'A sample never depends on the rest of its batch, and there are no running statistics.',
  ],
  traits: { place: 'hidden', couples: 'sample', cost: 9, guards: ['size', 'offset'] },

  options: {
    groups: option.number(1, 'The number of groups; it must divide the number of features.', {
      min: 1,
      whole: true,
      explore: [1, 4],
    }),
    axis: option.axis(-1, 'The feature axis; it cannot be the batch, axis 0.'),
    epsilon: option.epsilon('Added to the variance to avoid division by zero.'),
    ...gainAndShift.options,
  },

  parameters: gainAndShift.parameters,

  accepts(input, { axis, groups }) {
    const verdict = demandBatch(input, { axis });
    return verdict === true ? demandDivisor(input, axis, 'groups', groups) : verdict;
  },

  mask: featureMask,

  formula(math, x, { gamma, beta }, { axis, groups, epsilon }, { mask }) {
    const shape = math.shape(x);
    const split = math.reshape(x, splitShape(shape, { axis, groups }));
    const weight = mask && math.reshape(mask, positionsSplit(shape, axis));
    const unit = standardizedWhere(math, weight, split, sharedAxes(shape, axis), epsilon);
    return { outputs: [learned(math, math.reshape(unit, shape), axis, gamma, beta)] };
  },

  /**
   * The gradients of γ, β, x̂ and x, from dy; the n numbers of a group share one mean and one N.
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
  apply(x, { gamma, beta }, { axis, groups, epsilon }, { mask }) {
    const [at = 0] = positiveAxes(axis, x.shape.length);
    const shape = splitShape(x.shape, { axis, groups });
    const weights = { gain: gamma, shift: beta, along: [at, at + 1] };
    const counting = mask && reshape(mask, positionsSplit(x.shape, axis));
    const over = sharedAxes(x.shape, axis);
    const { value, pullback } = standardizeWhere(counting, reshape(x, shape), over, epsilon, weights);
    const features = [x.shape[at]!];
    return {
      value: reshape(value, x.shape),
      pullback(gradient) {
        const pulled = pullback(reshape(gradient, shape));
        return {
          x: reshape(pulled.x, x.shape),
          gamma: pulled.gain && reshape(pulled.gain, features),
          beta: pulled.shift && reshape(pulled.shift, features),
        };
      },
    };
  },

  example: {
    options: { groups: 2 },
    x: [
      [
        [1, 3, 2, 6],
        [5, 7, 2, 2],
      ],
    ],
    parameters: { gamma: [1, 2, -1, 3], beta: [0, 1, 0.5, -2] },
    y: [
      [
        [-1.34164, 0.10557, 1.07735, 3.19615],
        [0.44721, 3.68328, 1.07735, -3.73205],
      ],
    ],
  },

  invariants: {
    keepsShape,
    scalingLaw,
    oddFunction,
    samplesAlwaysApart,
    groupsApart,
    scaledGradient,
    evenGradient,
    ...standardizedLaws,
    ...maskLaws(),
    ...learnedLaws({ gain: 'gamma', shift: 'beta' }),
    weightsAtStart: switchedOff({ scale: false, center: false }, { gamma: 1, beta: 0 }),
  },
});

import { onto } from '../../array/index.js';
import { blended, learned, momentsWhere, unitOf } from '../formula.js';
import {
  biasFreeLaws,
  evenGradient,
  keepsShape,
  learnedLaws,
  oddFunction,
  scaledGradient,
  scalingLaw,
  switchedOff,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { allButFeatures, demandBatch } from '../parts/axes.js';
import { affineBy, blend, momentum, perFeature, rootOf, standardizeBy } from '../parts/running.js';
import { unitizeByDeviation } from '../parts/uncentered.js';

export const biasFreeBatchNorm = norm({
  type: 'bias_free_batch_norm',
  title: 'Bias-free BatchNorm',
  alsoKnownAs: ['BiasFreeBatchNorm', 'BFBatchNorm', 'BF_batchNorm', 'BF-CNN'],
  about:
    'Divides each feature by its standard deviation over the batch, without subtracting or adding anything.',
  useCase: 'Image denoisers whose output must scale with the noise: bias-free networks.',
  reference: {
    authors: 'Sreyas Mohan, Zahra Kadkhodaie, Eero P. Simoncelli, Carlos Fernandez-Granda',
    title: 'Robust and Interpretable Blind Image Denoising via Bias-Free Convolutional Neural Networks',
    year: 2020,
    url: 'https://arxiv.org/abs/1906.05478',
  },
  notes: [
    'It divides x by the deviation of x − x̄: the mean enters N, but is not subtracted, so the mean of the output is γ x̄ / N.',
    'At inference it is linear: f(a x) = a f(x) for every number a, also a negative one.',
    'A feature without variance is divided by √ε: by default its output is 1000 γ x. That happens to every feature if the batch is one sample without positions.',
    'A frozen layer uses its running variance and leaves it unchanged, even in training mode. In the class of the source project, freezing does not stop the running variance.',
    'momentum is the share of the running variance that each step keeps, as in Keras: 0.99 here is 0.01 in PyTorch. The running variance averages the biased variance of the batch.',
  ],
  traits: { place: 'hidden', couples: 'batch', cost: 7, guards: ['size', 'shift'] },

  options: {
    axis: option.axis(-1, 'The feature axis; it cannot be the batch, axis 0.'),
    epsilon: option.epsilon('Added to the variance to avoid division by zero.'),
    momentum,
    useScale: option.flag(true, 'Whether to learn a gain γ for each feature.'),
  },

  parameters: {
    gamma: {
      symbol: 'γ',
      about: 'The gain γ.',
      role: 'gain',
      ...perFeature,
      initial: () => 'ones',
      when: ({ useScale }) => useScale,
    },
  },

  state: {
    running_var: { about: 'The running variance.', role: 'variance', ...perFeature, initial: () => 'ones' },
  },

  accepts: demandBatch,

  atInference: ({ gamma }, { axis, epsilon }, { running_var }) =>
    affineBy({ length: rootOf(running_var, epsilon) }, { gain: gamma, along: axis }),

  formula(math, x, { gamma }, { axis, epsilon, momentum }, { training, state: { running_var } }) {
    const shape = math.shape(x);
    const variance = training
      ? momentsWhere(math, undefined, x, allButFeatures(shape, axis)).variance
      : math.reshape(running_var, onto(shape, axis));
    const length = math.name('N', math.sqrt(math.add(variance, epsilon)));
    const outputs = [learned(math, unitOf(math, x, length), axis, gamma)];
    return training
      ? { outputs, state: { running_var: blended(math, running_var, variance, momentum) } }
      : { outputs };
  },

  /**
   * The gradients of γ, x̂ and x, from dy, in training; the n numbers of a feature share one N.
   *
   *     dγ = Σ dy x̂
   *     dx̂ = γ dy          y = γ x̂
   *     dN = −Σ dx̂ x̂ / N   x̂ = x / N
   *     dv = dN / (2 N)    N² = v + ε
   *     dx = dx̂ / N + 2 (x − x̄) dv / n     v does not change with x̄, as Σ (x − x̄) = 0
   *        = (dx̂ − (x − x̄) mean(dx̂ x̂) / N) / N
   *
   * With the running variance N is a constant, and dx = dx̂ / N.
   */
  apply(x, { gamma }, { axis, epsilon, momentum }, { training, state: { running_var } }) {
    const weights = { gain: gamma, along: axis };
    const batch = training
      ? unitizeByDeviation(x, allButFeatures(x.shape, axis), epsilon, weights)
      : undefined;
    const { value, pullback } = batch ?? standardizeBy(x, { length: rootOf(running_var, epsilon) }, weights);
    return {
      value,
      pullback(gradient) {
        const pulled = pullback(gradient);
        return { x: pulled.x, gamma: pulled.gain };
      },
      ...(batch && {
        state: {
          running_var: blend(running_var, batch.variance(), momentum, (part) => batch.varianceShare(part)),
        },
      }),
    };
  },

  example: {
    options: { momentum: 0.75 },
    x: [
      [1, 2],
      [4, 2],
      [1, 5],
    ],
    parameters: { gamma: [1, -2] },
    y: [
      [0.70711, -2.82843],
      [2.82843, -2.82843],
      [0.70711, -7.07107],
    ],
    state: { running_var: [1.25, 1.25] },
  },

  invariants: {
    keepsShape,
    scalingLaw,
    scaledGradient,
    oddFunction,
    evenGradient,
    ...biasFreeLaws,
    ...learnedLaws({ gain: 'gamma' }),
    scaleAtOne: switchedOff({ useScale: false }, { gamma: 1 }),
  },
});

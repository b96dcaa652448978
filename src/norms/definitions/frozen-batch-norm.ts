import { type NdArray, cast, mul, onto, reshape, shortened, sub, add } from '../../array/index.js';
import { learned } from '../formula.js';
import { featuresApart, frozenLaws, keepsShape, sameJacobian, samplesAlwaysApart } from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import {
  affineBy,
  affineOfMoments,
  isModerate,
  perFeature,
  rootOf,
  standardizeBy,
} from '../parts/running.js';

export const frozenBatchNorm = norm({
  type: 'frozen_batch_norm',
  title: 'Frozen BatchNorm',
  alsoKnownAs: ['FrozenBatchNorm2d', 'constant affine map of each feature'],
  about: 'Applies batch_norm with constant statistics, gain and shift: nothing of it is trained.',
  useCase:
    'Detection and other fine-tuning with small batches, on a backbone that was trained with batch_norm.',
  reference: {
    authors: 'Yuxin Wu, Alexander Kirillov, Francisco Massa, Wan-Yen Lo, Ross Girshick',
    title: 'Detectron2',
    year: 2019,
    url: 'https://github.com/facebookresearch/detectron2',
  },
  notes: [
    'γ and β are statistics here, not weights: no optimizer sees them. Training and inference are the same.',
    "Its statistics have the names of the weights and statistics of batch_norm, so each loads the state of the other: frozen.loadStateDict(batch.stateDict()), and back. convertNormalization(model, 'batch_norm', 'frozen_batch_norm') does that to a whole model.",
    'A new layer divides by √(1 + ε). detectron2 starts the variance at 1 − ε, so that a new layer changes nothing; torchvision before 0.8 had no ε, and divided by 0 for a variance of 0.',
    'It computes γ (x − μ) / N + β. The form γ x / N + (β − γ μ / N), into which other libraries fold it, loses digits if the mean is much larger than the deviation.',
  ],
  traits: { place: 'hidden', couples: 'nothing', cost: 2, guards: [] },

  options: {
    axis: option.axis(-1, 'The feature axis. Each feature has its own statistics.'),
    epsilon: option.epsilon('Added to the variance to avoid division by zero.'),
  },

  parameters: {},

  state: {
    gamma: { symbol: 'γ', about: 'The constant gain γ.', role: 'gain', ...perFeature, initial: () => 'ones' },
    beta: {
      symbol: 'β',
      about: 'The constant shift β.',
      role: 'shift',
      ...perFeature,
      initial: () => 'zeros',
    },
    moving_mean: {
      symbol: 'μ',
      about: 'The constant mean μ.',
      role: 'mean',
      ...perFeature,
      initial: () => 'zeros',
    },
    moving_variance: {
      symbol: 'σ²',
      about: 'The constant variance σ².',
      role: 'variance',
      ...perFeature,
      initial: () => 'ones',
    },
  },

  accepts: (input) => input.length > 1 || { expected: 'an input of rank 2 or more, with the batch first' },

  atInference: (_, options, state) => affineOfMoments(state, options, state),

  formula(math, x, _, { axis, epsilon }, { state }) {
    const laid = onto(math.shape(x), axis);
    const length = math.name('N', math.sqrt(math.add(math.reshape(state.moving_variance, laid), epsilon)));
    const unit = math.name('x̂', math.div(math.sub(x, math.reshape(state.moving_mean, laid)), length));
    return { outputs: [learned(math, unit, axis, state.gamma, state.beta)] };
  },

  /**
   * The gradients of x̂ and x, from dy; all statistics are constants.
   *
   *     dx̂ = γ dy      y = γ x̂ + β
   *     dx = dx̂ / N    x̂ = (x − μ) / N
   */
  apply(x, _, { axis, epsilon }, { state }) {
    const { gamma: gain, beta: shift, moving_mean: mean, moving_variance: variance } = state;
    const weights = { gain, shift, along: axis };
    const constant = { mean, length: rootOf(variance, epsilon) };
    const { gain: factor } = affineBy(constant, weights);
    if (!isModerate(factor!)) {
      const { value, pullback } = standardizeBy(x, constant, weights);
      return { value, pullback: (gradient) => ({ x: pullback(gradient).x }) };
    }

    const laid = (a: NdArray) => reshape(a, onto(x.shape, axis));
    const [k, mu, beta] = [factor!, mean, shift].map(laid);
    return {
      value: shortened(x.dtype, (short, to) => add(mul(sub(short(x), short(mu!)), to(k!)), short(beta!))),
      pullback: (gradient) => ({ x: mul(gradient, cast(k!, x.dtype)) }),
    };
  },

  example: {
    options: { epsilon: 3 },
    x: [
      [1, 2],
      [-4, 0],
    ],
    parameters: {},
    y: [
      [0.5, 1],
      [-2, 0],
    ],
  },

  invariants: {
    keepsShape,
    ...frozenLaws,
    sameJacobian,
    samplesAlwaysApart,
    featuresApart,
  },
});

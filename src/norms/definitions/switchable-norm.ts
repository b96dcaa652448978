import { across, cast, flat, fromFlat, onto, reshape } from '../../array/index.js';
import { blended, learned, momentsWhere } from '../formula.js';
import {
  keepsShape,
  learnedLaws,
  maskLaws,
  oddFunction,
  scaledGradient,
  scalingLaw,
  switchLaws,
  switchedOff,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { allButFeatures, demandBatch, positionsOf } from '../parts/axes.js';
import { gainAndShift } from '../parts/index.js';
import { featureMask, standardizeWhere } from '../parts/masked.js';
import { blend, momentum, runningMoments } from '../parts/running.js';
import { sharesOf } from '../parts/shares.js';
import { switched } from '../parts/switchable.js';

const { unseenPositions, emptyMask } = maskLaws();

const mixing = {
  meanWeightInitializer: option.initializer('ones', 'Initializer of a.'),
  varianceWeightInitializer: option.initializer('ones', 'Initializer of b.'),
};

const perStatistic = {
  sizes: 'the number of statistics: 3, or 2 for an input of rank 2',
  shape: (input: readonly number[]) => [Math.min(3, input.length)],
};

export const switchableNorm = norm({
  type: 'switchable_norm',
  title: 'Switchable normalization',
  alsoKnownAs: ['SwitchNorm', 'SwitchNorm1d', 'SwitchNorm2d', 'SwitchNorm3d'],
  about: 'Mixes the means and the variances of instance, layer and batch normalization by learned shares.',
  useCase: 'Convolutional networks in which each layer should find its own normalization.',
  reference: {
    authors: 'Ping Luo, Jiamin Ren, Zhanglin Peng, Ruimao Zhang, Jingyu Li',
    title: 'Differentiable Learning-to-Normalize via Switchable Normalization',
    year: 2018,
    url: 'https://arxiv.org/abs/1806.10779',
  },
  notes: [
    'The weights of the shares are in the order instance, layer, batch; an input of rank 2 has no instance, and two of each. The shares are softmaxes, so adding a constant to all weights of one kind changes nothing.',
    'With all of the share on one statistic, it is instance_norm, layer_norm over all but the batch, or batch_norm.',
    'All variances are biased, and the running variance starts at 1. The code of the paper takes the unbiased variance of an instance, builds the other two from it, which makes them neither biased nor unbiased, and starts at 0.',
    'At inference the running statistics stand for those of the batch; those of the instance and the layer are always of x itself, so inference is no affine map, and cannot be folded into a layer.',
    'momentum is the share of a running statistic that each step keeps, as in Keras: 0.99 here is 0.01 in PyTorch.',
  ],
  traits: {
    place: 'hidden',
    couples: 'batch',
    couplesAtInference: 'sample',
    cost: 20,
    takesLonger: 'it takes the statistics of instance, layer and batch',
    guards: ['size', 'offset'],
  },

  options: {
    axis: option.axis(-1, 'The feature axis; it cannot be the batch, axis 0.'),
    epsilon: option.epsilon('Added to the variance to avoid division by zero.'),
    momentum,
    ...gainAndShift.options,
    ...mixing,
    ...runningMoments.options,
  },

  parameters: {
    ...gainAndShift.parameters,
    mean_weight: {
      symbol: 'a',
      about: 'The weights a, whose softmax mixes the means.',
      ...perStatistic,
      initial: ({ meanWeightInitializer }) => meanWeightInitializer,
    },
    variance_weight: {
      symbol: 'b',
      about: 'The weights b, whose softmax mixes the variances.',
      ...perStatistic,
      initial: ({ varianceWeightInitializer }) => varianceWeightInitializer,
    },
  },

  state: runningMoments.state,

  accepts: demandBatch,

  mask: {
    ...featureMask,
    about:
      'The positions that enter the statistics, in the shape of x without the feature axis. ' +
      'The others are normalized by the same statistics, and their gradients reach those that count. ' +
      'If no position of a sample counts, its output is β, and the gradient of its x is 0; if none of the batch does, the running statistics stay. ' +
      'NaN and ∞ at a position that does not count give NaN there, but reach no statistic and no gradient.',
  },

  formula(math, x, weights, { axis, epsilon, momentum }, { training, state, mask }) {
    const shape = math.shape(x);
    const weight = mask && math.reshape(mask, across(shape, axis));
    const positions = positionsOf(shape, axis);
    const rest = shape.map((_, i) => i).slice(1);
    const along = (a: typeof x) => math.reshape(a, onto(shape, axis));
    const instance =
      positions.length > 0
        ? [momentsWhere(math, weight, x, positions, { over: 'instance', index: '_I' })]
        : [];
    const layer = momentsWhere(math, weight, x, rest, { over: 'layer', index: '_L' });
    const batch = training
      ? momentsWhere(math, weight, x, allButFeatures(shape, axis), { over: 'batch', index: '_B' })
      : undefined;
    const ofBatch = batch ?? { mean: along(state.moving_mean), variance: along(state.moving_variance) };
    const all = [...instance, layer, ofBatch];
    const shares = (own: typeof x, letter: string) => {
      const powers = math.name(`e_${letter}`, math.exp(math.sub(own, math.stop(math.max(own, 0)))));
      return math.div(powers, math.name(`E_${letter}`, math.sum(powers, 0, 'statistics')));
    };
    const mix = (parts: readonly (typeof x)[], letter: string, own: typeof x) =>
      parts
        .map((part, k) => {
          const at = k + 3 - parts.length;
          const share = math.slice(own, 0, k, k + 1, ['IN', 'LN', 'BN'][at]!);
          const laid = math.reshape(
            share,
            shape.map(() => 1),
          );
          return math.mul(math.name(`${letter}_${'ILB'[at]!}`, laid), part);
        })
        .reduce((sum, part) => math.add(sum, part));
    const p = math.name('p', shares(weights.mean_weight!, 'a'));
    const q = math.name('q', shares(weights.variance_weight!, 'b'));
    const means = all.map((one) => one.mean);
    const mean = math.name('μ', mix(means, 'p', p));
    const variances = all.map((one) => one.variance);
    const variance = math.name('V', mix(variances, 'q', q));
    const length = math.name('N', math.sqrt(math.add(variance, epsilon)));
    const unit = math.div(math.sub(x, mean), length);
    const known = math.name('x̂', layer.some === undefined ? unit : math.mul(layer.some, unit));
    return {
      outputs: [learned(math, known, axis, weights.gamma, weights.beta)],
      ...(batch && {
        state: {
          moving_mean: blended(math, state.moving_mean, batch.mean, momentum, batch.some),
          moving_variance: blended(math, state.moving_variance, batch.variance, momentum, batch.some),
        },
      }),
    };
  },

  /**
   * The gradients of γ, β, a, b and x, from dy, in training. A statistic is of n_I numbers of an instance, n_L of a layer or
   * n_B of a batch; its gradient sums over all parts that share it.
   *
   *     dγ = Σ dy x̂
   *     dβ = Σ dy
   *     dx̂ = γ dy               y = γ x̂ + β
   *     dμ = −Σ dx̂ / N          x̂ = (x − μ) / N
   *     dN = −Σ dx̂ x̂ / N
   *     dV = dN / (2 N)         N² = V + ε
   *     dx̄_I = p_I dμ           μ = p_I x̄_I + p_L x̄_L + p_B x̄_B
   *     dx̄_L = Σ p_L dμ         v does not change with x̄, as Σ (x − x̄) = 0
   *     dx̄_B = Σ p_B dμ
   *     dv_I = q_I dV           V = q_I v_I + q_L v_L + q_B v_B
   *     dv_L = Σ q_L dV
   *     dv_B = Σ q_B dV
   *     dp_I = Σ x̄_I dμ
   *     dp_L = Σ x̄_L dμ
   *     dp_B = Σ x̄_B dμ
   *     dq_I = Σ v_I dV
   *     dq_L = Σ v_L dV
   *     dq_B = Σ v_B dV
   *     dE_a = −Σ dp p / E_a    p = e_a / E_a
   *     de_a = dp / E_a + dE_a   E_a = Σ e_a
   *     da = e_a de_a           e_a = exp(a) over a constant
   *     dE_b = −Σ dq q / E_b    q = e_b / E_b
   *     de_b = dq / E_b + dE_b   E_b = Σ e_b
   *     db = e_b de_b
   *     dx = dx̂ / N + dx̄_I / n_I + dx̄_L / n_L + dx̄_B / n_B + 2 (x − x̄_I) dv_I / n_I + 2 (x − x̄_L) dv_L / n_L + 2 (x − x̄_B) dv_B / n_B
   *
   * With running statistics the terms of the batch drop out, and without positions those of the instance. With a mask the
   * numbers that count have the terms of statistics, and n is their count.
   */
  apply(
    x,
    { gamma, beta, mean_weight, variance_weight },
    { axis, epsilon, momentum },
    { training, state, mask },
  ) {
    const { moving_mean, moving_variance } = state;
    const counting = mask && reshape(mask, across(x.shape, axis));
    const shares = {
      means: sharesOf(mean_weight!),
      variances: sharesOf(variance_weight!),
      gain: gamma,
      shift: beta,
      axis,
      epsilon,
      running: training ? undefined : { mean: moving_mean, variance: moving_variance },
    };
    const { batch: known, value, pullback } = switched(counting, x, shares);
    const own = (numbers: readonly number[], like: typeof x) =>
      cast(fromFlat(Float64Array.from(numbers), like.shape), like.dtype);
    return {
      value,
      pullback(gradient) {
        const pulled = pullback(gradient);
        return {
          x: pulled.x,
          gamma: pulled.gain,
          beta: pulled.shift,
          mean_weight: own(pulled.means, mean_weight!),
          variance_weight: own(pulled.variances, variance_weight!),
        };
      },
      ...(training && { state: moved() }),
    };

    /** The running statistics after this batch; as they were if nothing counts. */
    function moved() {
      if (mask && !flat(mask).some((on) => on === 1)) return state;
      const batch =
        known ?? standardizeWhere(counting, x, allButFeatures(x.shape, axis), epsilon, { along: axis });
      return {
        moving_mean: blend(moving_mean, batch.center(), momentum),
        moving_variance: blend(moving_variance, batch.variance(), momentum, (part) =>
          batch.varianceShare(part),
        ),
      };
    }
  },

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
    parameters: { gamma: [1, -2], beta: [0, 1], mean_weight: [1, 0.5, -1], variance_weight: [0, 1, 0.25] },
    y: [
      [
        [-0.86424, 1.32461],
        [1.13569, 1.32461],
      ],
      [
        [0.26213, -0.81222],
        [-1.04856, 1.13519],
      ],
    ],
    state: { moving_mean: [0.25, 0.75], moving_variance: [1.875, 1.125] },
  },

  invariants: {
    keepsShape,
    scalingLaw,
    scaledGradient,
    oddFunction,
    unseenPositions,
    emptyMask,
    ...switchLaws,
    ...learnedLaws({ gain: 'gamma', shift: 'beta' }),
    weightsAtStart: switchedOff({ scale: false, center: false }, { gamma: 1, beta: 0 }),
  },
});

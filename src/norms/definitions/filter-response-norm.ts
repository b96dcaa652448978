import { across, flat, full, onto, reshape, scale, squash } from '../../array/index.js';
import { learned, unitWhere } from '../formula.js';
import {
  featuresApart,
  filterResponseLaws,
  keepsShape,
  samplesAlwaysApart,
  switchedOff,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { demandBatch, positionsOf } from '../parts/axes.js';
import { gainAndShift } from '../parts/index.js';
import { gradientOfEpsilon } from '../parts/learned-epsilon.js';
import { featureMask, unitizeWhere } from '../parts/masked.js';
import { perFeature } from '../parts/running.js';
import { atLeast, thresholdGap } from '../parts/threshold.js';

export const filterResponseNorm = norm({
  type: 'filter_response_norm',
  title: 'Filter response normalization',
  alsoKnownAs: ['FRN', 'TLU', 'FilterResponseNormTlu2d', 'FilterResponseNormAct2d'],
  about:
    'Divides each feature of a sample by its root mean square over the positions, and cuts it off below a learned threshold.',
  useCase: 'Convolutional networks without any dependence on the batch.',
  reference: {
    authors: 'Saurabh Singh, Shankar Krishnan',
    title:
      'Filter Response Normalization Layer: Eliminating Batch Dependence in the Training of Deep Neural Networks',
    year: 2020,
    url: 'https://arxiv.org/abs/1911.09737',
  },
  notes: [
    'The threshold τ is part of the norm: y = max(γ x̂ + β, τ), the thresholded linear unit (TLU), in the place of a ReLU after it. `activation: none` leaves it out. If γ x̂ + β equals τ, each receives half of the gradient.',
    'No mean is removed, so a constant that is added to x changes the output; β and τ are there to make up for it.',
    'If a feature has one position, as in an input of rank 2 or behind global pooling, x̂ = x / √(x² + ε) is close to the sign of x. The paper learns ε for that case: `learnableEpsilon` adds |ε_l|, which starts at 1e-4, one number for the layer. Copies of the code give it one number per feature, and timm leaves it out.',
    'ε is 1e-6, as in the paper; timm has 1e-5.',
    'There are no running statistics, so inference is what training is.',
  ],
  traits: { place: 'hidden', couples: 'sample', cost: 7, guards: ['size'] },

  options: {
    axis: option.axis(-1, 'The feature axis; it cannot be the batch, axis 0.'),
    epsilon: option.epsilon('Added to the mean square to avoid division by zero.'),
    activation: option.choice('tlu', 'Whether to cut off below a learned threshold τ.', ['tlu', 'none']),
    learnableEpsilon: option.flag(false, 'Whether to add the magnitude of a learned ε_l to ε.'),
    ...gainAndShift.options,
    tauInitializer: option.initializer('zeros', 'Initializer of τ.'),
    tauRegularizer: option.regularizer('none', 'Regularizer of τ.'),
    tauConstraint: option.constraint('none', 'Constraint on τ.'),
  },

  parameters: {
    ...gainAndShift.parameters,
    tau: {
      symbol: 'τ',
      about: 'The threshold τ.',
      ...perFeature,
      initial: ({ tauInitializer }) => tauInitializer,
      regularizer: ({ tauRegularizer }) => tauRegularizer,
      constraint: ({ tauConstraint }) => tauConstraint,
      when: ({ activation }) => activation === 'tlu',
    },
    epsilon_learned: {
      symbol: 'ε_l',
      about: 'The learned ε_l, whose magnitude is added to ε.',
      sizes: 'one number',
      shape: () => [],
      initial: () => ({ type: 'constant', value: 1e-4 }),
      when: ({ learnableEpsilon }) => learnableEpsilon,
    },
  },

  accepts: demandBatch,

  mask: {
    ...featureMask,
    about: featureMask.about.replace('its output is β', 'its output is that of x̂ = 0'),
  },

  formula(math, x, { gamma, beta, tau, epsilon_learned }, { axis, epsilon }, { mask }) {
    const shape = math.shape(x);
    const weight = mask && math.reshape(mask, across(shape, axis));
    const added = epsilon_learned && math.name('E', math.add(epsilon, math.abs(epsilon_learned)));
    const unit = unitWhere(math, weight, x, positionsOf(shape, axis), added ?? epsilon);
    const linear = learned(math, unit, axis, gamma, beta);
    if (!tau) return { outputs: [linear] };
    return { outputs: [math.maximum(math.name('z', linear), math.reshape(tau, onto(shape, axis)))] };
  },

  /**
   * The gradients of τ, γ, β, x̂ and x, from dy; the n positions of a feature of a sample share one N. A bracket is 1 where
   * it holds.
   *
   *     dτ = Σ [τ > z] dy            y = max(z, τ)
   *     dz = [z > τ] dy
   *     dγ = Σ dz x̂                  z = γ x̂ + β
   *     dβ = Σ dz
   *     dx̂ = γ dz
   *     dN = −Σ dx̂ x̂ / N             x̂ = x / N
   *     dx = dx̂ / N + x dN / (n N)   N² = mean(x²) + ε
   *        = (dx̂ − x̂ mean(dx̂ x̂)) / N
   *
   * With `{ learnableEpsilon: true }`, N² = mean(x²) + E with E = ε + |ε_l|:
   *
   *     dE = Σ dN / (2 N)
   *     dε_l = sign(ε_l) dE
   *
   * The source derives masked statistics above `unitizeWhere`.
   */
  apply(x, { gamma, beta, tau, epsilon_learned }, { axis, epsilon }, { mask }) {
    const counting = mask && reshape(mask, across(x.shape, axis));
    const axes = positionsOf(x.shape, axis);
    const own = epsilon_learned && flat(epsilon_learned)[0]!;
    const added = epsilon + Math.abs(own ?? 0);
    const weights = { gain: gamma, shift: beta, along: axis };
    const isSingle = !counting && axes.every((i) => x.shape[i] === 1);
    // One position is x / √(x² + ε), without statistics.
    const unit = isSingle
      ? squash(x, full([], 1 / Math.sqrt(added), 'float64'), weights, 'isru')
      : unitizeWhere(counting, x, axes, added, weights);
    const cut = tau && atLeast(unit.value, reshape(tau, onto(x.shape, axis)));
    return {
      value: cut?.value ?? unit.value,
      pullback(gradient) {
        const passed = cut?.pullback(gradient);
        const ofUnit = passed?.z ?? gradient;
        const pulled = unit.pullback(ofUnit);
        const ofEpsilon = () =>
          gradientOfEpsilon(counting, x, ofUnit, { axes, gain: gamma, along: axis, epsilon: added });
        return {
          x: pulled.x,
          gamma: pulled.gain,
          beta: pulled.shift,
          tau: passed && reshape(passed.level, tau!.shape),
          ...(own !== undefined && { epsilon_learned: scale(ofEpsilon(), Math.sign(own)) }),
        };
      },
    };
  },

  kinks(x, { axis, epsilon }, { weights: { gamma, beta, tau, epsilon_learned }, mask }) {
    const counting = mask && reshape(mask, across(x.shape, axis));
    const learnedGap = epsilon_learned ? Math.abs(flat(epsilon_learned)[0]!) : Infinity;
    if (!tau) return learnedGap;
    const added = epsilon + (epsilon_learned ? learnedGap : 0);
    const unit = unitizeWhere(counting, x, positionsOf(x.shape, axis), added, { along: axis });
    return Math.min(learnedGap, thresholdGap(unit, { gain: gamma, shift: beta, along: axis }, tau));
  },

  example: {
    x: [
      [
        [1, 3],
        [-2, 0],
        [2, 4],
      ],
    ],
    parameters: { gamma: [2, -1], beta: [0.5, 1], tau: [-1, -0.25] },
    y: [
      [
        [1.6547, -0.03923],
        [-1, 1],
        [2.8094, -0.25],
      ],
    ],
  },

  invariants: {
    keepsShape,
    samplesAlwaysApart,
    featuresApart,
    ...filterResponseLaws,
    weightsAtStart: switchedOff({ scale: false, center: false }, { gamma: 1, beta: 0 }),
  },
});

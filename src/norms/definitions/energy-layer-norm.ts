import { type NdArray, broadcastTo, cast, copy, mended, onto, reshape, sum } from '../../array/index.js';
import { learned, standardized } from '../formula.js';
import {
  energyLaws,
  evenGradient,
  keepsShape,
  learnedLaws,
  oddFunction,
  samplesApart,
  scaledGradient,
  scalingLaw,
  standardizedLaws,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { contract, standardize, standardizeWith } from '../parts/index.js';

export const energyLayerNorm = norm({
  type: 'energy_layer_norm',
  title: 'Energy LayerNorm',
  alsoKnownAs: ['EnergyLayerNorm', 'layer norm of the Energy Transformer'],
  about:
    'Centers each row, divides it by its standard deviation, and scales it by one number: the gradient of an energy.',
  useCase: 'Energy Transformers and other networks whose layers must descend an energy.',
  reference: {
    authors:
      'Benjamin Hoover, Yuchen Liang, Bao Pham, Rameswar Panda, Hendrik Strobelt, Duen Horng Chau, Mohammed J. Zaki, Dmitry Krotov',
    title: 'Energy Transformer',
    year: 2023,
    url: 'https://arxiv.org/abs/2302.07253',
  },
  notes: [
    'The output is the gradient of L = n γ N + Σ δ x in x, for n numbers in a row and N = √(v + ε). With a γ for each feature, as in layer_norm, it would not be the gradient of anything.',
    "By default γ is kept at 1e-3 or more after each step, since the Jacobian of y is positive semidefinite only if γ is not negative. The constraint does not act on the initial γ. gammaConstraint: 'none' turns it off.",
    'It normalizes the last axis, and has no option for another.',
    'The default ε is 1e-6; the original class uses 1e-5.',
  ],
  traits: { place: 'hidden', couples: 'group', cost: 9, guards: ['size', 'offset'] },

  options: {
    epsilon: option.epsilon('Added to the variance to avoid division by zero.'),
    gammaInitializer: option.initializer('ones', 'Initializer of γ.'),
    deltaInitializer: option.initializer('zeros', 'Initializer of δ.'),
    gammaConstraint: option.constraint({ type: 'min_value', minValue: 1e-3 }, 'Constraint on γ.'),
  },

  parameters: {
    gamma: {
      symbol: 'γ',
      role: 'gain',
      about: 'The gain γ of all features.',
      sizes: 'one number',
      shape: () => [],
      initial: ({ gammaInitializer }) => gammaInitializer,
      zeroGain: () => ({ gammaInitializer: 'zeros' }),
      constraint: ({ gammaConstraint }) => gammaConstraint,
    },
    delta: {
      symbol: 'δ',
      role: 'shift',
      about: 'The shift δ of each feature.',
      sizes: 'the number of features',
      shape: (input) => input.slice(-1),
      initial: ({ deltaInitializer }) => deltaInitializer,
    },
  },

  accepts: (input) => input.length > 0 || { expected: 'an input of rank 1 or more, with the features last' },

  formula(math, x, { gamma, delta }, { epsilon }) {
    const unit = standardized(math, x, -1, epsilon);
    return { outputs: [learned(math, math.mul(gamma!, unit), -1, undefined, delta)] };
  },

  /**
   * The gradients of γ, δ, x̂ and x, from dy; the n numbers of a row share one mean and one N.
   *
   *     dγ = Σ dy x̂
   *     dδ = Σ dy
   *     dx̂ = γ dy          y = γ x̂ + δ
   *     dN = −Σ dx̂ x̂ / N   x̂ = (x − x̄) / N
   *     dv = dN / (2 N)    N² = v + ε
   *     dx̄ = −Σ dx̂ / N     v does not change with x̄, as Σ (x − x̄) = 0
   *     dx = dx̂ / N + 2 (x − x̄) dv / n + dx̄ / n
   *        = (dx̂ − mean(dx̂) − x̂ mean(dx̂ x̂)) / N
   */
  apply(x, { gamma, delta }, { epsilon }) {
    // The fused kernels take a gain for each feature: dγ is the sum of their gradients.
    const gain = copy(broadcastTo(gamma!, delta!.shape));
    const { value, pullback } = standardizeWith(x, -1, epsilon, { gain, shift: delta, along: -1 });
    return {
      value,
      pullback(gradient) {
        const pulled = pullback(gradient);
        const total = reshape(sum(cast(pulled.gain!, 'float64'), 0), []);
        const ofGamma = mended(total, () => whole(gradient, standardize(x, -1, epsilon).value));
        return { x: pulled.x, gamma: cast(ofGamma, x.dtype), delta: pulled.shift };
      },
    };
  },

  example: {
    x: [
      [1, 4, 7, 4],
      [2, 2, 2, 2],
    ],
    parameters: { gamma: 2, delta: [0, 1, 0.5, -2] },
    y: [
      [-2.82843, 1, 3.32843, -2],
      [0, 1, 0.5, -2],
    ],
  },

  invariants: {
    keepsShape,
    scalingLaw,
    oddFunction,
    samplesApart,
    scaledGradient,
    evenGradient,
    ...standardizedLaws,
    ...energyLaws,
    ...learnedLaws({ gain: 'gamma', shift: 'delta', shiftSymbol: 'δ', along: -1 }),
  },
});

/** Σ a b over all elements, where the sums of single features have no number. */
const whole = (a: NdArray, b: NdArray): NdArray => reshape(contract(a, b, onto(a.shape, [])), []);

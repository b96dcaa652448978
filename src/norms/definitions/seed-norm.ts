import { onto } from '../../array/index.js';
import { rootMeanSquare, unitOf } from '../formula.js';
import { keepsShape, samplesApart, seedLaws } from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';

import { gainOfInput } from '../parts/dynamic-gain.js';
import { demandDivisor, splitShape, withinGroup } from '../parts/split.js';
import { perFeature } from '../parts/running.js';

const weightOptions = {
  alphaInitializer: option.initializer('ones', 'Initializer of α.'),
  betaInitializer: option.initializer('zeros', 'Initializer of β.'),
  gammaInitializer: option.initializer('ones', 'Initializer of γ.'),
  alphaRegularizer: option.regularizer('none', 'Regularizer of α.'),
  betaRegularizer: option.regularizer('none', 'Regularizer of β.'),
  gammaRegularizer: option.regularizer('none', 'Regularizer of γ.'),
};

export const seedNorm = norm({
  type: 'seed_norm',
  title: 'SeeDNorm',
  alsoKnownAs: ['Self-Rescaled Dynamic Normalization'],
  about: 'Divides by the root mean square, with a gain that follows the input through a tanh.',
  useCase: 'Transformers, in the place of rms_norm, where the size of the input should not be lost.',
  reference: {
    authors: 'Wenrui Cai, Defa Zhu, Qingjie Liu, Qiyang Min',
    title: 'SeeDNorm: Self-Rescaled Dynamic Normalization',
    year: 2025,
    url: 'https://arxiv.org/abs/2510.22777',
  },
  notes: [
    'At its start β is 0, so t is 0, and it is rms_norm to the bit. α gets no gradient until β has moved.',
    'The gain depends on the size of x through t, so scaling x changes the output; it stays within γ ± α.',
    'With several heads, the features are split into as many neighbouring parts, each with a t of its own.',
    'The paper uses weight decay on α and β: `alphaRegularizer` and `betaRegularizer`, or the decay of the optimizer. The default is none.',
    'The formula is that of the paper; its initial values α = 1, β = 0 and γ = 1 could not be compared with published code.',
  ],
  traits: { place: 'hidden', couples: 'group', cost: 10, guards: [] },

  options: {
    heads: option.number(1, 'The number of heads; it must divide the number of features.', {
      min: 1,
      whole: true,
      explore: [1, 4],
    }),
    axis: option.axis(-1, 'The feature axis.'),
    epsilon: option.epsilon('Added to the mean square to avoid division by zero.'),
    ...weightOptions,
  },

  parameters: {
    alpha: {
      symbol: 'α',
      about: 'The factor α of t in the gain.',
      ...perFeature,
      initial: ({ alphaInitializer }) => alphaInitializer,
      regularizer: ({ alphaRegularizer }) => alphaRegularizer,
    },
    beta: {
      symbol: 'β',
      about: 'The weights β of the sum in t.',
      ...perFeature,
      initial: ({ betaInitializer }) => betaInitializer,
      regularizer: ({ betaRegularizer }) => betaRegularizer,
    },
    gamma: {
      symbol: 'γ',
      about: 'The part γ of the gain that does not move.',
      role: 'gain',
      zeroGain: () => ({ gammaInitializer: 'zeros', betaInitializer: 'zeros' }),
      ...perFeature,
      initial: ({ gammaInitializer }) => gammaInitializer,
      regularizer: ({ gammaRegularizer }) => gammaRegularizer,
    },
  },

  accepts: (input, { axis, heads }) => demandDivisor(input, axis, 'heads', heads),

  formula(math, x, { alpha, beta, gamma }, { axis, heads, epsilon }) {
    const shape = math.shape(x);
    const own = onto(shape, axis);
    const laid = (weight: typeof x | undefined) => math.reshape(weight!, own);
    const isWhole = heads === 1;
    const split = (a: typeof x) =>
      isWhole ? a : math.reshape(a, splitShape(math.shape(a), { axis, groups: heads }));
    const within = isWhole ? axis : withinGroup(shape, axis);
    const sums = math.name('s', math.sum(split(math.mul(laid(beta), x)), within, 'head'));
    const t = math.name('t', math.tanh(sums));
    const unit = unitOf(math, x, math.name('N', rootMeanSquare(math, x, axis, epsilon)));
    const moving = math.reshape(math.mul(t, split(laid(alpha))), shape);
    const gain = math.name('A', math.add(moving, laid(gamma)));
    return { outputs: [math.mul(gain, unit)] };
  },

  /**
   * The gradients of γ, α, β, x̂ and x, from dy; the n numbers of a group share one N, and those of a head one t.
   *
   *     dA = dy x̂                             y = A x̂
   *     dγ = Σ dA                             A = t α + γ
   *     dα = Σ dA t
   *     dt = Σ dA α
   *     ds = dt (1 − t²)                      t = tanh(s)
   *     dβ = Σ ds x                           s = Σ β x over the head
   *     dx̂ = dy A
   *     dN = −Σ dx̂ x̂ / N                      x̂ = x / N
   *     dx = dx̂ / N + x dN / (n N) + ds β     N² = mean(x²) + ε
   */
  apply(x, { alpha, beta, gamma }, { axis, heads, epsilon }) {
    const weights = { alpha: alpha!, beta: beta!, gamma: gamma! };
    return gainOfInput(x, weights, { axis, heads, epsilon });
  },

  example: {
    x: [
      [3, 4, -5, 12],
      [1, 1, 0, 2],
    ],
    parameters: { alpha: [1, -0.5, 2, 0.5], beta: [0.25, -0.125, 0.5, 0.125], gamma: [1, 2, -1, 3] },
    y: [
      [0.15717, 1.33114, 1.62998, 4.62209],
      [1.10909, 1.48669, 0.0, 5.19158],
    ],
  },

  invariants: {
    keepsShape,
    samplesApart,
    ...seedLaws,
  },
});

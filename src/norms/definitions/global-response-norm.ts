import {
  SHORT,
  type Shape,
  cast,
  div,
  linear,
  mean,
  mul,
  ofShort,
  sub,
  sum,
  sumOfProducts,
  sumTo,
  widened,
} from '../../array/index.js';
import { square } from '../formula.js';
import {
  evenGradient,
  identityAt,
  keepsShape,
  learnedLaws,
  neverShrinks,
  oddFunction,
  responseLaws,
  responseMean,
  samplesAlwaysApart,
  switchedOff,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { unitize } from '../parts/index.js';

const perChannel = (input: Shape): Shape => input.map((n, axis) => (axis === input.length - 1 ? n : 1));

export const globalResponseNorm = norm({
  type: 'global_response_norm',
  title: 'Global response normalization',
  alsoKnownAs: ['GRN'],
  about:
    'Scales each channel by its strength, √Σx² over space, relative to the mean of all channels, and adds the input.',
  useCase: 'Convolutional networks with channels last, such as ConvNeXt V2.',
  reference: {
    authors: 'Sanghyun Woo, Shoubhik Debnath, Ronghang Hu, Xinlei Chen, Zhuang Liu, In So Kweon, Saining Xie',
    title: 'ConvNeXt V2: Co-designing and Scaling ConvNets with Masked Autoencoders',
    year: 2023,
    url: 'https://arxiv.org/abs/2301.00808',
  },
  notes: [
    "γ starts at 1, as in the Keras factory guide, so that the output starts near 2x. In the paper γ starts at 0, so that the layer starts as the identity: use gammaInitializer: 'zeros' for that.",
    'Unlike in the paper, ε is also added inside the root, so that G has a gradient at 0.',
    'An input of rank 2 has no spatial axes to sum over, so G is √(x² + ε) for each number.',
    'It neither bounds nor centers the output, since x is added unchanged.',
  ],
  recipes: {
    vision: {
      source: 'Woo et al. 2023, section 3.2: γ and β start at 0, so that a block starts as if it had no norm',
      layers: [{ elsewhere: { gammaInitializer: 'zeros', betaInitializer: 'zeros' } }],
    },
  },
  traits: { place: 'hidden', couples: 'sample', cost: 6, guards: [] },

  options: {
    epsilon: option.epsilon('Added to the sum of squares and to the mean strength μ.'),
    gammaInitializer: option.initializer('ones', 'Initializer of γ.'),
    betaInitializer: option.initializer('zeros', 'Initializer of β.'),
    gammaRegularizer: option.regularizer('none', 'Regularizer of γ.'),
    betaRegularizer: option.regularizer('none', 'Regularizer of β.'),
    useBeta: option.flag(true, 'Whether to learn a shift β for each channel.'),
  },

  parameters: {
    gamma: {
      symbol: 'γ',
      about: 'The weight γ of the response x N.',
      sizes: '[1, …, 1, channels], with the rank of the input',
      shape: perChannel,
      initial: ({ gammaInitializer }) => gammaInitializer,
      regularizer: ({ gammaRegularizer }) => gammaRegularizer,
    },
    beta: {
      symbol: 'β',
      about: 'The shift β.',
      sizes: '[1, …, 1, channels], with the rank of the input',
      shape: perChannel,
      initial: ({ betaInitializer }) => betaInitializer,
      regularizer: ({ betaRegularizer }) => betaRegularizer,
      when: ({ useBeta }) => useBeta,
    },
  },

  accepts: (input) =>
    (input.length >= 2 && input.length <= 4) || {
      expected: 'an input of rank 2, 3 or 4, with the batch first and the channels last',
    },

  formula(math, x, { gamma, beta }, { epsilon }) {
    const space = math
      .shape(x)
      .map((_, axis) => axis)
      .slice(1, -1);
    const total = math.sum(square(math, x), space, 'space');
    const strength = math.name('G', math.sqrt(math.add(total, epsilon)));
    const mean = math.name('μ', math.mean(strength, -1, 'channels'));
    const response = math.name('N', math.div(strength, math.add(mean, epsilon)));
    const grown = math.add(x, math.mul(math.mul(gamma!, x), response));
    return { outputs: [beta === undefined ? grown : math.add(grown, beta)] };
  },

  /**
   * The gradients of γ, β and x, from dy; μ is the mean of C channels.
   *
   *     dγ = Σ dy x N                  y = x + γ x N + β
   *     dβ = Σ dy
   *     dN = Σ dy γ x
   *     dμ = −Σ dN N / (μ + ε)         N = G / (μ + ε)
   *     dG = dN / (μ + ε) + dμ / C
   *     dx = dy (1 + γ N) + x dG / G   G² = Σ x² + ε
   */
  apply(x, { gamma, beta }, { epsilon }) {
    const space = x.shape.map((_, axis) => axis).slice(1, -1);
    const unit = unitize(x, space, epsilon, 'sum');
    const strength = unit.short;
    const response = div(strength, linear(mean(strength, -1), 1, epsilon * SHORT));
    const gammaWide = cast(gamma!, 'float64');
    const gain = linear(mul(response, gammaWide), 1, 1);

    return {
      value: widened(x.dtype, (to) =>
        beta ? sumOfProducts(to(x), to(gain), undefined, to(beta)) : mul(to(x), to(gain)),
      ),
      pullback(g) {
        // With q = Σ g x̂ and x = G x̂, the gradient of N is γ q G, and N = G / (μ + ε) takes it to G as
        // γ q N − mean(γ q N · N) over the channels. From there dG = Σ x̂ dx.
        const pulled = mul(cast(sum(mul(g, unit.value), space), 'float64'), response);
        const ofResponse = mul(pulled, gammaWide);
        const ofStrength = sub(ofResponse, mean(mul(ofResponse, response), -1));
        const ofGamma = ofShort(strength, (G) => sumTo(mul(pulled, G), gamma!.shape));
        return {
          x: widened(x.dtype, (to) => sumOfProducts(to(g), to(gain), to(unit.value), to(ofStrength))),
          gamma: cast(ofGamma, x.dtype),
          beta: beta && sumTo(g, beta.shape),
        };
      },
    };
  },

  example: {
    x: [
      [
        [3, 1],
        [4, -2],
      ],
    ],
    parameters: {
      gamma: [[[0.5, 2]]],
      beta: [[[0, 1]]],
    },
    y: [
      [
        [5.07295, 3.23607],
        [6.76393, -3.47214],
      ],
    ],
  },

  invariants: {
    keepsShape,
    identityWithoutWeights: identityAt('gamma', 'beta'),
    neverShrinks,
    responseMean,
    samplesAlwaysApart,
    oddFunction,
    evenGradient,
    ...responseLaws,
    ...learnedLaws({ shift: 'beta', along: -1 }),
    betaAtStart: switchedOff({ useBeta: false }, { beta: 0 }),
  },
});

import { along, cast, flat, full, scale, sizeOf, squash } from '../../array/index.js';
import { learned, square } from '../formula.js';
import { evenGradient, isruLaws, keepsShape, learnedLaws, oddFunction, samplesApart } from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { weightAndBias } from '../parts/affine.js';

export const dynamicIsru = norm({
  type: 'dynamic_isru',
  title: 'DyISRU',
  about: 'Applies x / √(β + x²) with a learned β to each number, without any statistics.',
  useCase:
    'Transformers without normalization statistics, with outputs nearer to those of rms_norm than a tanh gives.',
  reference: {
    authors: 'Felix Stollenwerk',
    title: 'The Mathematical Relationship Between Layer Normalization and Dynamic Activation Functions',
    year: 2025,
    url: 'https://arxiv.org/abs/2503.21708',
  },
  notes: [
    'It is also called the dynamic inverse square root unit. It is a norm only by its place in a network: it removes neither mean nor size, and transforms each number on its own.',
    'rms_norm is the same function with a β of its own for each number x: the sum of the squares of all others, plus n ε. Here one β is learned for the whole layer.',
    'β starts at n, the number of elements along the axes, where the slope at 0 is 1. The paper states no initial value that we could verify; `betaInitValue` sets another.',
    'A β below ε counts as ε, and gets no gradient, so that a step beyond 0 does no harm. Below it β stays where it is.',
    'The code of Derf has an "isru" of another form, w z / √(z² + 1) + b with z = α x + s: α is 1 / √β, there is no √n, and s is added. Weights cannot be loaded from one into the other without that conversion.',
  ],
  traits: { place: 'hidden', couples: 'nothing', cost: 8, guards: ['size'] },

  options: {
    axis: option.axes(-1, 'The axes along which w and b are learned, of n elements.'),
    epsilon: option.epsilon('The least β, to avoid division by zero.'),
    betaInitValue: option.numberOrNull(null, 'The initial β; null for n.', { above: 0, explore: [0.5, 8] }),
    rescale: option.flag(true, 'Whether to multiply by r = √n; otherwise r is 1.'),
    ...weightAndBias.options,
  },

  parameters: {
    beta: {
      symbol: 'β',
      about: 'The number β that is added to x².',
      sizes: 'one number',
      shape: () => [],
      initial: ({ axis, betaInitValue }, input) => ({
        type: 'constant',
        value: betaInitValue ?? sizeOf(along(input, axis)),
      }),
    },
    ...weightAndBias.parameters,
  },

  formula(math, x, { beta, weight, bias }, { axis, epsilon, rescale }) {
    const least = math.name('B', math.maximum(beta!, epsilon));
    const length = math.name('D', math.sqrt(math.add(least, square(math, x))));
    const unit = math.name('t', math.div(x, length));
    const grown = rescale ? math.mul(math.name('r', math.sqrt(math.count(x, axis))), unit) : unit;
    return { outputs: [learned(math, grown, axis, weight, bias)] };
  },

  /**
   * The gradients of w, b, β and x, from dy.
   *
   *     dw = Σ r dy t          y = w r t + b
   *     db = Σ dy
   *     dt = w r dy
   *     dD = −dt t / D         t = x / D
   *     dB = Σ dD / (2 D)      D² = B + x²
   *     dβ = [B = β] dB        B = max(β, ε)
   *     dx = dt / D + x dD / D
   *        = B dt / (D² D)
   *
   * In units of √B, t is a function of z = α x for α = 1 / √B: dB = −α dα / (2 B).
   */
  apply(x, { beta, weight, bias }, { axis, epsilon, rescale }) {
    const own = flat(beta!)[0]!;
    const least = own >= epsilon ? own : epsilon;
    const root = rescale ? Math.sqrt(sizeOf(along(x.shape, axis))) : 1;
    const alpha = full([], 1 / Math.sqrt(least), 'float64');
    const weights = { gain: scale(weight!, root), shift: bias, along: axis };
    const squashed = squash(x, alpha, weights, 'isru');
    return {
      value: squashed.value,
      pullback(gradient) {
        const { x: ofX, alpha: ofAlpha, gain, shift } = squashed.pullback(gradient);
        // The gradient of α comes multiplied by α.
        const ofBeta = own >= epsilon ? cast(scale(ofAlpha, -0.5 / least), x.dtype) : full([], 0, x.dtype);
        return { x: ofX, beta: ofBeta, weight: scale(gain!, root), bias: shift };
      },
    };
  },

  kinks: (_x, { epsilon }, { weights }) => Math.abs(flat(weights.beta!)[0]! - epsilon),

  example: {
    x: [
      [0, 2, -1],
      [-2, 4, 3],
    ],
    parameters: { beta: 4, weight: [1, 2, -1], bias: [0, 1, 0.5] },
    y: [
      [0.0, 3.44949, 1.2746],
      [-1.22474, 4.09839, -0.94115],
    ],
  },

  invariants: {
    keepsShape,
    oddFunction,
    samplesApart,
    evenGradient,
    ...isruLaws,
    ...learnedLaws({ gain: 'weight', shift: 'bias' }),
  },
});

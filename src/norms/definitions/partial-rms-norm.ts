import { type Shape, along, positiveAxes } from '../../array/index.js';
import { learned, rootMeanSquare, unitOf } from '../formula.js';
import {
  evenGradient,
  headLaws,
  keepsShape,
  learnedLaws,
  oddFunction,
  samplesApart,
  scaledGradient,
  scalingLaw,
  switchedOff,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { gainAlone } from '../parts/affine.js';
import { unitizeByHead } from '../parts/head.js';
import { unitizeWith } from '../parts/index.js';

interface Partial {
  readonly axis: number;
  readonly p: number;
}

/** ⌈n p⌉ of n numbers, from 1 to n: 0.1 · 30 is 3.0000000000000004 in float64, and stands for 3. */
function headOf(shape: Shape, { axis, p }: Partial): number {
  const [at] = positiveAxes(axis, shape.length);
  const n = shape[at!]!;
  return Math.min(n, Math.max(1, Math.ceil(n * p - 1e-9)));
}

export const partialRmsNorm = norm({
  type: 'partial_rms_norm',
  title: 'Partial RMSNorm',
  about: 'Divides by the root mean square of the first numbers of a row alone, without centering.',
  useCase: 'Transformers, where an estimate of the root mean square is enough.',
  reference: {
    authors: 'Biao Zhang, Rico Sennrich',
    title: 'Root Mean Square Layer Normalization',
    year: 2019,
    url: 'https://arxiv.org/abs/1910.07467',
  },
  notes: [
    'It is also called pRMSNorm. The share p is 6.25 % in the paper; with p = 1 it is rms_norm.',
    'The first k = ⌈n p⌉ of n numbers form the statistic, and at least one does. Published code takes ⌊n p⌋, which is 0 if n p is below 1, and then gives NaN.',
    'ε is added inside the root; published code adds 1e-8 outside of it.',
    'Only the first k numbers of x̂ are bounded. A row that begins with zeros grows by 1 / √ε behind them: 1.5 becomes 1500 for an ε of 1e-6.',
    'The axis is a single one, since a list of axes has no first numbers.',
  ],
  traits: { place: 'hidden', couples: 'group', cost: 5, guards: ['size'] },

  options: {
    p: option.number(0.0625, 'The share of the numbers that form the root mean square.', {
      above: 0,
      max: 1,
      explore: [0.05, 1],
    }),
    axis: option.axis(-1, 'The axis whose first numbers share one root mean square.'),
    epsilon: option.epsilon('Added to the mean square to avoid division by zero.'),
    ...gainAlone.options,
    useBias: option.flag(false, 'Whether to learn a shift β for each feature.'),
    biasInitializer: option.initializer('zeros', 'Initializer of β.'),
  },

  parameters: {
    ...gainAlone.parameters,
    bias: {
      symbol: 'β',
      about: 'The shift β.',
      sizes: 'the size of the axis',
      shape: (input, { axis }) => along(input, axis),
      initial: ({ biasInitializer }) => biasInitializer,
      when: ({ useBias }) => useBias,
    },
  },

  formula(math, x, { scale, bias }, { axis, p, epsilon }) {
    const k = headOf(math.shape(x), { axis, p });
    const head = math.name('h', math.slice(x, axis, 0, k, 'first k'));
    const length = math.name('N', rootMeanSquare(math, head, axis, epsilon));
    return { outputs: [learned(math, unitOf(math, x, length), axis, scale, bias)] };
  },

  /**
   * The gradients of γ, β, x̂ and x, from dy; h are the first k of the numbers that share N, and padded(dh) has zeros for
   * the others.
   *
   *     dγ = Σ dy x̂
   *     dβ = Σ dy
   *     dx̂ = γ dy                 y = γ x̂ + β
   *     dN = −Σ dx̂ x̂ / N          x̂ = x / N
   *     dh = h dN / (k N)         N² = mean(h²) + ε
   *     dx = dx̂ / N + padded(dh)
   */
  apply(x, { scale, bias }, { axis, p, epsilon }) {
    const [at] = positiveAxes(axis, x.shape.length);
    const k = headOf(x.shape, { axis, p });
    const weights = { gain: scale, shift: bias, along: axis };
    const { value, pullback } =
      k === x.shape[at!]
        ? unitizeWith(x, axis, epsilon, 'mean', weights)
        : unitizeByHead(x, axis, k, epsilon, weights);
    return {
      value,
      pullback(gradient) {
        const pulled = pullback(gradient);
        return { x: pulled.x, scale: pulled.gain, bias: pulled.shift };
      },
    };
  },

  example: {
    options: { p: 0.5, epsilon: 0.25, useBias: true },
    x: [
      [1, 2, -3, 4],
      [0, 0, 1, -2],
    ],
    parameters: { scale: [1, 2, -1, 3], bias: [0, 1, 0.5, -2] },
    y: [
      [0.60302, 3.41209, 2.30907, 5.23627],
      [0, 1, -1.5, -14],
    ],
  },

  invariants: {
    keepsShape,
    scalingLaw,
    oddFunction,
    samplesApart,
    scaledGradient,
    evenGradient,
    ...headLaws,
    ...learnedLaws({ gain: 'scale', shift: 'bias' }),
    scaleAtOne: switchedOff({ useScale: false }, { scale: 1 }),
  },
});

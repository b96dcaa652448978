import { squash } from '../../array/index.js';
import { learned } from '../formula.js';
import { erfLaws, keepsShape, learnedLaws, samplesApart, withinOne } from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { weightAndBias } from '../parts/affine.js';

export const dynamicErf = norm({
  type: 'dynamic_erf',
  title: 'Derf',
  about: 'Applies the error function with a learned slope and offset to each number, without any statistics.',
  useCase: 'Transformers without normalization statistics, in place of dynamic_tanh.',
  reference: {
    authors: 'Mingzhi Chen, Taiming Lu, Jiachen Zhu, Mingjie Sun, Zhuang Liu',
    title: 'Stronger Normalization-Free Transformers',
    year: 2025,
    url: 'https://arxiv.org/abs/2512.10938',
  },

  notes: [
    'It is also called dynamic erf. It is a norm only by its place in a network: it removes neither mean nor size, and transforms each number on its own.',
    'α and s are one number each for the whole layer. The published code keeps them in the shape [1], here they have the shape [].',
    'The order in which `axis` lists the axes does not change which element of w and b belongs to which feature.',
    'If |α x + s| exceeds 5.93, or 3.93 in float32, erf is exactly ±1. Its slope falls faster than that of tanh: at 4 it is 1e-7, where that of tanh is 1e-3.',
    'erf is accurate relative to its value also near 0, where it is 2 z / √π; approximations with an absolute error of 1e-7 have no digit left there.',
    'It has no epsilon. createNormalizationLayer ignores one, so that the same call works for every type; validateNormalizationConfig refuses it.',
  ],
  traits: { place: 'hidden', couples: 'nothing', cost: 25, guards: ['size'] },

  options: {
    axis: option.axes(-1, 'The axes along which w and b are learned.'),
    alphaInitValue: option.number(0.5, 'The initial slope α.', { above: 0, explore: [0.1, 2] }),
    shiftInitValue: option.number(0, 'The initial offset s.', { explore: [-1, 1] }),
    ...weightAndBias.options,
  },

  ignores: { epsilon: option.epsilon('Derf divides by nothing, so it has no epsilon.') },

  parameters: {
    alpha: {
      symbol: 'α',
      about: 'The slope α.',
      sizes: 'one number',
      shape: () => [],
      initial: ({ alphaInitValue }) => ({ type: 'constant', value: alphaInitValue }),
    },
    shift: {
      symbol: 's',
      about: 'The offset s.',
      sizes: 'one number',
      shape: () => [],
      initial: ({ shiftInitValue }) => ({ type: 'constant', value: shiftInitValue }),
    },
    ...weightAndBias.parameters,
  },

  formula(math, x, { alpha, shift, weight, bias }, { axis }) {
    const z = math.name('z', math.add(math.mul(alpha!, x), shift!));
    const squashed = math.name('t', math.erf(z));
    return { outputs: [learned(math, squashed, axis, weight, bias)] };
  },

  /**
   * The gradients of w, b, s, α and x, from dy.
   *
   *     dw = Σ dy t               y = w t + b
   *     db = Σ dy
   *     dt = w dy
   *     dz = 2 dt exp(−z²) / √π   t = erf(z)
   *     ds = Σ dz                 z = α x + s
   *     dα = Σ dz x
   *     dx = α dz
   */
  apply(x, { alpha, shift, weight, bias }, { axis }) {
    const weights = { gain: weight, shift: bias, along: axis };
    const squashed = squash(x, alpha!, weights, { erf: { offset: shift! } });
    return {
      value: squashed.value,
      pullback(gradient) {
        const pulled = squashed.pullback(gradient);
        const { gain, shift: ofBias } = pulled;
        return { x: pulled.x, alpha: pulled.alpha, shift: pulled.offset, weight: gain, bias: ofBias };
      },
    };
  },

  example: {
    x: [
      [0, 2],
      [-2, 4],
    ],
    parameters: { alpha: 0.5, shift: 0.25, weight: [1, 2], bias: [0, 1] },
    y: [
      [0.27633, 2.8458],
      [-0.71116, 2.99707],
    ],
  },

  invariants: {
    keepsShape,
    withinOne,
    samplesApart,
    ...erfLaws,
    ...learnedLaws({ gain: 'weight', shift: 'bias' }),
  },
});

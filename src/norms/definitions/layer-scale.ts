import { along, cast } from '../../array/index.js';
import { learned } from '../formula.js';
import {
  doubling,
  evenGradient,
  factorOf,
  keepsShape,
  learnedLaws,
  oddFunction,
  sameJacobian,
  samplesApart,
  startsAt,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { affine } from '../parts/index.js';

export const layerScale = norm({
  type: 'layer_scale',
  title: 'LayerScale',
  about: 'Multiplies each feature by a learned number, which starts near 0.',
  useCase:
    'Deep residual networks: at the end of each branch, so that at first the network is nearly linear.',
  reference: {
    authors: 'Hugo Touvron, Matthieu Cord, Alexandre Sablayrolles, Gabriel Synnaeve, Hervé Jégou',
    title: 'Going Deeper with Image Transformers',
    year: 2021,
    url: 'https://arxiv.org/abs/2103.17239',
  },
  notes: [
    'It is a norm only by its role: it computes no statistic, and bounds the branch only at the start of training. Place it last in a residual branch, whose first layer is a norm.',
    'The paper starts λ at 0.1 for up to 18 blocks, at 1e-5 for up to 24, and at 1e-6 for deeper networks; the default here is 1e-5.',
    'With `axis: []`, one λ multiplies all features, as α does in ReZero (Bachlechner et al. 2020).',
    'With `initial: 0` the branch starts at 0, and its own weights get no gradient in the first step; λ does.',
    'It has no epsilon. createNormalizationLayer ignores one, so that the same call works for every type; validateNormalizationConfig refuses it.',
  ],
  traits: { place: 'hidden', couples: 'nothing', cost: 1, guards: [] },

  options: {
    axis: option.axes(-1, 'The axes along which λ is learned; an empty list for one λ of all features.', {
      empty: true,
    }),
    initial: option.number(1e-5, 'The initial value of λ.', { explore: [1e-6, 1] }),
  },

  ignores: { epsilon: option.epsilon('LayerScale divides by nothing, so it has no epsilon.') },

  parameters: {
    scale: {
      symbol: 'λ',
      about: 'The factor λ of each feature.',
      role: 'gain',
      sizes: 'the sizes of the axes, ascending',
      shape: (input, { axis }) => along(input, axis),
      initial: ({ initial }) => ({ type: 'constant', value: initial }),
      zeroGain: () => ({ initial: 0 }),
    },
  },

  atInference: ({ scale }, { axis }) => ({ axis, gain: scale }),

  formula: (math, x, { scale }, { axis }) => ({ outputs: [learned(math, x, axis, scale)] }),

  /**
   * The gradients of λ and x, from dy.
   *
   *     dλ = Σ dy x   y = λ x
   *     dx = λ dy
   */
  apply(x, { scale }, { axis }) {
    const grown = affine(x, axis, scale);
    return {
      value: grown.value,
      pullback(gradient) {
        const pulled = grown.pullback(gradient);
        return { x: cast(pulled.x, x.dtype), scale: pulled.gain };
      },
    };
  },

  example: {
    options: { axis: 1 },
    x: [
      [
        [1, -2],
        [3, 4],
      ],
    ],
    parameters: { scale: [0.5, -0.25] },
    y: [
      [
        [0.5, -1],
        [-0.75, -1],
      ],
    ],
  },

  invariants: {
    keepsShape,
    startsSmall: startsAt('initial'),
    factor: factorOf('scale'),
    doubling,
    sameJacobian,
    oddFunction,
    samplesApart,
    evenGradient,
    ...learnedLaws({ gain: 'scale', symbol: 'λ' }),
  },
});

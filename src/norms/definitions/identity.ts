import { doubling, evenGradient, keepsShape, oddFunction, sameJacobian, unchanged } from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';

export const identity = norm({
  type: 'identity',
  title: 'Identity',
  about: 'Returns its input unchanged.',
  useCase: 'Ablations: the same network without a norm.',
  reference: {
    authors: 'Hongyi Zhang, Yann N. Dauphin, Tengyu Ma',
    title: 'Fixup Initialization: Residual Learning Without Normalization',
    year: 2019,
    url: 'https://arxiv.org/abs/1901.09321',
  },
  notes: [
    'It takes the place of another type, so that an experiment can show what that norm contributes. Without a norm a deep network needs other initial weights, as in the paper, or a smaller learning rate.',
    'It has neither axis nor epsilon. createNormalizationLayer ignores both, so that the same call works for every type; validateNormalizationConfig refuses them.',
    'The output is the array of the input itself, not a copy.',
  ],
  traits: { place: 'hidden', couples: 'nothing', cost: 0, guards: [] },

  options: {},

  ignores: {
    axis: option.axes(-1, 'Identity treats all numbers alike, so it has no axis.'),
    epsilon: option.epsilon('Identity divides by nothing, so it has no epsilon.'),
  },

  parameters: {},

  accepts: (input) => input.length > 0 || { expected: 'an input of rank 1 or more' },

  formula: (_, x) => ({ outputs: [x] }),

  /**
   * The gradient of x, from dy.
   *
   *     dx = dy   y = x
   */
  apply(x) {
    return { value: x, pullback: (gradient) => ({ x: gradient }) };
  },

  example: {
    x: [
      [3, -4],
      [0, 0.5],
    ],
    parameters: {},
    y: [
      [3, -4],
      [0, 0.5],
    ],
  },

  invariants: { keepsShape, unchanged, doubling, sameJacobian, oddFunction, evenGradient },
});

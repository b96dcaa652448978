import { leastLength, unitOf } from '../formula.js';
import {
  evenGradient,
  keepsShape,
  leastLengthLaw,
  lengthScaledGradient,
  lengthScalingLaw,
  oddFunction,
  samplesApart,
  unitLaws,
  withinOne,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { boundGap, unitize } from '../parts/index.js';

export const unitNorm = norm({
  type: 'unit_norm',
  title: 'UnitNorm',
  about: 'Divides each vector by its length, so that it lies on the unit sphere.',
  useCase: 'Embeddings that are compared by their angle, as in search and contrastive learning.',
  reference: {
    authors: 'Florian Schroff, Dmitry Kalenichenko, James Philbin',
    title: 'FaceNet: A Unified Embedding for Face Recognition and Clustering',
    year: 2015,
    url: 'https://arxiv.org/abs/1503.03832',
  },
  notes: [
    'It is UnitNormalization of Keras and normalize of PyTorch, both with an ε of 1e-12, which is the default here too. tf.math.l2_normalize compares 1e-12 with the sum of squares: that is an ε of 1e-6.',
    'ε is the least length and is not added: for ‖x‖ ≥ ε the length of the output is exactly 1. Below that the layer is linear, and a vector of zeros stays one.',
    'The gradient of a short vector is long, since it is divided by ‖x‖, and for a vector of zeros by ε. Set a larger `epsilon` if such vectors occur.',
    'At exactly ‖x‖ = ε the function has no derivative; the layer uses that from above.',
  ],
  traits: { place: 'hidden', couples: 'group', cost: 3, guards: ['size', 'gain', 'shift'] },

  options: {
    axis: option.axes(-1, 'The axes of one vector.'),
    epsilon: option.number(1e-12, 'The least length, to avoid division by zero.', {
      above: 0,
      explore: [1e-6, 1],
      aliases: ['eps'],
      symbol: 'ε',
    }),
  },

  parameters: {},

  formula: (math, x, _, { axis, epsilon }) => ({
    outputs: [unitOf(math, x, leastLength(math, x, axis, epsilon))],
  }),

  /**
   * The gradients of x̂ and x, from dy.
   *
   *     dx̂ = dy              y = x̂
   *     dN = −Σ dx̂ x̂ / N     x̂ = x / N
   *     dx = dx̂ / N + x̂ dN   N² = Σ x²
   *
   * If the minimum holds N at ε, N does not depend on x, and dx = dx̂ / N.
   */
  apply(x, _, { axis, epsilon }) {
    const unit = unitize(x, axis, epsilon, 'lengthFloor');
    return { value: unit.value, pullback: (gradient) => ({ x: unit.pullback(gradient) }) };
  },

  kinks: (x, { axis, epsilon }) => boundGap(x, axis, epsilon, 'lengthFloor'),

  example: {
    x: [
      [3, 4],
      [-5, 12],
    ],
    parameters: {},
    y: [
      [0.6, 0.8],
      [-0.38462, 0.92308],
    ],
  },

  invariants: {
    keepsShape,
    lengthScalingLaw,
    leastLengthLaw,
    withinOne,
    oddFunction,
    samplesApart,
    lengthScaledGradient,
    evenGradient,
    ...unitLaws({ total: 'sum', bound: 'rootFloor', centered: false }),
  },
});

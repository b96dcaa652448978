import { addedRoot, unitOf } from '../formula.js';
import {
  evenGradient,
  keepsShape,
  oddFunction,
  samplesApart,
  scaledGradient,
  scalingLaw,
  unitLaws,
  unitSumOfSquares,
  withinOne,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { unitize } from '../parts/index.js';

export const maxLogitNorm = norm({
  type: 'max_logit_norm',
  title: 'MaxLogitNorm',
  alsoKnownAs: ['MaxLogit', 'MaxLogitNorm'],
  about: 'Divides the logits by their length.',
  useCase: 'Out-of-distribution detection: telling unfamiliar inputs from in-distribution ones.',
  reference: {
    authors:
      'Dan Hendrycks, Steven Basart, Mantas Mazeika, Andy Zou, Joe Kwon, Mohammadreza Mostajabi, Jacob Steinhardt, Dawn Song',
    title: 'Scaling Out-of-Distribution Detection for Real-World Settings',
    year: 2022,
    url: 'https://arxiv.org/abs/1911.11132',
  },
  notes: [
    'It does not compute the MaxLogit score, which is the largest raw logit: it returns all logits, normalized. For a score of the normalized logits see dml_plus_focal.',
    'ε is added, so the length of the output is √(Q / (Q + ε)), always a little below 1.',
    'It equals rms_norm without scale and with ε / n in place of ε, divided by √n.',
  ],
  traits: { place: 'logits', couples: 'group', cost: 3, guards: ['size', 'gain', 'shift'] },

  options: {
    axis: option.axes(-1, 'The class axes.'),
    epsilon: option.epsilon('Added to the sum of squares to avoid division by zero.'),
  },

  parameters: {},

  formula: (math, x, _, { axis, epsilon }) => ({
    outputs: [unitOf(math, x, addedRoot(math, x, axis, epsilon))],
  }),

  /**
   * The gradients of x̂ and x, from dy.
   *
   *     dx̂ = dy              y = x̂
   *     dN = −Σ dx̂ x̂ / N     x̂ = x / N
   *     dx = dx̂ / N + x̂ dN   N² = Σ x² + ε
   */
  apply(x, _, { axis, epsilon }) {
    const unit = unitize(x, axis, epsilon, 'sum');
    return { value: unit.value, pullback: (g) => ({ x: unit.pullback(g) }) };
  },

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
    scalingLaw,
    unitSumOfSquares,
    withinOne,
    oddFunction,
    samplesApart,
    scaledGradient,
    evenGradient,
    ...unitLaws({ total: 'sum', bound: 'added', centered: false }),
  },
});

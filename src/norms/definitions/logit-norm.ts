import { scale } from '../../array/index.js';
import { flooredRoot, unitOf } from '../formula.js';
import {
  evenGradient,
  flooredLength,
  keepsShape,
  oddFunction,
  samplesApart,
  scaledGradient,
  scalingLaw,
  unitLaws,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { boundGap, unitize } from '../parts/index.js';

export const logitNorm = norm({
  type: 'logit_norm',
  title: 'LogitNorm',
  about: 'Scales all logit vectors to one length, 1 / T, so that confidence cannot come from length.',
  useCase: 'Classifiers whose probabilities should be calibrated.',
  reference: {
    authors: 'Hongxin Wei, Renchunzi Xie, Hao Cheng, Lei Feng, Bo An, Yixuan Li',
    title: 'Mitigating Neural Network Overconfidence with Logit Normalization',
    year: 2022,
    url: 'https://arxiv.org/abs/2205.09310',
  },
  notes: [
    'In the paper only the training loss divides, and the network returns raw logits. As a layer of the model it also divides at inference, and the length of the logits is lost.',
    'ε is a minimum and is not added: for ‖x‖ ≥ √ε the length is exactly 1 / T. Below that the layer is linear.',
    'A higher temperature makes the logits shorter and the probabilities flatter. With C classes no probability can exceed 1 / (1 + (C − 1) exp(−√(C / (C − 1)) / T)).',
    'At exactly ‖x‖ = √ε the function has no derivative; the layer uses that from above.',
  ],
  recipes: {
    detection: {
      source:
        'Wei et al. 2022, section 4.1: T is chosen with Gaussian noise as validation outliers, which gave 0.04 for CIFAR-10. The other values are ours',
      tuned: { temperature: [0.01, 0.04, 0.2, 1] },
      training:
        '200 epochs of SGD with batches of 128, a learning rate of 0.1 divided by 10 at epochs 80 and 140, momentum 0.9, weight decay 5e-4, dropout 0.3.',
    },
  },
  traits: { place: 'logits', couples: 'group', cost: 4, guards: ['size', 'gain', 'shift'] },

  options: {
    temperature: option.number(0.04, 'The temperature T. The length of the output is 1 / T.', {
      above: 0,
      explore: [0.04, 2],
      symbol: 'T',
    }),
    axis: option.axes(-1, 'The class axes.'),
    epsilon: option.epsilon('The minimum of the sum of squares, to avoid division by zero.'),
  },

  parameters: {},

  formula(math, x, _, { axis, epsilon, temperature }) {
    const length = flooredRoot(math, x, axis, epsilon);
    return { outputs: [math.div(unitOf(math, x, length), temperature)] };
  },

  /**
   * The gradients of x̂ and x, from dy.
   *
   *     dx̂ = dy / T          y = x̂ / T
   *     dN = −Σ dx̂ x̂ / N     x̂ = x / N
   *     dx = dx̂ / N + x̂ dN   N² = Σ x²
   *
   * If the minimum holds N at √ε, N does not depend on x, and dx = dx̂ / N.
   */
  apply(x, _, { axis, epsilon, temperature }) {
    const unit = unitize(x, axis, epsilon, 'floor');
    return {
      value: scale(unit.value, 1 / temperature),
      pullback: (gradient) => ({ x: unit.pullback(scale(gradient, 1 / temperature)) }),
    };
  },

  kinks: (x, { axis, epsilon }) => boundGap(x, axis, epsilon, 'floor'),

  example: {
    options: { temperature: 0.5 },
    x: [
      [3, 4],
      [-5, 12],
    ],
    parameters: {},
    y: [
      [1.2, 1.6],
      [-0.76923, 1.84615],
    ],
  },

  invariants: {
    keepsShape,
    scalingLaw,
    flooredLength,
    oddFunction,
    samplesApart,
    scaledGradient,
    evenGradient,
    ...unitLaws({ total: 'sum', bound: 'floor', centered: false }),
  },
});

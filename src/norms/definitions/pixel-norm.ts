import { rootMeanSquare, unitOf } from '../formula.js';
import {
  evenGradient,
  keepsShape,
  oddFunction,
  samplesApart,
  scaledGradient,
  scalingLaw,
  unitLaws,
  unitMeanSquare,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { unitize } from '../parts/index.js';

export const pixelNorm = norm({
  type: 'pixel_norm',
  title: 'PixelNorm',
  about: 'Divides the features of each pixel by their root mean square, without weights.',
  useCase: 'Image generators, whose signals would otherwise grow from layer to layer.',
  reference: {
    authors: 'Tero Karras, Timo Aila, Samuli Laine, Jaakko Lehtinen',
    title: 'Progressive Growing of GANs for Improved Quality, Stability, and Variation',
    year: 2018,
    url: 'https://arxiv.org/abs/1710.10196',
  },
  notes: [
    'It is rms_norm without its gain, to the bit.',
    'The default ε is 1e-6, as in the other norms; the paper uses 1e-8. Set `epsilon` to load a generator that was trained with another ε.',
    'Nothing is shared between pixels: each position of an image is a group, and has its own root mean square.',
    'A single feature x becomes x / √(x² + ε), which is nearly its sign.',
  ],
  traits: { place: 'hidden', couples: 'group', cost: 3, guards: ['size', 'gain', 'shift'] },

  options: {
    axis: option.axes(-1, 'The feature axes, which share one root mean square.'),
    epsilon: option.epsilon('Added to the mean square to avoid division by zero.'),
  },

  parameters: {},

  formula(math, x, _, { axis, epsilon }) {
    const length = math.name('N', rootMeanSquare(math, x, axis, epsilon));
    return { outputs: [unitOf(math, x, length)] };
  },

  /**
   * The gradients of x̂ and x, from dy; the n numbers of a group share one N.
   *
   *     dx̂ = dy                      y = x̂
   *     dN = −Σ dx̂ x̂ / N             x̂ = x / N
   *     dx = dx̂ / N + x dN / (n N)   N² = mean(x²) + ε
   *        = (dx̂ − x̂ mean(dx̂ x̂)) / N
   */
  apply(x, _, { axis, epsilon }) {
    const unit = unitize(x, axis, epsilon, 'mean');
    return { value: unit.value, pullback: (gradient) => ({ x: unit.pullback(gradient) }) };
  },

  example: {
    x: [
      [3, 4],
      [-5, 12],
    ],
    parameters: {},
    y: [
      [0.84853, 1.13137],
      [-0.54393, 1.30543],
    ],
  },

  invariants: {
    keepsShape,
    scalingLaw,
    unitMeanSquare,
    oddFunction,
    samplesApart,
    scaledGradient,
    evenGradient,
    ...unitLaws({ total: 'mean', bound: 'added', centered: false }),
  },
});

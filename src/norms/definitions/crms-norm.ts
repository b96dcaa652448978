import { type Axes, positiveAxes } from '../../array/index.js';
import type { Algebra } from '../algebra.js';
import { learned, square, unitOf } from '../formula.js';
import {
  complementLaws,
  evenGradient,
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
import { unitizeComplemented } from '../parts/complement.js';

/** The mean square of x and of the entry −S that it lacks. */
function fullMeanSquare<T>(math: Algebra<T>, x: T, axes: Axes): T {
  const shape = math.shape(x);
  const missing = math.name('S', math.sum(x, axes));
  const [axis, ...others] = positiveAxes(axes, shape.length);
  if (others.length === 0)
    return math.mean(square(math, math.concat([x, math.sub(0, missing)], axis!)), axis!);
  const n = [axis!, ...others].reduce((size, at) => size * shape[at]!, 1);
  return math.div(math.add(math.sum(square(math, x), axes), square(math, missing)), n + 1);
}

export const crmsNorm = norm({
  type: 'crms_norm',
  title: 'CRMSNorm',
  alsoKnownAs: ['compressed RMSNorm'],
  about: 'Divides a vector by the root mean square that it has with the entry that it lacks for a sum of 0.',
  useCase:
    'Faster inference of transformers that were trained with LayerNorm: their vectors sum to 0, so one entry can be left out.',
  reference: {
    authors: 'Zixuan Jiang, Jiaqi Gu, Hanqing Zhu, David Z. Pan',
    title: 'Pre-RMSNorm and Pre-CRMSNorm Transformers: Equivalent and Efficient Pre-LN Transformers',
    year: 2023,
    url: 'https://arxiv.org/abs/2305.14858',
  },
  notes: [
    'It is layer_norm of the vector [x, −Σ x], without its last entry. Nothing is lost only if the full vector has a mean of 0: subtract from the weights of the layer before it their mean over its outputs, and drop its last unit; the layer after it takes W[:, :-1] − W[:, -1:].',
    'A constant that is added to x changes the output: only the full vector is centered.',
    'The code of the paper has no gain, which is folded into the next layer (`useScale: false`), and an ε of 1e-5; the default here is 1e-6.',
    'The features that are kept can change places, but not with the one that is left out.',
  ],
  traits: { place: 'hidden', couples: 'group', cost: 6, guards: ['size', 'shift'] },

  options: {
    axis: option.axes(-1, 'The axes that share one root mean square.'),
    epsilon: option.epsilon('Added to the mean square to avoid division by zero.'),
    ...gainAlone.options,
  },

  parameters: gainAlone.parameters,

  formula(math, x, { scale }, { axis, epsilon }) {
    const length = math.name('N', math.sqrt(math.add(fullMeanSquare(math, x, axis), epsilon)));
    return { outputs: [learned(math, unitOf(math, x, length), axis, scale)] };
  },

  /**
   * The gradients of γ, x̂, S and x, from dy; the n numbers of a group share one N.
   *
   *     dγ = Σ dy x̂
   *     dx̂ = γ dy                                y = γ x̂
   *     dN = −Σ dx̂ x̂ / N                         x̂ = x / N
   *     dS = S dN / ((n + 1) N)                  N² = (Σ x² + S²) / (n + 1) + ε
   *     dx = dx̂ / N + x dN / ((n + 1) N) + dS    S = Σ x
   *        = (dx̂ + (x + S) dN / (n + 1)) / N
   */
  apply(x, { scale }, { axis, epsilon }) {
    const { value, pullback } = unitizeComplemented(x, axis, epsilon, scale);
    return {
      value,
      pullback(gradient) {
        const pulled = pullback(gradient);
        return { x: pulled.x, scale: pulled.gain };
      },
    };
  },

  example: {
    x: [
      [3, -1, 2],
      [1, 1, 0],
    ],
    parameters: { scale: [1, 2, -1] },
    y: [
      [1.09545, -0.7303, -0.7303],
      [0.8165, 1.63299, 0.0],
    ],
  },

  invariants: {
    keepsShape,
    scalingLaw,
    oddFunction,
    samplesApart,
    scaledGradient,
    evenGradient,
    ...complementLaws(),
    ...learnedLaws({ gain: 'scale' }),
    scaleAtOne: switchedOff({ useScale: false }, { scale: 1 }),
  },
});

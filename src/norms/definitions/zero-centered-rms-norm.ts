import { learned, standardized } from '../formula.js';
import {
  evenGradient,
  keepsShape,
  learnedLaws,
  oddFunction,
  samplesApart,
  scaledGradient,
  scalingLaw,
  switchedOff,
  standardizedLaws,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { gainAlone } from '../parts/affine.js';
import { standardizeWith } from '../parts/index.js';

export const zeroCenteredRmsNorm = norm({
  type: 'zero_centered_rms_norm',
  title: 'Zero-centered RMSNorm',
  alsoKnownAs: ['centered RMSNorm'],
  about: 'Subtracts the mean, then divides by the root mean square of the rest.',
  useCase: 'Language models in which the mean of the activations must not drift.',
  reference: {
    authors: 'Jingjing Xu, Xu Sun, Zhiyuan Zhang, Guangxiang Zhao, Junyang Lin',
    title: 'Understanding and Improving Layer Normalization',
    year: 2019,
    url: 'https://arxiv.org/abs/1911.07013',
  },
  notes: [
    'The root mean square of x − x̄ is the standard deviation of x, so this is layer_norm with center: false, bit for bit.',
    'The mean of the output is 0 if γ is the same for all features, as at the start or with useScale: false. After training it is the mean of γ x̂.',
    'It is not the layer that Qwen3-Next calls zero-centered RMSNorm. In that one the weight is centered at 0, y = x̂ (1 + w) with x̂ = x / RMS(x), and no mean is subtracted.',
  ],
  traits: { place: 'hidden', couples: 'group', cost: 8, guards: ['size', 'offset', 'shift'] },

  options: {
    axis: option.axes(-1, 'The axes that share one mean and root mean square.'),
    epsilon: option.epsilon('Added to the mean square to avoid division by zero.'),
    ...gainAlone.options,
  },

  parameters: gainAlone.parameters,

  formula(math, x, { scale }, { axis, epsilon }) {
    const unit = standardized(math, x, axis, epsilon);
    return { outputs: [learned(math, unit, axis, scale)] };
  },

  /**
   * The gradients of γ, x̂ and x, from dy; the n numbers of a group share one mean and one N.
   *
   *     dγ = Σ dy x̂
   *     dx̂ = γ dy          y = γ x̂
   *     dN = −Σ dx̂ x̂ / N   x̂ = (x − x̄) / N
   *     dv = dN / (2 N)    N² = v + ε
   *     dx̄ = −Σ dx̂ / N     v does not change with x̄, as Σ (x − x̄) = 0
   *     dx = dx̂ / N + 2 (x − x̄) dv / n + dx̄ / n
   *        = (dx̂ − mean(dx̂) − x̂ mean(dx̂ x̂)) / N
   */
  apply(x, { scale }, { axis, epsilon }) {
    const { value, pullback } = standardizeWith(x, axis, epsilon, { gain: scale, along: axis });
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
      [6, 2, 1],
      [5, 5, 5],
    ],
    parameters: { scale: [1, 2, -3] },
    y: [
      [1.38873, -0.92582, 2.77746],
      [0, 0, 0],
    ],
  },

  invariants: {
    keepsShape,
    scalingLaw,
    oddFunction,
    samplesApart,
    scaledGradient,
    evenGradient,
    ...standardizedLaws,
    ...learnedLaws({ gain: 'scale' }),
    scaleAtOne: switchedOff({ useScale: false }, { scale: 1 }),
  },
});

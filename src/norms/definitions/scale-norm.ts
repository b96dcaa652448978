import { along, sizeOf } from '../../array/index.js';
import { leastLength, unitOf } from '../formula.js';
import {
  evenGradient,
  keepsShape,
  learnedLaws,
  leastLengthLaw,
  lengthScaledGradient,
  lengthScalingLaw,
  oddFunction,
  samplesApart,
  unitLaws,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { affine, boundGap, unitize } from '../parts/index.js';

const STARTS = { sqrt: { about: '√n for n features.', options: {} }, ...option.initializers };

const isRoot = (
  stated: option.PartOf<typeof STARTS>,
): stated is Exclude<option.PartOf<typeof STARTS>, option.StatedInitializer> =>
  stated === 'sqrt' || (typeof stated === 'object' && stated.type === 'sqrt');

export const scaleNorm = norm({
  type: 'scale_norm',
  title: 'ScaleNorm',
  about: 'Scales each vector to one learned length.',
  useCase: 'Transformers with little training data, as a replacement for LayerNorm with a single weight.',
  reference: {
    authors: 'Toan Q. Nguyen, Julian Salazar',
    title: 'Transformers without Tears: Improving the Normalization of Self-Attention',
    year: 2019,
    url: 'https://arxiv.org/abs/1910.05895',
  },
  notes: [
    'There is one weight s for the whole layer, not one for each feature. It starts at √n for n features, where the output is that of rms_norm without ε.',
    'ε is the least length and is not added: for ‖x‖ ≥ ε the length of the output is exactly |s|, and the size of x is lost. Below that the layer is linear.',
    'It is unit_norm times s. The code of the paper uses an ε of 1e-5; the default here is 1e-6.',
    'x-transformers limits ‖x‖ / √n instead, and its weight starts at 1: to load it, multiply the weight by √n, and set `epsilon` to √n times its own.',
    'At exactly ‖x‖ = ε the function has no derivative; the layer uses that from above.',
  ],
  traits: { place: 'hidden', couples: 'group', cost: 4, guards: ['size', 'shift'] },

  options: {
    axis: option.axes(-1, 'The axes that share one length.'),
    epsilon: option.epsilon('The least length, to avoid division by zero.'),
    scaleInitializer: option.part(
      STARTS,
      'sqrt',
      'Initializer of s; `sqrt` is √n for n features, and the others are those of all weights.',
    ),
  },

  parameters: {
    scale: {
      symbol: 's',
      about: 'The length s of the output.',
      role: 'gain',
      sizes: 'one number',
      shape: () => [],
      initial: ({ axis, scaleInitializer }, input) =>
        isRoot(scaleInitializer)
          ? { type: 'constant', value: Math.sqrt(sizeOf(along(input, axis))) }
          : scaleInitializer,
      zeroGain: () => ({ scaleInitializer: 'zeros' }),
    },
  },

  formula(math, x, { scale }, { axis, epsilon }) {
    return { outputs: [math.mul(scale!, unitOf(math, x, leastLength(math, x, axis, epsilon)))] };
  },

  /**
   * The gradients of s, x̂ and x, from dy.
   *
   *     ds = Σ dy x̂          y = s x̂
   *     dx̂ = s dy
   *     dN = −Σ dx̂ x̂ / N     x̂ = x / N
   *     dx = dx̂ / N + x̂ dN   N² = Σ x²
   *
   * If the minimum holds N at ε, N does not depend on x, and dx = dx̂ / N.
   */
  apply(x, { scale }, { axis, epsilon }) {
    const unit = unitize(x, axis, epsilon, 'lengthFloor');
    const grown = affine(unit.value, [], scale);
    return {
      value: grown.value,
      pullback(gradient) {
        const pulled = grown.pullback(gradient);
        return { x: unit.pullback(pulled.x), scale: pulled.gain };
      },
    };
  },

  kinks: (x, { axis, epsilon }) => boundGap(x, axis, epsilon, 'lengthFloor'),

  example: {
    x: [
      [3, 4],
      [-5, 12],
    ],
    parameters: { scale: 2 },
    y: [
      [1.2, 1.6],
      [-0.76923, 1.84615],
    ],
  },

  invariants: {
    keepsShape,
    lengthScalingLaw,
    leastLengthLaw,
    oddFunction,
    samplesApart,
    lengthScaledGradient,
    evenGradient,
    ...unitLaws({ total: 'sum', bound: 'rootFloor', centered: false }),
    ...learnedLaws({ gain: 'scale', symbol: 's' }),
  },
});

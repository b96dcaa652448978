import { type Axes, type NdArray, along, reshape } from '../../array/index.js';
import { learned, leastLength, unitOf } from '../formula.js';
import {
  evenGradient,
  keepsShape,
  learnedLaws,
  lengthScaledGradient,
  lengthScalingLaw,
  oddFunction,
  outputLaws,
  startsAsWeight,
  unitLaws,
} from '../laws/index.js';
import { norm } from '../norm.js';
import { boundGap, unitize, unitizeWith } from '../parts/index.js';
import { acceptsWeight, leastLengthOption, outputAxes, startedGain, withinOutput } from '../parts/outputs.js';

/** The lengths of a weight, by which it is its own effective weight. */
const lengths = (x: NdArray, { axis, epsilon }: { readonly axis: Axes; readonly epsilon: number }) => {
  const { length } = unitize(x, withinOutput(x.shape, axis), epsilon, 'lengthFloor');
  return { gain: reshape(length, along(x.shape, axis)) };
};

const core = { total: 'sum', bound: 'rootFloor', centered: false } as const;

export const weightNorm = norm({
  type: 'weight_norm',
  title: 'WeightNorm',
  alsoKnownAs: ['WN'],
  about: 'Writes the weights of each output as a direction times a learned length.',
  useCase:
    'Recurrent, reinforcement and generative models, whose batches are too small or too noisy to normalize over.',
  reference: {
    authors: 'Tim Salimans, Diederik P. Kingma',
    title: 'Weight Normalization: A Simple Reparameterization to Accelerate Training of Deep Neural Networks',
    year: 2016,
    url: 'https://arxiv.org/abs/1602.07868',
  },
  notes: [
    'g starts at the length of the weight, so that at first the effective weight is the weight itself.',
    'ε is the least length and is not added. The weights of an output that are all 0 give 0; PyTorch gives NaN.',
    'A step against the gradient is orthogonal to the weights of an output, and so never shortens them: the longer they grow, the less a step turns them.',
    'PyTorch has the outputs on axis 0, for which set `axis: 0`; kernels here have them last.',
    'At exactly ‖x‖ = ε the function has no derivative; the layer uses that from above.',
  ],

  options: { axis: outputAxes, epsilon: leastLengthOption, ...startedGain.options },

  parameters: startedGain.parameters,

  accepts: acceptsWeight,

  formula(math, x, { gain }, { axis, epsilon }) {
    const within = withinOutput(math.shape(x), axis);
    const unit = unitOf(math, x, leastLength(math, x, within, epsilon));
    return { outputs: [learned(math, unit, axis, gain)] };
  },

  start: lengths,

  /**
   * The gradients of g, x̂ and x, from dy; the weights of an output share one N.
   *
   *     dg = Σ dy x̂          y = g x̂
   *     dx̂ = g dy
   *     dN = −Σ dx̂ x̂ / N     x̂ = x / N
   *     dx = dx̂ / N + x̂ dN   N² = Σ x²
   *
   * If the minimum holds N at ε, N does not depend on x, and dx = dx̂ / N.
   */
  apply(x, { gain }, { axis, epsilon }) {
    const within = withinOutput(x.shape, axis);
    const { value, pullback } = unitizeWith(x, within, epsilon, 'lengthFloor', { gain, along: axis });
    return {
      value,
      pullback(gradient) {
        const pulled = pullback(gradient);
        return { x: pulled.x, gain: pulled.gain };
      },
    };
  },

  kinks: (x, { axis, epsilon }) => boundGap(x, withinOutput(x.shape, axis), epsilon, 'lengthFloor'),

  example: {
    x: [
      [3, 1],
      [4, -1],
    ],
    parameters: { gain: [2, 3] },
    y: [
      [1.2, 2.12132],
      [1.6, -2.12132],
    ],
  },

  invariants: {
    keepsShape,
    lengthScalingLaw,
    oddFunction,
    lengthScaledGradient,
    evenGradient,
    ...unitLaws(core),
    ...learnedLaws({ gain: 'gain', symbol: 'g' }),
    ...outputLaws(core),
    startsAsWeight: startsAsWeight(lengths),
  },
});

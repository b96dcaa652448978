import { mean, sub } from '../../array/index.js';
import { learned, leastLength, unitOf } from '../formula.js';
import {
  centeredLaws,
  evenGradient,
  keepsShape,
  learnedLaws,
  lengthScaledGradient,
  lengthScalingLaw,
  oddFunction,
  outputLaws,
  unitLaws,
} from '../laws/index.js';
import { norm } from '../norm.js';
import { boundGap, standardizeWith } from '../parts/index.js';
import { acceptsWeight, leastLengthOption, outputAxes, outputGain, withinOutput } from '../parts/outputs.js';

const core = { total: 'sum', bound: 'rootFloor', centered: true } as const;
const { zeroMean, shiftInvariant, integerShift, constantRows, alone, zeroSumGradient, blindToConstants } =
  centeredLaws(core);

export const centeredWeightNorm = norm({
  type: 'centered_weight_norm',
  title: 'CenteredWeightNorm',
  alsoKnownAs: ['CenteredWN', 'CWN'],
  about: 'Centers the weights of each output, and divides them by their length.',
  useCase: 'Networks of rectified units, whose inputs have a large mean that each layer then ignores.',
  reference: {
    authors: 'Lei Huang, Xianglong Liu, Yang Liu, Bo Lang, Dacheng Tao',
    title: 'Centered Weight Normalization in Accelerating Training of Deep Neural Networks',
    year: 2017,
    url: 'https://openaccess.thecvf.com/content_iccv_2017/html/Huang_Centered_Weight_Normalization_ICCV_2017_paper.html',
  },
  notes: [
    'The weights of an output sum to 0, so that it does not change if a constant is added to its input.',
    'g starts at 1, as in the code of the paper. A layer that is already trained changes when it is wrapped; one that starts anew does not mind.',
    'ε is the least length and is not added. The weights of an output that are all equal give 0.',
    'An output with a single weight gives 0: nothing is left of it without its mean.',
    'At exactly the length ε the function has no derivative; the layer uses that from above.',
  ],

  options: { axis: outputAxes, epsilon: leastLengthOption, ...outputGain.options },

  parameters: outputGain.parameters,

  accepts: acceptsWeight,

  formula(math, x, { gain }, { axis, epsilon }) {
    const within = withinOutput(math.shape(x), axis);
    const center = math.name('x̄', math.mean(x, within));
    const offset = math.name('c', math.sub(x, center));
    const unit = unitOf(math, offset, leastLength(math, offset, within, epsilon));
    return { outputs: [learned(math, unit, axis, gain)] };
  },

  /**
   * The gradients of g, x̂, c and x, from dy; the weights of an output share one mean and one N.
   *
   *     dg = Σ dy x̂          y = g x̂
   *     dx̂ = g dy
   *     dN = −Σ dx̂ x̂ / N     x̂ = c / N
   *     dc = dx̂ / N + x̂ dN   N² = Σ c²
   *     dx = dc − mean(dc)   c = x − x̄
   *
   * If the minimum holds N at ε, N does not depend on x, and dc = dx̂ / N.
   */
  apply(x, { gain }, { axis, epsilon }) {
    const within = withinOutput(x.shape, axis);
    const { value, pullback } = standardizeWith(x, within, epsilon, { gain, along: axis }, 'lengthFloor');
    return {
      value,
      pullback(gradient) {
        const pulled = pullback(gradient);
        return { x: pulled.x, gain: pulled.gain };
      },
    };
  },

  kinks(x, { axis, epsilon }) {
    const within = withinOutput(x.shape, axis);
    return boundGap(sub(x, mean(x, within)), within, epsilon, 'lengthFloor');
  },

  example: {
    x: [
      [4, 1],
      [10, 2],
    ],
    parameters: { gain: [2, -3] },
    y: [
      [-1.41421, 2.12132],
      [1.41421, -2.12132],
    ],
  },

  invariants: {
    keepsShape,
    lengthScalingLaw,
    oddFunction,
    lengthScaledGradient,
    evenGradient,
    ...unitLaws(core),
    zeroMean,
    shiftInvariant,
    integerShift,
    constantRows,
    alone,
    zeroSumGradient,
    blindToConstants,
    ...learnedLaws({ gain: 'gain', symbol: 'g' }),
    ...outputLaws(core),
  },
});

import { type Shape, across, cast, mul, sum } from '../../array/index.js';
import { flooredRoot, inBand, learned, unitOf } from '../formula.js';
import {
  bandLogitLaws,
  constantLength,
  evenGradient,
  keepsShape,
  lengthBand,
  oddFunction,
  samplesApart,
  scaledGradient,
  scalingLaw,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { affine, band, boundGap, unitize } from '../parts/index.js';
import { standardizeShort } from '../parts/normalize.js';

const alongLast = (input: Shape, { axis }: { readonly axis: number }): Shape => [across(input, axis).at(-1)!];

export const bandLogitNorm = norm({
  type: 'band_logit_norm',
  title: 'BandLogitNorm',
  about:
    'Brings the length of the logits into a band just below 1, at positions that depend on their lengths relative to each other.',
  useCase: 'Classifiers whose logits must not grow.',
  reference: {
    authors: 'Nikolas Markou',
    title: 'dl_techniques: BandLogitNorm',
    year: 2025,
    url: 'https://github.com/NikolasMarkou/dl_techniques',
  },
  notes: [
    'The lengths N are standardized along the last axis. On the last axis itself, the default, there is only one length, so ζ is β and s is a constant, 1 − α/2 at the start: s does not depend on x, and γ never gets a gradient.',
    'On any other axis s varies, and the positions along the last axis depend on each other.',
    'It bounds the length of the logits, not their root mean square. For ‖x‖ < √ε the output is shorter than the band.',
  ],
  traits: { place: 'logits', couples: 'group', cost: 4, guards: ['size', 'gain', 'shift'] },

  options: {
    maxBandWidth: option.maxBandWidth(0.01),
    axis: option.axis(-1, 'The axis of the classes.'),
    epsilon: option.epsilon('The minimum of the sum of squares; also added to the variance of the lengths.'),
  },

  parameters: {
    gamma: {
      symbol: 'γ',
      about: 'The weight γ of the standardized length of a row.',
      sizes: 'one number if the axis is the last one, else the size of the last axis',
      shape: alongLast,
      initial: () => 'ones',
    },
    beta: {
      symbol: 'β',
      about: 'The bias β of the position in the band.',
      sizes: 'one number if the axis is the last one, else the size of the last axis',
      shape: alongLast,
      initial: () => 'zeros',
    },
  },

  formula(math, x, { gamma, beta }, { axis, epsilon, maxBandWidth }) {
    const length = flooredRoot(math, x, axis, epsilon);
    const mean = math.name('N̄', math.mean(length, -1, 'the last axis'));
    const variance = math.variance(length, mean, -1, 'the last axis');
    const spread = math.name('D', math.sqrt(math.add(variance, epsilon)));
    const standard = math.name('u', math.div(math.sub(length, mean), spread));
    const zeta = math.name('ζ', learned(math, standard, -1, gamma, beta));
    const share = math.div(math.add(math.tanh(math.mul(STEEPNESS / 2, zeta)), 1), 2);
    return { outputs: [math.mul(inBand(math, share, maxBandWidth), unitOf(math, x, length))] };
  },

  /**
   * The gradients of γ, β, x̂ and x, from dy. N itself is standardized over the last axis.
   *
   *     ds = Σ dy x̂
   *     dζ = 2 α (1 − tanh(4 ζ)²) ds                               s = 1 − α + α (tanh(4 ζ) + 1) / 2
   *     dγ = Σ dζ u                                                ζ = γ u + β
   *     dβ = Σ dζ
   *     du = γ dζ
   *     dx̂ = s dy                                                  y = s x̂
   *     dN = (du − mean_N̄(du) − u mean_N̄(du u)) / D − Σ dx̂ x̂ / N   u = (N − N̄) / D, as in layer_norm
   *     dx = dx̂ / N + x̂ dN                                         N² = Σ x²
   *
   * If the minimum holds N at √ε, N does not depend on x, and dx = dx̂ / N.
   */
  apply(x, { gamma, beta }, { axis, epsilon, maxBandWidth }) {
    const unit = unitize(x, axis, epsilon, 'floor');
    const lengths = standardizeShort(unit.short, -1, epsilon);
    const learned = affine(cast(lengths.value, x.dtype), -1, gamma, beta);
    const s = band(learned.value, maxBandWidth, STEEPNESS);
    return {
      value: mul(unit.value, s.value),
      pullback(g) {
        const ofScale = sum(mul(g, unit.value), axis);
        const { x: ofUnit, gain, shift } = learned.pullback(s.pullback(ofScale));
        const ofLength = lengths.pullback(cast(ofUnit, 'float64'));
        return { x: unit.pullback(mul(g, s.value), ofLength), gamma: gain, beta: shift };
      },
    };
  },

  kinks: (x, { axis, epsilon }) => boundGap(x, axis, epsilon, 'floor'),

  example: {
    options: { maxBandWidth: 0.4, axis: 1 },
    x: [
      [
        [3, 1, 0],
        [4, 0, -2],
      ],
    ],
    parameters: { gamma: [0.1, 0.2, -0.3], beta: [0, 0.05, 0.1] },
    y: [
      [
        [0.53998, 0.69482, 0],
        [0.71998, 0, -0.94034],
      ],
    ],
  },

  invariants: {
    keepsShape,
    scalingLaw,
    lengthBand,
    constantLength,
    oddFunction,
    samplesApart,
    scaledGradient,
    evenGradient,
    ...bandLogitLaws,
  },
});

/** How fast s answers to ζ: (1 + tanh(4ζ)) / 2 = σ(8ζ). */
const STEEPNESS = 8;

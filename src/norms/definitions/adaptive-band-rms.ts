import { clampedRoot, inBand, unitOf } from '../formula.js';
import {
  adaptiveBandLaws,
  bandLimits,
  bandStart,
  evenGradient,
  keepsShape,
  oddFunction,
  samplesApart,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { acceptsSize, bandOfSize, bandedBySize, placeInBand } from '../parts/adaptive-band.js';
import { STEEPNESS } from '../parts/band.js';
import { boundGap, unitize } from '../parts/index.js';

export const adaptiveBandRms = norm({
  type: 'adaptive_band_rms',
  title: 'Adaptive BandRMS',
  about:
    'Brings the root mean square into a band just below 1, at positions that depend on the size of the sample.',
  useCase: 'Vision and other inputs of fixed length, if the size of a sample should still have an effect.',
  reference: {
    authors: 'Nikolas Markou',
    title: 'dl_techniques: AdaptiveBandRMS',
    year: 2025,
    url: 'https://github.com/NikolasMarkou/dl_techniques',
  },
  notes: [
    "By default q is the mean of N over the whole sample. If the last axis of a sequence is normalized, each token then depends on all others, including later tokens and padding. That breaks causality: in a language model use statistic: 'causal', whose q is the mean over the tokens so far, or 'row', whose q is N of the token itself.",
    'Every root mean square is between (1 − α) ρ and ρ, with ρ = √(m / (m + ε)); for small inputs it is below 1 − α.',
    'At the start, K = 0 and c = 0, and with every statistic it computes the same as band_rms with b = 0.',
    'If s differs along the axes, the output does not have the direction of x.',
    'There is one s for each position along the axes, like the gain of layer_norm. If q is that of the sample, and all of at least two axes except the batch are normalized, there is one s for the whole sample.',
    'bandInitializer and bandRegularizer apply to K only; c starts at 0 and has no regularizer.',
  ],
  traits: { place: 'hidden', couples: 'sample', cost: 4, guards: ['size', 'gain', 'shift'] },

  options: {
    maxBandWidth: option.maxBandWidth(0.1),
    axis: option.axes(-1, 'The axes that share one root mean square; never the batch, axis 0.'),
    epsilon: option.epsilon('Added to the mean square to avoid division by zero.'),
    ...bandOfSize.options,
  },

  parameters: bandOfSize.parameters,

  accepts: acceptsSize,

  formula(math, x, weights, { axis, epsilon, maxBandWidth, statistic }) {
    const length = clampedRoot(math, x, axis, epsilon);
    const z = placeInBand(math, length, weights, math.shape(x), { axis, statistic });
    const scale = inBand(math, math.sigmoid(math.mul(STEEPNESS, z)), maxBandWidth);
    return { outputs: [math.mul(scale, unitOf(math, x, length))] };
  },

  /**
   * The gradients of K, c, x̂ and x, from dy; n numbers share one N, and a sample has M such N.
   *
   *     ds = Σ dy x̂
   *     dz = 5 α σ(5 z) σ(−5 z) ds   s = 1 − α + α σ(5 z)
   *     dK = Σ dz ln(q)              z = ln(q) K + c
   *     dc = Σ dz
   *     dq = Σ dz K / q
   *     dx̂ = s dy                    y = s x̂
   *     dN = dq / M − Σ dx̂ x̂ / N     q is the mean of M lengths, and x̂ = x / N
   *     dx = dx̂ / N + x dN / (n N)   N² = mean(x²) + ε
   *
   * If the clamp holds N at ε, N does not depend on x, and dx = dx̂ / N. If q is N of the row, M is 1; if it is the mean over
   * the steps so far, dq / M is summed over the q of this step and all later ones.
   */
  apply(x, { kernel, bias }, { axis, epsilon, ...place }) {
    const unit = unitize(x, axis, epsilon, 'clamp');
    return bandedBySize(unit, { kernel: kernel!, bias: bias! }, { axis, ...place });
  },

  kinks: (x, { axis, epsilon }) => boundGap(x, axis, epsilon, 'clamp'),

  example: {
    options: { maxBandWidth: 0.4 },
    x: [
      [
        [3, 4],
        [1, -1],
      ],
    ],
    parameters: { kernel: [[0.1, -0.2]], bias: [0.05, 0.1] },
    y: [
      [
        [0.73283, 0.86933],
        [0.86365, -0.76839],
      ],
    ],
  },

  invariants: {
    keepsShape,
    bandLimits,
    bandStart,
    oddFunction,
    samplesApart,
    evenGradient,
    ...adaptiveBandLaws,
  },
});

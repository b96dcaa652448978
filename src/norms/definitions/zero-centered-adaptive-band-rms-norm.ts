import { centeredAndClamped, inBand } from '../formula.js';
import {
  centeredAdaptiveBandLaws,
  centeredBandLimits,
  centeredBandStart,
  evenGradient,
  keepsShape,
  oddFunction,
  samplesApart,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { acceptsSize, bandOfSize, bandedBySize, placeInBand } from '../parts/adaptive-band.js';
import { STEEPNESS } from '../parts/band.js';
import { centeredBoundGap, unitizeCentered } from '../parts/normalize.js';

export const zeroCenteredAdaptiveBandRmsNorm = norm({
  type: 'zero_centered_adaptive_band_rms_norm',
  title: 'Zero-centered adaptive BandRMS',
  about:
    'Subtracts the mean, then brings the root mean square into a band just below 1, at positions that depend on the size of the sample.',
  useCase:
    'Inputs of fixed length whose mean must not matter, if the size of a sample should still have an effect.',
  reference: {
    authors: 'Nikolas Markou',
    title: 'dl_techniques: ZeroCenteredAdaptiveBandRMSNorm',
    year: 2025,
    url: 'https://github.com/NikolasMarkou/dl_techniques',
  },
  notes: [
    'It is adaptive_band_rms of x − x̄, whose sizes are standard deviations.',
    'The original says that the mean of the output is 0. After training it is not: it is the mean of s x̂, and 0 only if s does not differ along the axes, as at the start.',
    "By default q is the mean of N over the whole sample. If the last axis of a sequence is normalized, each token then depends on all others, including later tokens and padding. That breaks causality: in a language model use statistic: 'causal', whose q is the mean over the tokens so far, or 'row', whose q is N of the token itself.",
    'Every root mean square is between (1 − α) ρ and ρ, with ρ = √(v / (v + ε)); for rows that hardly vary it is below 1 − α, and a constant row gives zeros.',
    'At the start, K = 0 and c = 0, and with every statistic it computes the same as zero_centered_band_rms_norm with b = 0.',
    'There is one s for each position along the axes, like the gain of layer_norm. If q is that of the sample, and all of at least two axes except the batch are normalized, there is one s for the whole sample.',
    'bandInitializer and bandRegularizer apply to K only; c starts at 0 and has no regularizer.',
  ],
  traits: { place: 'hidden', couples: 'sample', cost: 9, guards: ['size', 'offset', 'gain', 'shift'] },

  options: {
    maxBandWidth: option.maxBandWidth(0.1),
    axis: option.axes(-1, 'The axes that share one mean and root mean square; never the batch, axis 0.'),
    epsilon: option.epsilon('Added to the variance to avoid division by zero.'),
    ...bandOfSize.options,
  },

  parameters: bandOfSize.parameters,

  accepts: acceptsSize,

  formula(math, x, weights, { axis, epsilon, maxBandWidth, statistic }) {
    const { unit, length } = centeredAndClamped(math, x, axis, epsilon);
    const z = placeInBand(math, length, weights, math.shape(x), { axis, statistic });
    const scale = inBand(math, math.sigmoid(math.mul(STEEPNESS, z)), maxBandWidth);
    return { outputs: [math.mul(scale, unit)] };
  },

  /**
   * The gradients of K, c, x̂ and x, from dy; n numbers share one mean and one N, and a sample has M such N.
   *
   *     ds = Σ dy x̂
   *     dz = 5 α σ(5 z) σ(−5 z) ds   s = 1 − α + α σ(5 z)
   *     dK = Σ dz ln(q)              z = ln(q) K + c
   *     dc = Σ dz
   *     dq = Σ dz K / q
   *     dx̂ = s dy                    y = s x̂
   *     dN = dq / M − Σ dx̂ x̂ / N     q is the mean of M lengths, and x̂ = (x − x̄) / N
   *     dv = dN / (2 N)              N² = v + ε
   *     dx̄ = −Σ dx̂ / N               v does not change with x̄, as Σ (x − x̄) = 0
   *     dx = dx̂ / N + 2 (x − x̄) dv / n + dx̄ / n
   *        = (dx̂ − mean(dx̂)) / N + x̂ dN / n
   *
   * If the clamp holds N at ε, N does not depend on x, and dx = (dx̂ − mean(dx̂)) / N. If q is N of the row, M is 1; if it is
   * the mean over the steps so far, dq / M is summed over the q of this step and all later ones.
   */
  apply(x, { kernel, bias }, { axis, epsilon, ...place }) {
    const unit = unitizeCentered(x, axis, epsilon, 'clamp');
    return bandedBySize(unit, { kernel: kernel!, bias: bias! }, { axis, ...place });
  },

  kinks: (x, { axis, epsilon }) => centeredBoundGap(x, axis, epsilon),

  example: {
    options: { maxBandWidth: 0.4 },
    x: [
      [
        [6, 2, 1],
        [1, 5, 3],
      ],
    ],
    parameters: { kernel: [[0.1, -0.2, 0.3]], bias: [0.05, 0.1, -0.15] },
    y: [
      [
        [1.18807, -0.36385, -0.76004],
        [-1.04778, 0.96267, 0.0],
      ],
    ],
  },

  invariants: {
    keepsShape,
    centeredBandLimits,
    centeredBandStart,
    oddFunction,
    samplesApart,
    evenGradient,
    ...centeredAdaptiveBandLaws,
  },
});

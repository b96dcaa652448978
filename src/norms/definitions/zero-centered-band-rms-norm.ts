import { centeredAndClamped, inBand } from '../formula.js';
import {
  centeredBandLaw,
  centeredBandLaws,
  evenGradient,
  keepsShape,
  oddFunction,
  samplesApart,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { STEEPNESS, bandPosition, banded } from '../parts/band.js';
import { standardize } from '../parts/index.js';
import { centeredBoundGap } from '../parts/normalize.js';

export const zeroCenteredBandRmsNorm = norm({
  type: 'zero_centered_band_rms_norm',
  title: 'Zero-centered BandRMS',
  about:
    'Subtracts the mean, then brings the root mean square into a band just below 1, at a position set by one learned number.',
  useCase: 'Deep networks whose activations must stay bounded, and whose mean must not drift.',
  reference: {
    authors: 'Nikolas Markou',
    title: 'dl_techniques: ZeroCenteredBandRMSNorm',
    year: 2025,
    url: 'https://github.com/NikolasMarkou/dl_techniques',
  },
  notes: [
    'It is band_rms of x − x̄. The mean of the output stays 0 in training, since one s scales a whole row.',
    'The root mean square of the output is s ρ, with ρ = √(v / (v + ε)). It is always below 1, but above 1 − α only if the variance v is large relative to ε; a constant row gives zeros.',
    'b = 0 gives the middle of the band, s = 1 − α/2, not its lower end.',
    'The clamp max(·, ε) can take effect only for ε above 1; then the layer is linear.',
    "By default an L2 penalty of 1e-5 pulls b to 0; bandRegularizer: 'none' turns it off.",
    'The original subtracts the mean once, in float32, which leaves constant rows of large numbers near ±1; here the mean is subtracted twice, so they give 0.',
  ],
  traits: { place: 'hidden', couples: 'group', cost: 9, guards: ['size', 'offset', 'gain', 'shift'] },

  options: {
    maxBandWidth: option.maxBandWidth(0.1),
    axis: option.axes(-1, 'The axes that share one mean and root mean square.'),
    epsilon: option.epsilon('Added to the variance to avoid division by zero.'),
    ...bandPosition.options,
  },

  parameters: bandPosition.parameters,

  formula(math, x, { band_param }, { axis, epsilon, maxBandWidth }) {
    const { unit } = centeredAndClamped(math, x, axis, epsilon);
    const scale = inBand(math, math.sigmoid(math.mul(STEEPNESS, band_param!)), maxBandWidth);
    return { outputs: [math.mul(scale, unit)] };
  },

  /**
   * The gradients of b, x̂ and x, from dy; the n numbers of a group share one mean and one N.
   *
   *     ds = Σ dy x̂
   *     db = 5 α σ(5 b) σ(−5 b) ds   s = 1 − α + α σ(5 b)
   *     dx̂ = s dy                    y = s x̂
   *     dN = −Σ dx̂ x̂ / N             x̂ = (x − x̄) / N
   *     dv = dN / (2 N)              N² = v + ε
   *     dx̄ = −Σ dx̂ / N               v does not change with x̄, as Σ (x − x̄) = 0
   *     dx = dx̂ / N + 2 (x − x̄) dv / n + dx̄ / n
   *        = (dx̂ − mean(dx̂) − x̂ mean(dx̂ x̂)) / N
   *
   * If the clamp holds N at ε, N does not depend on x, and dx = (dx̂ − mean(dx̂)) / N.
   */
  apply(x, { band_param }, { axis, epsilon, maxBandWidth }) {
    const { value, pullback } = banded(standardize(x, axis, epsilon, 'clamp'), band_param!, maxBandWidth);
    return {
      value,
      pullback(gradient) {
        const pulled = pullback(gradient);
        return { x: pulled.x, band_param: pulled.b };
      },
    };
  },

  kinks: (x, { axis, epsilon }) => centeredBoundGap(x, axis, epsilon),

  example: {
    options: { maxBandWidth: 0.4 },
    x: [
      [6, 2, 1],
      [5, 5, 5],
    ],
    parameters: { band_param: 0.25 },
    y: [
      [1.26502, -0.42167, -0.84335],
      [0, 0, 0],
    ],
  },

  invariants: {
    keepsShape,
    centeredBandLaw,
    oddFunction,
    samplesApart,
    evenGradient,
    ...centeredBandLaws,
  },
});

import { clampedRoot, inBand, unitOf } from '../formula.js';
import { bandLaw, bandLaws, evenGradient, keepsShape, oddFunction, samplesApart } from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { STEEPNESS, bandPosition, banded } from '../parts/band.js';
import { boundGap, unitize } from '../parts/index.js';

export const bandRms = norm({
  type: 'band_rms',
  title: 'BandRMS',
  about: 'Brings the root mean square into a band just below 1, at a position set by one learned number.',
  useCase: 'Deep networks whose activations must stay bounded during training.',
  reference: {
    authors: 'Nikolas Markou',
    title: 'dl_techniques: BandRMS',
    year: 2025,
    url: 'https://github.com/NikolasMarkou/dl_techniques',
  },
  notes: [
    'The root mean square of the output is s ρ, with ρ = √(m / (m + ε)). It is always below 1, but above 1 − α only if the mean square m is large relative to ε; a row of zeros stays zero.',
    'b = 0 gives the middle of the band, s = 1 − α/2, not its lower end.',
    'The clamp max(·, ε) can take effect only for ε above 1; then the layer is linear.',
    "By default an L2 penalty of 1e-5 pulls b to 0; bandRegularizer: 'none' turns it off.",
  ],
  traits: { place: 'hidden', couples: 'group', cost: 4, guards: ['size', 'gain', 'shift'] },

  options: {
    maxBandWidth: option.maxBandWidth(0.1),
    axis: option.axes(-1, 'The axes that share one root mean square.'),
    epsilon: option.epsilon('Added to the mean square to avoid division by zero.'),
    ...bandPosition.options,
  },

  parameters: bandPosition.parameters,

  formula(math, x, { band_param }, { axis, epsilon, maxBandWidth }) {
    const length = clampedRoot(math, x, axis, epsilon);
    const scale = inBand(math, math.sigmoid(math.mul(STEEPNESS, band_param!)), maxBandWidth);
    return { outputs: [math.mul(scale, unitOf(math, x, length))] };
  },

  /**
   * The gradients of b, x̂ and x, from dy; the n numbers of a group share one N.
   *
   *     ds = Σ dy x̂
   *     db = 5 α σ(5 b) σ(−5 b) ds   s = 1 − α + α σ(5 b)
   *     dx̂ = s dy                    y = s x̂
   *     dN = −Σ dx̂ x̂ / N             x̂ = x / N
   *     dx = dx̂ / N + x dN / (n N)   N² = mean(x²) + ε
   *
   * If the clamp holds N at ε, N does not depend on x, and dx = dx̂ / N.
   */
  apply(x, { band_param }, { axis, epsilon, maxBandWidth }) {
    const { value, pullback } = banded(unitize(x, axis, epsilon, 'clamp'), band_param!, maxBandWidth);
    return {
      value,
      pullback(gradient) {
        const pulled = pullback(gradient);
        return { x: pulled.x, band_param: pulled.b };
      },
    };
  },

  kinks: (x, { axis, epsilon }) => boundGap(x, axis, epsilon, 'clamp'),

  example: {
    options: { maxBandWidth: 0.4 },
    x: [
      [3, 4],
      [-1, 7],
    ],
    parameters: { band_param: 0.25 },
    y: [
      [0.77294, 1.03059],
      [-0.18218, 1.27529],
    ],
  },

  invariants: {
    keepsShape,
    bandLaw,
    oddFunction,
    samplesApart,
    evenGradient,
    ...bandLaws,
  },
});

import { cast, dot, full, mul } from '../../array/index.js';
import { clampedRoot, inBand, unitOf } from '../formula.js';
import { bandLaw, bandLaws, evenGradient, keepsShape, oddFunction, samplesApart } from '../invariants.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { boundGap, band, unitize } from '../parts/index.js';

export const bandRms = norm({
  type: 'band_rms',
  title: 'BandRMS',
  about:
    'Brings the root mean square into a band just below 1, at a place in it that one learned number sets.',
  useCase: 'Deep networks whose activations must stay bounded while they train.',
  reference: {
    authors: 'Nikolas Markou',
    title: 'dl_techniques: BandRMS',
    year: 2025,
    url: 'https://github.com/NikolasMarkou/dl_techniques',
  },
  notes: [
    'With ρ = √(m / (m + ε)) the root mean square of the output is s ρ. It is always below 1, but above 1 − α only where the mean square m is large beside ε; a row of zeros stays zeros.',
    'b = 0 is the middle of the band, s = 1 − α/2, not its lower end.',
    'The clamp max(·, ε) can bind for ε above 1 alone; where it does, the layer is linear.',
    "b is pulled to 0 by an l2 penalty of 1e-5 unless bandRegularizer says otherwise; 'none' switches it off.",
  ],
  traits: { place: 'hidden', couples: 'group', cost: 4, guards: ['size', 'gain', 'shift'] },

  options: {
    maxBandWidth: option.maxBandWidth(0.1),
    axis: option.axes(-1, 'The axes that share one root mean square.'),
    epsilon: option.epsilon('Added to the mean square, so that zeros stay finite.'),
    bandInitializer: option.initializer('zeros', 'How b starts.'),
    bandRegularizer: option.regularizer({ type: 'l2', l2: 1e-5 }, 'What b costs.'),
  },

  parameters: {
    band_param: {
      about: 'The place b in the band.',
      symbol: 'b',
      sizes: 'one number',
      shape: () => [],
      initial: ({ bandInitializer }) => bandInitializer,
      regularizer: ({ bandRegularizer }) => bandRegularizer,
    },
  },

  formula(math, x, { band_param }, { axis, epsilon, maxBandWidth }) {
    const length = clampedRoot(math, x, axis, epsilon);
    const scale = inBand(math, math.sigmoid(math.mul(STEEPNESS, band_param!)), maxBandWidth);
    return { outputs: [math.mul(scale, unitOf(math, x, length))] };
  },

  /**
   * From dy back to b, x̂ and x; n numbers share one N.
   *
   *     ds = Σ dy x̂
   *     db = 5 α σ(5 b) σ(−5 b) ds   s = 1 − α + α σ(5 b)
   *     dx̂ = s dy                    y = s x̂
   *     dN = −Σ dx̂ x̂ / N             x̂ = x / N
   *     dx = dx̂ / N + x dN / (n N)   N² = mean(x²) + ε
   *
   * If the clamp holds N at ε, N does not move with x, and dx = dx̂ / N.
   */
  apply(x, { band_param }, { axis, epsilon, maxBandWidth }) {
    const unit = unitize(x, axis, epsilon, 'clamp');
    const s = band(band_param!, maxBandWidth, STEEPNESS);
    return {
      value: mul(unit.value, s.value),
      pullback(g) {
        const ofScale = dot(g, unit.value);
        return {
          x: unit.pullback(mul(g, s.value)),
          band_param: cast(s.pullback(full(s.value.shape, ofScale, 'float64')), x.dtype),
        };
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

/** How fast s answers to b. */
const STEEPNESS = 5;

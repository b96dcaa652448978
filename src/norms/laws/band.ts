import { type NdArray, flat } from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type WithAxes, type WithEpsilon, count, u } from './bounds.js';
import { offsetLaws } from './centered.js';
import { type Core, groupsOf, inner, relative, size, worst } from './groups.js';
import { unitLaws } from './unit.js';

export interface WithBand {
  readonly maxBandWidth: number;
}

const logistic = (z: number): number => 1 / (1 + Math.exp(-z));

export type BandOptions = WithAxes & WithEpsilon & WithBand;

export const bandCore: Core<BandOptions> = {
  total: 'mean',
  bound: 'clamped',
  centered: false,
  // 5 b is rounded before the exponential, which passes that on times |z|; s is no smaller than 1 − α.
  roundings: ({ weights, options: { maxBandWidth: width } }) =>
    (5 * width * (1 + 5 * Math.abs(flat(weights['band_param']!)[0]!))) / (1 - width),
};

/** The law of the gradient of b. */
const bandGradient = (core: Core<BandOptions>): Invariant<BandOptions> => {
  const bandGroups = groupsOf(core);
  return {
    claim: 'db = 5 α σ(5b) σ(−5b) ⟨dy, x̂⟩, and so |db| is at most 5/4 α Σ|dy x̂|.',
    corollary: true,
    deviation: (trial: Trial<BandOptions>) => {
      const { x, weights, options, linearize } = trial;
      const b = flat(weights['band_param']!)[0]!;
      const slope = 5 * options.maxBandWidth * logistic(5 * b) * logistic(-5 * b);
      const pulled = flat(linearize(x, { training: true }).pullback().weights['band_param']!)[0]!;
      const groups = bandGroups(trial);
      // g = s dy here.
      const sums = groups.map(({ g, gain, unit }) => {
        const dy = g.map((value, i) => value / gain[i]!);
        return { signed: inner(dy, unit), all: size(dy, unit) };
      });
      const [signed, all] = [
        sums.reduce((sum, s) => sum + s.signed, 0),
        sums.reduce((sum, s) => sum + s.all, 0),
      ];
      if (Math.abs(pulled) > 1.25 * options.maxBandWidth * all * (1 + (count(trial) + 40) * u(trial)))
        return Infinity;
      return relative(pulled - slope * signed, slope * all * (2 * count(trial) + 40 + 20 * Math.abs(b)));
    },
    bound: u,
  };
};

/** The laws of a norm whose one learned number b says where in a band its scale s lies. */
export const bandLaws = { ...unitLaws(bandCore), bandGradient: bandGradient(bandCore) };

const centeredCore: Core<BandOptions> = { ...bandCore, centered: true };

/** The same if the mean is subtracted first. */
export const centeredBandLaws = {
  ...unitLaws(centeredCore),
  ...offsetLaws(centeredCore),
  bandGradient: bandGradient(centeredCore),
};

/** The largest magnitude in a weight. */
export const most = (weight: NdArray | undefined): number => worst([...flat(weight!)].map(Math.abs));

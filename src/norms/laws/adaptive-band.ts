import { type NdArray, across, flat, map, sizeOf } from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type BandOptions, most, bandCore } from './band.js';
import { count, exactly, least, u } from './bounds.js';
import { type Core, groupsOf, inner, relative, size, total, worst } from './groups.js';
import { unitLaws } from './unit.js';

/** The mean q of N over each sample. */
const sizesOf = (trial: Trial<BandOptions>, x = trial.x) => flat(trial.witness(x).of('q'));

const adaptiveCore: Core<BandOptions> = {
  ...bandCore,
  // q is off by n + 8 roundings and its logarithm by as much, and z = K ln q + c by its own; σ' is at most 1/4.
  roundings: (trial) => {
    const { weights, options } = trial;
    const logs = worst([...sizesOf(trial)].map((q) => Math.abs(Math.log(q))));
    const z = most(weights['kernel']) * (count(trial) + 16 + 8 * logs) + 8 * most(weights['bias']);
    return (1.25 * options.maxBandWidth * z) / (1 - options.maxBandWidth) + 4;
  },
};

const { unitFormula, boundedUnit, zeroRows, sameOrder } = unitLaws(adaptiveCore);
const adaptiveGroups = groupsOf(adaptiveCore);

/** x cut to its first sample. */
const first = (x: NdArray): NdArray => x.hi(1, ...x.shape.slice(1)) as NdArray;

const training = { training: true } as const;

/** The laws of a norm whose place in a band depends on the size of the whole sample. */
export const adaptiveBandLaws = {
  unitFormula,
  boundedUnit,
  zeroRows,
  sameOrder,

  sizeGradient: {
    claim: 'For a single sample, dK = ln q · dc.',
    corollary: true,
    deviation: (trial: Trial<BandOptions>) => {
      const { x, linearize } = trial;
      const { kernel, bias } = linearize(first(x), training).pullback().weights;
      const log = Math.log(sizesOf(trial, first(x))[0]!);
      return worst(
        [...flat(kernel!)].map((k, j) => {
          const dc = flat(bias!)[j]!;
          // Where σ is saturated, dc may be subnormal.
          const lost = (least(trial) * (1 + Math.abs(log))) / u(trial);
          return relative(k - log * dc, Math.abs(dc) * (8 * Math.abs(log) + count(trial) + 16) + lost);
        }),
      );
    },
    bound: u,
  },

  summedOverSamples: {
    claim: 'dK and dc of a batch are the sums of those of its samples.',
    deviation: (trial: Trial<BandOptions>) => {
      const { x, linearize, normal } = trial;
      const seed = normal(x.shape);
      const whole = linearize(x, training).pullback([seed]).weights;
      const samples = Array.from({ length: x.shape[0]! }, (_, i) => {
        const only = (a: NdArray) =>
          a.lo(i, ...a.shape.slice(1).map(() => 0)).hi(1, ...a.shape.slice(1)) as NdArray;
        return linearize(only(x), training).pullback([only(seed)]).weights;
      });
      return worst(
        ['kernel', 'bias'].flatMap((name) =>
          [...flat(whole[name]!)].map((value, j) => {
            const parts = samples.map((sample) => flat(sample[name]!)[j]!);
            const sum = parts.reduce((a, b) => a + b, 0);
            const lost = least(trial) / u(trial);
            return relative(value - sum, (samples.length + 8) * total(Float64Array.from(parts)) + lost);
          }),
        ),
      );
    },
    bound: u,
  },

  sizeReaches: {
    claim:
      'In every group ⟨x, dx⟩ = ε / (m + ε) · ⟨x̂, g⟩ + m / N · dN, where dN = Σ K dc / (q · groups): the size of a sample has an effect.',
    corollary: true,
    applies: (trial: Trial<BandOptions>) => adaptiveGroups(trial).every(({ edge }) => !edge),
    deviation: (trial: Trial<BandOptions>) => {
      const { x, options, linearize, normal, weights } = trial;
      const alone = first(x);
      const seed = first(normal(x.shape));
      const { pullback } = linearize(alone, training);
      const dc = flat(pullback([seed]).weights['bias']!);
      const kernel = flat(weights['kernel']!);
      const q = sizesOf(trial, alone)[0]!;
      const mine = adaptiveGroups(trial).slice(0, adaptiveGroups(trial).length / x.shape[0]!);
      const dz = [...dc].map((value, j) => value * kernel[j]!);
      const dN = dz.reduce((a, b) => a + b, 0) / q / mine.length;
      // What dc is rounded from: α/4 · 5 Σ|dy x̂| at most.
      const felt =
        (mine.reduce((sum, { g, unit }) => sum + size(g, unit), 0) * 1.25 * options.maxBandWidth) /
        (1 - options.maxBandWidth);
      const loose =
        (felt * most(weights['kernel']) * (4 * count(trial) + 64 + (adaptiveCore.roundings?.(trial) ?? 0))) /
        q /
        mine.length;
      return worst(
        mine.map(({ x, dx, unit, g, power, length, live, slack }) => {
          const share = live ? options.epsilon / (power + options.epsilon) : 1;
          const pushed = live ? (dN * power) / length : 0;
          const scale =
            ((total(x) * slack) / u(trial)) * (1 + (adaptiveCore.roundings?.(trial) ?? 0)) +
            (loose * power) / length +
            8 * Math.abs(pushed);
          return relative(inner(x, dx) - share * inner(unit, g) - pushed, scale);
        }),
      );
    },
    bound: u,
  },

  notCausal: {
    claim: 'If K is not 0, changing one number changes every output of the sample: it is not causal.',
    applies: ({ x, options }: Trial<BandOptions>) => sizeOf(across(x.shape, options.axis)) / x.shape[0]! > 1,
    deviation: ({ x, options, linearize, normal }: Trial<BandOptions>) => {
      const input = map(normal(x.shape), (value) => Math.abs(value) + 1);
      const weights = { kernel: 0.25, bias: 0 };
      const moved = map(input, (value) => value);
      moved.data[moved.data.length / x.shape[0]! - 1]! *= 1024;
      const [before, after] = [input, moved].map((a) => flat(linearize(a, { weights }).outputs[0])[0]!);
      return Math.abs(before! - after!) > 1e-4 * options.maxBandWidth ? 0 : 1;
    },
    bound: exactly,
  },
} satisfies Record<string, Invariant<BandOptions>>;

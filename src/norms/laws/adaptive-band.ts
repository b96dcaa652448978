import {
  type NdArray,
  across,
  distance,
  flat,
  map,
  positiveAxes,
  sizeOf,
  sliceView,
} from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type BandOptions, most, bandCore } from './band.js';
import { count, exactly, least, u } from './bounds.js';
import { offsetLaws } from './centered.js';
import { type Core, groupsOf, inner, mean, relative, rows, size, total, worst } from './groups.js';
import { unitLaws } from './unit.js';

type AdaptiveOptions = BandOptions & { readonly statistic: string };

/** The size q that each scale follows. */
const sizesOf = (trial: Trial<AdaptiveOptions>, x = trial.x) => flat(trial.witness(x).of('q'));

/** The roundings that ln q may be off by. */
function ofSize(core: Core<AdaptiveOptions>) {
  const groups = groupsOf(core);
  return (trial: Trial<AdaptiveOptions>): number => {
    const logs = worst([...sizesOf(trial)].map((q) => Math.abs(Math.log(q))));
    // Where a mean is taken off, N is off by D and D² besides, where D is the rounding of that mean over N.
    const ofMean = groups(trial).map(({ x, size, length }) => {
      const d = ((size + 1) * total(x)) / size / length;
      return core.centered ? d + u(trial) * d * d : 0;
    });
    return count(trial) + 16 + 8 * logs + worst(ofMean);
  };
}

/** How x̂ is formed, and how far s may be off. */
function adaptiveCore(centered: boolean): Core<AdaptiveOptions> {
  const core = { ...bandCore, centered };
  const logs = ofSize(core);
  return {
    ...core,
    // z = K ln q + c is off by its own roundings and K times those of ln q; σ' is at most 1/4.
    roundings: (trial) => {
      const { weights, options } = trial;
      const z = most(weights['kernel']) * logs(trial) + 8 * most(weights['bias']);
      return (1.25 * options.maxBandWidth * z) / (1 - options.maxBandWidth) + 4;
    },
  };
}

/** x cut to its first sample. */
const first = (x: NdArray): NdArray => x.hi(1, ...x.shape.slice(1)) as NdArray;

const training = { training: true } as const;

const ofSample = ({ options }: Trial<AdaptiveOptions>): boolean => options.statistic === 'sample';

/** The count of steps along axis 1 that are not normalized together. */
const stepsOf = ({ x, options }: Trial<AdaptiveOptions>): number =>
  x.shape.length > 1 && !positiveAxes(options.axis, x.shape.length).includes(1) ? x.shape[1]! : 1;

/** The laws of a place in a band that depends on sizes, whether or not x̂ is centred. */
const sizeLaws = (core: Core<AdaptiveOptions>) =>
  ({
    sizeGradient: {
      claim: 'With the statistic of a sample, dK = ln q · dc if there is one sample.',
      corollary: true,
      applies: ofSample,
      deviation: (trial: Trial<AdaptiveOptions>) => {
        const { x, linearize } = trial;
        const { kernel, bias } = linearize(first(x), training).pullback().weights;
        const log = Math.log(sizesOf(trial, first(x))[0]!);
        return worst(
          [...flat(kernel!)].map((k, j) => {
            const dc = flat(bias!)[j]!;
            // Where σ is saturated, dc may be subnormal.
            const lost = (least(trial) * (1 + Math.abs(log))) / u(trial);
            return relative(k - log * dc, Math.abs(dc) * ofSize(core)(trial) + lost);
          }),
        );
      },
      bound: u,
    },

    summedOverSamples: {
      claim: 'With the statistic of a sample, dK and dc of a batch are the sums of those of its samples.',
      applies: ofSample,
      deviation: (trial: Trial<AdaptiveOptions>) => {
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

    notCausal: {
      claim:
        'With the statistic of a sample and K not 0, changing one number changes every output of the sample: it is not causal.',
      applies: (trial: Trial<AdaptiveOptions>) => {
        const groups = sizeOf(across(trial.x.shape, trial.options.axis)) / trial.x.shape[0]!;
        // Of one number, x̂ is 0 if its mean is taken off.
        const alone = core.centered && groups * trial.x.shape[0]! === sizeOf(trial.x.shape);
        return ofSample(trial) && groups > 1 && !alone;
      },
      deviation: (trial: Trial<AdaptiveOptions>) => {
        const { x, options, linearize, normal } = trial;
        const input = map(normal(x.shape), (value) => Math.abs(value) + 1);
        const weights = { kernel: 0.25, bias: 0 };
        const moved = map(input, (value) => value);
        moved.data[moved.data.length / x.shape[0]! - 1]! *= 1024;
        const [before, after] = [input, moved].map(
          (a) => rows(linearize(a, { weights }).outputs[0], options.axis)[0]!,
        );
        const change = worst(before!.map((y, i) => Math.abs(y - after![i]!)));
        return change > 1e-4 * options.maxBandWidth ? 0 : 1;
      },
      bound: exactly,
    },

    stepsCut: {
      claim: 'With the statistic of a row or of the steps so far, the first steps give what they give alone.',
      applies: (trial: Trial<AdaptiveOptions>) => !ofSample(trial) && stepsOf(trial) > 1,
      deviation: (trial: Trial<AdaptiveOptions>) => {
        const { x, linearize } = trial;
        const firstSteps = (a: NdArray): NdArray => sliceView(a, [[], [0, -1]]);
        return distance(firstSteps(linearize(x).outputs[0]), linearize(firstSteps(x)).outputs[0]);
      },
      bound: exactly,
    },
  }) satisfies Record<string, Invariant<AdaptiveOptions>>;

const plainCore = adaptiveCore(false);
const { unitFormula, boundedUnit, zeroRows, sameOrder } = unitLaws(plainCore);
const plainGroups = groupsOf(plainCore);

/** The laws of a norm whose place in a band depends on the size of the sample, of the row, or of the steps so far. */
export const adaptiveBandLaws = {
  unitFormula,
  boundedUnit,
  zeroRows,
  sameOrder,
  ...sizeLaws(plainCore),

  sizeReaches: {
    claim:
      'With the statistic of a sample, in every group ⟨x, dx⟩ = ε / (m + ε) · ⟨x̂, g⟩ + m / N · dN, where dN = Σ K dc / (q · groups): the size of a sample has an effect.',
    corollary: true,
    applies: (trial: Trial<AdaptiveOptions>) =>
      ofSample(trial) && plainGroups(trial).every(({ edge }) => !edge),
    deviation: (trial: Trial<AdaptiveOptions>) => {
      const { x, options, linearize, normal, weights } = trial;
      const alone = first(x);
      const seed = first(normal(x.shape));
      const { pullback } = linearize(alone, training);
      const dc = flat(pullback([seed]).weights['bias']!);
      const kernel = flat(weights['kernel']!);
      const q = sizesOf(trial, alone)[0]!;
      const mine = plainGroups(trial).slice(0, plainGroups(trial).length / x.shape[0]!);
      const dz = [...dc].map((value, j) => value * kernel[j]!);
      const dN = dz.reduce((a, b) => a + b, 0) / q / mine.length;
      // What dc is rounded from: α/4 · 5 Σ|dy x̂| at most.
      const felt =
        (mine.reduce((sum, { g, unit }) => sum + size(g, unit), 0) * 1.25 * options.maxBandWidth) /
        (1 - options.maxBandWidth);
      const loose =
        (felt * most(weights['kernel']) * (4 * count(trial) + 64 + (plainCore.roundings?.(trial) ?? 0))) /
        q /
        mine.length;
      return worst(
        mine.map(({ x, dx, unit, g, power, length, live, slack }) => {
          const share = live ? options.epsilon / (power + options.epsilon) : 1;
          const pushed = live ? (dN * power) / length : 0;
          const scale =
            ((total(x) * slack) / u(trial)) * (1 + (plainCore.roundings?.(trial) ?? 0)) +
            (loose * power) / length +
            8 * Math.abs(pushed);
          return relative(inner(x, dx) - share * inner(unit, g) - pushed, scale);
        }),
      );
    },
    bound: u,
  },
} satisfies Record<string, Invariant<AdaptiveOptions>>;

const centeredCore = adaptiveCore(true);
const centered = { ...unitLaws(centeredCore), ...offsetLaws(centeredCore) };
const centeredGroups = groupsOf(centeredCore);

/** The same if the mean is subtracted first. */
export const centeredAdaptiveBandLaws = {
  unitFormula: centered.unitFormula,
  boundedUnit: centered.boundedUnit,
  zeroRows: centered.zeroRows,
  sameOrder: centered.sameOrder,
  zeroMean: centered.zeroMean,
  shiftInvariant: centered.shiftInvariant,
  integerShift: centered.integerShift,
  constantRows: centered.constantRows,
  alone: centered.alone,
  blindToConstants: centered.blindToConstants,
  ...sizeLaws(centeredCore),

  zeroSumGradient: {
    claim: 'dx sums to 0 over every group, since shifting x changes neither x̂ nor any N.',
    corollary: true,
    deviation: (trial: Trial<AdaptiveOptions>) => {
      // What reaches x through N is no more than so many times what reaches it through x̂, since N ≤ M q.
      const more = 1 + (centeredCore.roundings?.(trial) ?? 0);
      return worst(
        centeredGroups(trial).map(({ dx, slack, size }) =>
          relative(size * mean(dx), (more * size * slack) / u(trial)),
        ),
      );
    },
    bound: u,
  },
} satisfies Record<string, Invariant<AdaptiveOptions>>;

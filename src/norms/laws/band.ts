import {
  type Axes,
  type NdArray,
  across,
  flat,
  fromFlat,
  full,
  map,
  onto,
  positiveAxes,
  sizeOf,
} from '../../array/index.js';
import {
  type Invariant,
  type Trial,
  type WithAxes,
  type WithEpsilon,
  count,
  exactly,
  least,
  u,
} from '../trial.js';
import { unitLaws } from './core.js';
import { type Core, centered, groupsOf, inner, mean, relative, rows, size, total, worst } from './groups.js';

interface WithBand {
  readonly maxBandWidth: number;
}

const logistic = (z: number): number => 1 / (1 + Math.exp(-z));

/** s = 1 − α + α σ(z) */
const bandAt = (z: number, width: number): number => 1 - width + width * logistic(z);

type BandOptions = WithAxes & WithEpsilon & WithBand;

const bandCore: Core<BandOptions> = {
  groups: ({ options }) => options.axis,
  total: 'mean',
  bound: 'clamped',
  centered: false,
  gain: ({ weights, options: { maxBandWidth } }, fresh) => {
    const b = fresh ? 0 : flat(weights['band_param']!)[0]!;
    return full([], bandAt(5 * b, maxBandWidth), 'float64');
  },
  // 5 b is rounded before the exponential, which passes that on times |z|; s is no smaller than 1 − α.
  roundings: ({ weights, options: { maxBandWidth: width } }) =>
    (5 * width * (1 + 5 * Math.abs(flat(weights['band_param']!)[0]!))) / (1 - width),
};

const bandGroups = groupsOf(bandCore);

/** The laws of a norm whose one learned number b says where in a band its scale s lies. */
export const bandLaws = {
  ...unitLaws(bandCore),

  bandGradient: {
    claim: 'db = 5 α σ(5b) σ(−5b) ⟨dy, x̂⟩, and so |db| is at most 5/4 α Σ|dy x̂|.',
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
  },
};

/** Where s of adaptive_band_rms differs: the batch, and the axes it is learned along. */
function layoutOf(input: readonly number[], axis: Axes): number[] {
  const axes = positiveAxes(axis, input.length);
  const whole = input.length > 2 && axes.length === input.length - 1;
  return input.map((n, i) => (i === 0 || (axes.includes(i) && !whole) ? n : 1));
}

/** The mean q of N over each sample. */
const sizesOf = (x: NdArray, { axis, epsilon }: BandOptions): readonly number[] => {
  const perSample = rows(x, x.shape.map((_, i) => i).slice(1));
  const cut = x.shape.with(0, 1);
  return perSample.map((sample) =>
    mean(
      Float64Array.from(rows(fromFlat(sample, cut), axis), (row) =>
        Math.max(Math.sqrt(inner(row, row) / row.length + epsilon), epsilon),
      ),
    ),
  );
};

const most = (weight: NdArray | undefined): number => worst([...flat(weight!)].map(Math.abs));

const adaptiveCore: Core<BandOptions> = {
  ...bandCore,
  gain: ({ weights, options }, fresh, x) => {
    const layout = layoutOf(x.shape, options.axis);
    const places = sizeOf(layout) / layout[0]!;
    const kernel = fresh ? new Float64Array(places) : flat(weights['kernel']!);
    const bias = fresh ? new Float64Array(places) : flat(weights['bias']!);
    const scales = sizesOf(x, options).flatMap((q) =>
      Array.from({ length: places }, (_, j) =>
        bandAt(5 * (kernel[j]! * Math.log(q) + bias[j]!), options.maxBandWidth),
      ),
    );
    return fromFlat(Float64Array.from(scales), layout);
  },
  // q is off by n + 8 roundings and its logarithm by as much, and z = K ln q + c by its own; σ' is at most 1/4.
  roundings: (trial) => {
    const { x, weights, options } = trial;
    const logs = worst(sizesOf(x, options).map((q) => Math.abs(Math.log(q))));
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
    claim: 'Of one sample, dK = ln q · dc.',
    deviation: (trial: Trial<BandOptions>) => {
      const { x, options, linearize } = trial;
      const { kernel, bias } = linearize(first(x), training).pullback().weights;
      const log = Math.log(sizesOf(first(x), options)[0]!);
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
      'In every group ⟨x, dx⟩ = ε / (m + ε) · ⟨x̂, g⟩ + m / N · dN, where dN = Σ K dc / (q · groups): the size of a sample is felt.',
    applies: (trial: Trial<BandOptions>) => adaptiveGroups(trial).every(({ edge }) => !edge),
    deviation: (trial: Trial<BandOptions>) => {
      const { x, options, linearize, normal, weights } = trial;
      const alone = first(x);
      const seed = first(normal(x.shape));
      const { pullback } = linearize(alone, training);
      const dc = flat(pullback([seed]).weights['bias']!);
      const kernel = flat(weights['kernel']!);
      const q = sizesOf(alone, options)[0]!;
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
    claim: 'With K other than 0, a number far away in the same sample moves all others: it is not causal.',
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
const bandLogitCore: Core<{ readonly axis: number } & WithEpsilon & WithBand> = {
  groups: ({ options }) => options.axis,
  total: 'sum',
  bound: 'floor',
  centered: false,
  gain: ({ weights, options: { axis, epsilon, maxBandWidth } }, fresh, x) => {
    const lengths = lengthsOf(x, axis, epsilon);
    const gamma = fresh ? undefined : flat(weights['gamma']!);
    const beta = fresh ? undefined : flat(weights['beta']!);
    const scales = rows(lengths, -1).flatMap((row) => {
      const c = centered(row);
      const root = Math.sqrt(inner(c, c) / row.length + epsilon);
      return [...c].map((value, j) =>
        bandAt(8 * ((gamma?.[j] ?? 1) * (value / root) + (beta?.[j] ?? 0)), maxBandWidth),
      );
    });
    return fromFlat(Float64Array.from(scales), lengths.shape);
  },
  // The lengths are off by n + 8 roundings, which their own deviation √(v + ε) may magnify; σ' is at most 1/4.
  roundings: (trial) => {
    const { x, weights, options } = trial;
    const { axis, epsilon, maxBandWidth } = options;
    const errors = rows(lengthsOf(x, axis, epsilon), -1).map((row) => {
      const c = centered(row);
      const root = Math.sqrt(inner(c, c) / row.length + epsilon);
      const d = ((row.length + count(trial, axis) + 10) * u(trial) * worst(row)) / root;
      const top = worst(c.map((value) => Math.abs(value / root)));
      return (d * (2 + 2 * top) + d * d) / u(trial) + (row.length + 8) * (1 + top);
    });
    const z = most(weights['gamma']) * (worst(errors) + 8) + 8 * most(weights['beta']);
    return (2 * maxBandWidth * z) / (1 - maxBandWidth) + 8;
  },
};

/** L, with the axis at size 1. */
function lengthsOf(x: NdArray, axis: number, epsilon: number): NdArray {
  const cut = across(x.shape, axis);
  const lengths = rows(x, axis).map((row) => Math.sqrt(Math.max(inner(row, row), epsilon)));
  return fromFlat(Float64Array.from(lengths), cut);
}

type BandLogitTrial = Trial<{ readonly axis: number } & WithEpsilon & WithBand>;

const onLast = ({ x, options }: BandLogitTrial): boolean =>
  positiveAxes(options.axis, x.shape.length)[0] === x.shape.length - 1;

const logitLaws = unitLaws(bandLogitCore);
const logitGroups = groupsOf(bandLogitCore);

/** A law of unit length, which a norm keeps where its scale does not depend on x. */
const lastAxis = <O>(law: Invariant<O>, applies: (trial: Trial<O>) => boolean): Invariant<O> => ({
  ...law,
  claim: `On the last axis: ${law.claim[0]!.toLowerCase()}${law.claim.slice(1)}`,
  applies: (trial) => applies(trial) && (law.applies?.(trial) ?? true),
});

/** The laws of a norm whose place in a band depends on how long rows are beside each other. */
export const bandLogitLaws = {
  unitFormula: logitLaws.unitFormula,
  radialGradient: lastAxis(logitLaws.radialGradient, onLast),
  shorterGradient: lastAxis(logitLaws.shorterGradient, onLast),
  positiveJacobian: lastAxis(logitLaws.positiveJacobian, onLast),
  symmetricJacobian: lastAxis(logitLaws.symmetricJacobian, onLast),

  idleGain: {
    claim: 'On the last axis γ never learns: dγ is exactly 0.',
    applies: onLast,
    deviation: ({ x, linearize }) => most(linearize(x).pullback().weights['gamma']),
    bound: exactly,
  },

  lengthReaches: {
    claim:
      'Above the floor ⟨x, dx⟩ = ε / (v + ε) · ⟨γ, dγ⟩ over rows that are normalized beside each other, where v is the variance of their lengths.',
    applies: (trial) => !onLast(trial) && logitGroups(trial).every(({ live, edge }) => live && !edge),
    deviation: (trial) => {
      const { x, options, weights, linearize, normal } = trial;
      const { axis, epsilon, maxBandWidth } = options;
      // One row of lengths: every axis but these two is cut to 1.
      const cut = onto(x.shape, [axis, -1]);
      const one = x.hi(...cut) as NdArray;
      const { outputs, pullback } = linearize(one);
      const seed = normal(cut);
      const pulled = pullback([seed]);
      const row = rows(lengthsOf(one, axis, epsilon), -1)[0]!;
      const c = centered(row);
      const variance = inner(c, c) / row.length;
      const gamma = flat(weights['gamma']!);
      const claimed = [...flat(pulled.weights['gamma']!)].reduce((sum, g, j) => sum + g * gamma[j]!, 0);
      // Its terms: ⟨dy, y⟩ for the unit, and twice γ ds · x̂ for the lengths, as far as rounding moves them.
      const moved = size(Float64Array.from(flat(seed)), Float64Array.from(flat(outputs[0])));
      const root = Math.sqrt(variance + epsilon);
      const top = worst(c.map((value) => Math.abs(value / root)));
      const steep = (2 * maxBandWidth * most(weights['gamma'])) / (1 - maxBandWidth);
      const longest = worst(row) / root;
      const noise =
        4 * (2 * count(trial) + 40) * (1 + longest) ** 2 * (1 + top) ** 2 +
        2 * (bandLogitCore.roundings?.(trial) ?? 0) * (1 + longest);
      const dx = Float64Array.from(flat(pulled.x));
      const along = inner(Float64Array.from(flat(one)), dx);
      return relative(along - (epsilon / (variance + epsilon)) * claimed, moved * (1 + steep) ** 2 * noise);
    },
    bound: u,
  },
} satisfies Record<string, Invariant<{ readonly axis: number } & WithEpsilon & WithBand>>;

import {
  type NdArray,
  broadcastTo,
  distance,
  flat,
  full,
  map,
  mul,
  onAxis,
  positiveAxes,
  sliceView,
} from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type WithEpsilon, exactly, u, wide } from './bounds.js';
import { inner, laid, mean, relative, total, worst } from './groups.js';

interface Timed extends WithEpsilon {
  readonly axis: number;
  readonly timeAxis: number;
}

type TimedTrial = Trial<Timed>;

/** The time axis of a trial, and the count of steps. */
function timeOf({ x, options }: TimedTrial) {
  const [time] = positiveAxes(options.timeAxis, x.shape.length);
  return { time: time!, steps: x.shape[time!]! };
}

/** The first steps of an array. */
const firstOf = (trial: TimedTrial, a: NdArray, steps: number): NdArray =>
  sliceView(a, onAxis(trial.options.timeAxis, a.shape.length, [0, steps]));

/** An array with its last step times a factor. */
function lastTimes(trial: TimedTrial, a: NdArray, factor: number): NdArray {
  const { time, steps } = timeOf(trial);
  const stride = a.shape.slice(time + 1).reduce((product, n) => product * n, 1);
  let i = 0;
  return map(a, (value) => (Math.floor(i++ / stride) % steps < steps - 1 ? value : factor * value));
}

/** The numbers of every step of every sample, in float64. */
function stepsOf(trial: TimedTrial, a: NdArray): readonly (readonly Float64Array[])[] {
  const { shape } = trial.x;
  const { time, steps } = timeOf(trial);
  const rest = shape.map((_, axis) => axis).filter((axis) => axis !== 0 && axis !== time);
  const data = flat(wide(broadcastTo(a, shape).transpose(0, time, ...rest) as NdArray)) as Float64Array;
  const n = data.length / shape[0]! / steps;
  return Array.from({ length: shape[0]! }, (_, sample) =>
    Array.from({ length: steps }, (_, t) => {
      const from = (sample * steps + t) * n;
      return data.subarray(from, from + n);
    }),
  );
}

interface Normalized {
  readonly unit: Float64Array;
  readonly power: number;
  readonly length: number;
  /** The largest |x̂|. */
  readonly most: number;
  readonly error: number;
}

/** Every step with what it is normalized by, computed here, and the largest error of an x̂ that rounding explains. */
function normalized(trial: TimedTrial): readonly (readonly Normalized[])[] {
  return stepsOf(trial, trial.x).map((steps) =>
    steps.map((step, t) => {
      const all = Float64Array.from(steps.slice(0, t + 1).flatMap((one) => [...one]));
      const center = mean(all);
      const power = mean(all.map((value) => (value - center) ** 2));
      const length = Math.sqrt(power + trial.options.epsilon);
      const unit = step.map((value) => (value - center) / length);
      // As in a group of so many numbers, where every merge of two steps rounds once more.
      const d = ((2 * all.length + 8) * u(trial) * mean(all.map(Math.abs))) / length;
      const most = worst(unit.map(Math.abs));
      const error = (2 * all.length + 16) * u(trial) * (1 + most) + d * (1 + 2 * most) + d * d;
      return { unit, power, length, most, error };
    }),
  );
}

/** The gradient of x̂ in a trial, by steps. */
function gradientOfUnit(trial: TimedTrial, seed: NdArray) {
  const gain = trial.weights['gamma'] && laid(trial, 'gamma', trial.options.axis)!;
  return stepsOf(trial, gain ? mul(wide(seed), gain) : seed);
}

/** How far the sum of all |dx| of a sample may be off, in units of u: the parts of dx through each step add to this. */
function slackOf(trial: TimedTrial, steps: readonly Normalized[], g: readonly Float64Array[]): number {
  const count = steps.reduce((sum, { unit }) => sum + unit.length, 0);
  return steps.reduce(
    (sum, { length, most, error }, t) =>
      sum + (4 * (count + 16 + error / u(trial)) * (2 + most) * total(g[t]!)) / length,
    0,
  );
}

const withoutMask = { training: true, mask: undefined } as const;

/** The laws of x̂ = (x − x̄) / √(v + ε) with the mean and the variance of all steps so far. */
export const cumulativeLaws = {
  cumulativeFormula: {
    claim:
      'Without weights, every step is standardized by the mean and the variance of the steps up to it, and the last one as by layer_norm over time and features.',
    deviation: (trial) => {
      const ys = stepsOf(trial, trial.run(trial.x)[0]);
      return worst(
        normalized(trial).flatMap((steps, sample) =>
          steps.flatMap(({ unit, error }, t) =>
            [...unit].map((value, i) => relative(ys[sample]![t]![i]! - value, error / u(trial))),
          ),
        ),
      );
    },
    bound: u,
  },

  causal: {
    claim: 'Other numbers in the last step change no bit of the outputs of earlier steps.',
    applies: (trial) => timeOf(trial).steps > 1,
    deviation: (trial) => {
      const { x, linearize } = trial;
      const early = (a: NdArray) => firstOf(trial, a, timeOf(trial).steps - 1);
      const [one, other] = [x, lastTimes(trial, x, -3)].map((a) => linearize(a, withoutMask).outputs[0]);
      return distance(early(one!), early(other!));
    },
    bound: exactly,
  },

  gradientBack: {
    claim: 'A gradient of earlier steps alone reaches none of the last one, and does not depend on it.',
    applies: (trial) => timeOf(trial).steps > 1,
    deviation: (trial) => {
      const { x, linearize, normal } = trial;
      const { time, steps } = timeOf(trial);
      const silent = lastTimes(trial, normal(x.shape), 0);
      const [one, other] = [x, lastTimes(trial, x, -3)].map(
        (a) => linearize(a, withoutMask).pullback([silent]).x,
      );
      const last = sliceView(one!, onAxis(time, x.shape.length, [steps - 1, steps]));
      return Math.max(distance(last, full([], 0, x.dtype)), distance(one!, other!));
    },
    bound: exactly,
  },

  constantSample: {
    claim: 'A sample that is constant so far gives the shift exactly.',
    deviation: (trial) => {
      const { x, weights, linearize } = trial;
      const same = linearize(full(x.shape, flat(x)[0]!, x.dtype), withoutMask).outputs[0];
      const shift = weights['beta'] && laid(trial, 'beta', trial.options.axis)!;
      return distance(wide(same), shift ?? full([], 0, 'float64'));
    },
    bound: exactly,
  },

  zeroSumGradient: {
    claim: 'dx sums to 0 over every sample, since shifting the sample changes nothing.',
    corollary: true,
    deviation: (trial) => {
      const { x, linearize, normal } = trial;
      const seed = normal(x.shape);
      const dx = stepsOf(trial, linearize(x, withoutMask).pullback([seed]).x);
      const g = gradientOfUnit(trial, seed);
      return worst(
        normalized(trial).map((steps, sample) => {
          const sum = dx[sample]!.reduce((all, step) => all + mean(step) * step.length, 0);
          return relative(sum, slackOf(trial, steps, g[sample]!));
        }),
      );
    },
    bound: u,
  },

  radialGradient: {
    claim:
      '⟨x, dx⟩ = Σ ε / (v + ε) · ⟨x̂, g⟩ over the steps of a sample, where g is the gradient of x̂ (Euler’s theorem).',
    corollary: true,
    deviation: (trial) => {
      const { x, options, linearize, normal } = trial;
      const seed = normal(x.shape);
      const [dx, xs] = [linearize(x, withoutMask).pullback([seed]).x, x].map((a) => stepsOf(trial, a));
      const g = gradientOfUnit(trial, seed);
      return worst(
        normalized(trial).map((steps, sample) => {
          // dx sums to 0: x may be measured from anywhere, and is from the mean of the sample.
          const center = mean(Float64Array.from(xs![sample]!.map(mean)));
          const offsets = xs![sample]!.map((step) => step.map((value) => value - center));
          const along = offsets.reduce((sum, step, t) => sum + inner(step, dx![sample]![t]!), 0);
          const claimed = steps.reduce(
            (sum, { unit, power }, t) =>
              sum + (options.epsilon / (power + options.epsilon)) * inner(unit, g[sample]![t]!),
            0,
          );
          const far = worst(offsets.flatMap((step) => [...step].map(Math.abs)));
          const off = steps.reduce(
            (sum, { error }, t) => sum + (error / u(trial)) * total(g[sample]![t]!),
            0,
          );
          return relative(along - claimed, slackOf(trial, steps, g[sample]!) * far + off);
        }),
      );
    },
    bound: u,
  },
} satisfies Record<string, Invariant<Timed>>;

import {
  type NdArray,
  broadcastTo,
  flat,
  full,
  onto,
  positiveAxes,
  reshape,
  sliceView,
} from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { allBut } from '../parts/merged.js';
import { type WithAxes, type WithEpsilon, count, exactly, u, wide } from './bounds.js';
import { apart, bits, relative, rows, worst } from './groups.js';
import { lawsUnder } from './if.js';
import { unseenPositions } from './masked.js';

type Merging = WithAxes & WithEpsilon & { readonly clip: number | null; readonly invert: boolean };
type Statistics = Readonly<Record<string, NdArray>>;
type Own = Trial<Merging>;

const inTraining = { training: true, mask: undefined } as const;

/** The largest of the numbers that statistics are made of. */
const largest = ({ x, state }: Own): number =>
  worst([...flat(x), ...flat(state['mean']!)].map((value) => Math.abs(value)));

/** A statistic laid onto x, number by number. */
const laidOut = ({ x, options }: Own, statistic: NdArray): ArrayLike<number> =>
  flat(broadcastTo(reshape(wide(statistic), onto(x.shape, options.axis)), x.shape));

/** How far statistics are from others, relative to what they are made of. */
function between(trial: Own, one: Statistics, other: Record<string, ArrayLike<number>>): number {
  const most = largest(trial);
  const sizes = { mean: most, variance: worst(flat(trial.state['variance']!)) + 4 * most * most };
  const parts = Object.entries(sizes).flatMap(([name, size]) =>
    Array.from(other[name]!, (value, i) =>
      relative(flat(one[name]!)[i]! - value, 8 * (count(trial) + 8) * size),
    ),
  );
  const total = other['count']![0]!;
  return worst([...parts, relative(flat(one['count']!)[0]! - total, 4 * total)]);
}

/** Statistics of the data before and of x, each from its numbers. */
function together({ x, state, options }: Own): Record<string, number[]> {
  const [mean, variance] = [flat(state['mean']!), flat(state['variance']!)];
  const [seen] = flat(state['count']!);
  const places = rows(x, allBut(x.shape, options.axis)).map((row, i) => {
    const total = seen! + row.length;
    const center = (seen! * mean[i]! + row.reduce((sum, value) => sum + value, 0)) / total;
    const squares = row.reduce((sum, value) => sum + (value - center) ** 2, 0);
    return { total, center, variance: (seen! * (variance[i]! + (mean[i]! - center) ** 2) + squares) / total };
  });
  return {
    mean: places.map(({ center }) => center),
    variance: places.map((place) => place.variance),
    count: [places[0]!.total],
  };
}

const moving = {
  together: {
    claim:
      'After training, mean, variance and count are those of all numbers so far, of earlier batches and this one.',
    deviation: (trial) => between(trial, trial.linearize(trial.x, inTraining).state!, together(trial)),
    bound: u,
  },

  anyPartition: {
    claim: 'A batch in two parts, in either order, leaves the statistics of the whole batch.',
    applies: ({ x, options }) => x.shape[0]! > 1 && !positiveAxes(options.axis, x.shape.length).includes(0),
    deviation: (trial) => {
      const { x, state, linearize } = trial;
      const cut = Math.ceil(x.shape[0]! / 3);
      const parts = [sliceView(x, [[0, cut]]), sliceView(x, [[cut, x.shape[0]!]])];
      const whole = Object.entries(linearize(x, inTraining).state!).map(
        ([name, a]) => [name, flat(a)] as const,
      );
      return worst(
        [parts, [...parts].reverse()].map((order) => {
          const after = order.reduce<Statistics>(
            (now, part) => linearize(part, { ...inTraining, state: now }).state!,
            state,
          );
          return between(trial, after, Object.fromEntries(whole));
        }),
      );
    },
    bound: u,
  },

  firstReplaces: {
    claim: 'The first batch replaces the initial mean and variance, to the bit.',
    deviation: ({ x, state, linearize }) => {
      const count = full([], 0, x.dtype);
      const after = [state['mean']!, state['variance']!].map((mean) => {
        const { outputs, state: next } = linearize(x, { ...inTraining, state: { ...state, mean, count } });
        return bits({ ...next, y: outputs[0] });
      });
      return apart(after[0]!, after[1]!);
    },
    bound: exactly,
  },

  newStatistics: {
    claim:
      'Training normalizes by the statistics that this batch is merged into: y = (x − μ) / √(σ² + ε), within the limit, and dx = dy / √(σ² + ε) up to it.',
    deviation: (trial) => {
      const { x, options, normal, linearize } = trial;
      const seed = normal(x.shape);
      const { outputs, pullback } = linearize(x, inTraining);
      const { mean, variance } = together(trial);
      const place = (numbers: number[]) => laidOut(trial, reshapedLike(trial, numbers));
      const [mu, v] = [place(mean!), place(variance!)];
      const most = largest(trial);
      const clip = options.clip ?? Infinity;
      const [xs, ys, gs, dx] = [x, outputs[0], seed, pullback([seed]).x].map((a) => flat(wide(a)));
      const power = worst(flat(trial.state['variance']!)) + 4 * most * most;
      return worst(
        Array.from(xs!, (value, i) => {
          const N = Math.sqrt(v[i]! + options.epsilon);
          const unit = (value - mu[i]!) / N;
          // How far N may be off, relative to itself.
          const ofLength = 8 + (8 * (count(trial) + 8) * power) / (N * N);
          const off = (8 * (count(trial) + 8) * most) / N + ofLength * Math.abs(unit);
          const limited = Math.max(-clip, Math.min(clip, unit));
          const isNear = Math.abs(Math.abs(unit) - clip) <= 2 * off * u(trial);
          const slope = Math.abs(unit) <= clip ? gs![i]! / N : 0;
          return Math.max(
            relative(ys![i]! - limited, off),
            isNear ? 0 : relative(dx![i]! - slope, ofLength * Math.abs(slope)),
          );
        }),
      );
    },
    bound: u,
  },

  unseenPositions: unseenPositions(),
} satisfies Record<string, Invariant<Merging>>;

/** Numbers in the shape of the statistics of a trial. */
const reshapedLike = ({ state }: Own, numbers: readonly number[]): NdArray => {
  const made = full(state['mean']!.shape, 0, 'float64');
  numbers.forEach((value, i) => void (made.data[i] = value));
  return made;
};

/** The laws of a norm that standardizes by the mean and variance of all data so far. */
export const mergedLaws = {
  ...lawsUnder<Merging, keyof typeof moving>('Without `invert`', { invert: false }, moving),

  inverse: {
    claim: 'The inverse of the output at inference is x, if there is no limit.',
    deviation: (trial) => {
      const { x, state, linearize } = trial;
      const run = (a: NdArray, invert: boolean) =>
        linearize(a, { training: false, changes: { invert, clip: null } }).outputs[0];
      const [back, mu] = [flat(wide(run(run(x, false), true))), laidOut(trial, state['mean']!)];
      return worst(
        Array.from(flat(wide(x)), (value, i) =>
          relative(back[i]! - value, 12 * (Math.abs(value) + 2 * Math.abs(mu[i]!))),
        ),
      );
    },
    bound: u,
  },

  inverseKeeps: {
    claim: 'The inverse moves no statistic in training, and computes what it does at inference.',
    deviation: ({ x, linearize }) => {
      const [one, other] = [true, false].map((training) =>
        linearize(x, { training, changes: { invert: true } }),
      );
      if (one!.state) return Infinity;
      return apart(
        bits({ y: one!.outputs[0], dx: one!.pullback().x }),
        bits({ y: other!.outputs[0], dx: other!.pullback().x }),
      );
    },
    bound: exactly,
  },

  withinLimit: {
    claim: 'With `clip`, no output is larger.',
    deviation: ({ x, linearize }) =>
      worst(
        [true, false].flatMap((training) =>
          [0.5, 2].flatMap((clip) =>
            [...flat(linearize(x, { training, changes: { clip, invert: false } }).outputs[0])].map(
              (y) => Math.abs(y) - clip,
            ),
          ),
        ),
      ),
    bound: exactly,
  },
} satisfies Record<string, Invariant<Merging>>;

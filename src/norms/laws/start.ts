import {
  type NdArray,
  across,
  broadcastTo,
  distance,
  flat,
  full,
  map,
  reshape,
  zip,
} from '../../array/index.js';
import type { Invariant, Linearized, Trial } from '../law.js';
import { allButFeatures } from '../parts/axes.js';
import { type WithEpsilon, exactly, u, wide } from './bounds.js';
import { apart, bits, centered, inner, laid, mean, relative, rows, total, worst } from './groups.js';

type StartOptions = WithEpsilon & { readonly axis: number; readonly invert: boolean };
type StartTrial = Trial<StartOptions>;

/** Whether the layer has started, as a running statistic. */
const started = ({ x }: Pick<StartTrial, 'x'>, flag: 0 | 1) => ({ initialized: full([], flag, x.dtype) });

const ahead = { changes: { invert: false }, mask: undefined } as const;
const back = { changes: { invert: true }, mask: undefined } as const;

/** The first call in training. */
const first = (trial: StartTrial, x = trial.x, mask?: NdArray): Linearized =>
  trial.linearize(x, { ...ahead, mask, training: true, state: started(trial, 0) });

/** The features of x and y, each with its mean, √v + ε, and how far u may be multiplied in a y of its start. */
function features(trial: StartTrial, y: NdArray) {
  const axes = allButFeatures(trial.x.shape, trial.options.axis);
  const ys = rows(y, axes);
  return rows(trial.x, axes).map((x, i) => {
    const c = centered(x);
    const variance = inner(c, c) / x.length;
    const length = Math.sqrt(variance) + trial.options.epsilon;
    // b is off by the roundings of a mean, and rounded; so is l, which multiplies.
    const offset = ((x.length + 8) * total(x)) / x.length / length;
    const factor = x.length + 12 + 2 * Math.abs(Math.log(length));
    return { x, y: ys[i]!, c, variance, length, offset, factor };
  });
}

/** The laws of y = (x + b) exp(l), whose weights the first training call sets. */
export const startLaws = {
  standardizedAtStart: {
    claim:
      'In the first training call the mean of each feature of the output is 0, and its variance v / (√v + ε)².',
    deviation: (trial) =>
      worst(
        features(trial, first(trial).outputs[0]).map(({ y, c, variance, length, offset, factor }) => {
          const share = Math.sqrt(variance) / length;
          const off = factor * share + offset;
          const around = y.map((value) => value - mean(y));
          return Math.max(
            relative(mean(y), off + (factor * total(c)) / c.length / length),
            relative(inner(around, around) / y.length - share * share, 4 * off * (share + off * u(trial))),
          );
        }),
      ),
    bound: u,
  },

  startIsKept: {
    claim:
      'The first training call gives the same bits, in outputs and gradients, as later calls with the weights that it sets.',
    deviation: (trial) => {
      const one = first(trial);
      const weights = one.set ?? {};
      const later = trial.linearize(trial.x, {
        ...ahead,
        training: true,
        state: started(trial, 1),
        weights,
      });
      if (one.set === undefined || later.set !== undefined || later.state !== undefined) return Infinity;
      const [pulled, other] = [one.pullback(), later.pullback()];
      return Math.max(
        distance(one.outputs[0], later.outputs[0]),
        distance(pulled.x, other.x),
        apart(bits(pulled.weights), bits(other.weights)),
        apart(bits(one.state), [1]),
      );
    },
    bound: exactly,
  },

  inferenceNeverStarts: {
    claim: 'Inference before the start, after it, and training after it give the same bits, and set nothing.',
    deviation: (trial) => {
      const runs = ([false, true, true] as const).map((isStarted, k) =>
        trial.linearize(trial.x, { training: k === 2, state: started(trial, isStarted ? 1 : 0) }),
      );
      if (runs.some(({ set, state }) => set !== undefined || state !== undefined)) return Infinity;
      const [one, ...others] = runs as [Linearized, ...Linearized[]];
      return Math.max(
        ...others.flatMap((other) => [
          distance(other.outputs[0], one.outputs[0]),
          distance(other.pullback().x, one.pullback().x),
        ]),
      );
    },
    bound: exactly,
  },

  constantFeatures: {
    claim: 'A constant feature starts at l = −ln ε, where its output is exactly 0.',
    deviation: (trial) => {
      const { outputs, set } = first(
        trial,
        map(trial.x, () => 1.5),
      );
      const wanted = -Math.log(trial.options.epsilon);
      const scales = Array.from(flat(set!['log_scale']!));
      return Math.max(
        distance(outputs[0], full([], 0, trial.x.dtype)) === 0 ? 0 : Infinity,
        worst(scales.map((value) => relative(value - wanted, 2 * Math.max(1, Math.abs(wanted))))),
      );
    },
    bound: u,
  },

  inverse: {
    claim: 'With `invert` it maps y back to x, and the gradient of x back to that of y.',
    deviation: (trial) => {
      const { x, normal, linearize } = trial;
      const seed = normal(x.shape);
      const forth = linearize(x, { ...ahead, training: false });
      const inverse = linearize(forth.outputs[0], { ...back, training: false });
      const dx = forth.pullback([inverse.pullback([seed]).x]).x;
      const axes = allButFeatures(x.shape, trial.options.axis);
      const [b, l] = ['bias', 'log_scale'].map((name) => flat(laid(trial, name, trial.options.axis)!));
      const [xs, again, seeds, pulled] = [x, inverse.outputs[0], seed, dx].map((a) => rows(a, axes));
      return worst(
        xs!.flatMap((row, i) => {
          const roundings = 12 + 4 * Math.abs(l![i]!);
          return Array.from(row, (value, j) =>
            Math.max(
              relative(again![i]![j]! - value, roundings * (Math.abs(value) + 2 * Math.abs(b![i]!))),
              relative(pulled![i]![j]! - seeds![i]![j]!, roundings * Math.abs(seeds![i]![j]!)),
            ),
          );
        }),
      );
    },
    bound: u,
  },

  logDeterminant: {
    claim:
      'The logarithm of the determinant of its Jacobian is Σ l times the number of positions; with `invert` it has the other sign.',
    deviation: (trial) => {
      const { x, options, linearize } = trial;
      const { pullback, weights } = linearize(x, { training: false, mask: undefined });
      const slopes = Array.from(flat(wide(pullback([full(x.shape, 1, x.dtype)]).x)), Math.log);
      const logs = Array.from(flat(wide(weights['log_scale']!)));
      const positions = slopes.length / logs.length;
      const wanted = (options.invert ? -positions : positions) * logs.reduce((sum, l) => sum + l, 0);
      const size = positions * logs.reduce((sum, l) => sum + Math.abs(l), slopes.length);
      return relative(slopes.reduce((sum, l) => sum + l, 0) - wanted, 8 * size + 8 * slopes.length);
    },
    bound: u,
  },

  unseenAtStart: {
    claim: 'The start reads no masked position; if none counts, nothing starts.',
    applies: ({ mask }) => mask !== undefined,
    deviation: (trial) => {
      const { x, mask, options, linearize } = trial;
      const spread = broadcastTo(reshape(mask!, across(x.shape, options.axis)), x.shape);
      const hidden = zip(x, spread, (value, on) => (on === 1 ? value : NaN));
      const [seen, unseen] = [first(trial, x, mask), first(trial, hidden, mask)];
      const none = first(
        trial,
        x,
        map(mask!, () => 0),
      );
      if (none.set !== undefined || none.state !== undefined) return Infinity;
      return Math.max(
        apart(bits(seen.set), bits(unseen.set)),
        distance(none.outputs[0], linearize(x, { ...ahead, training: false }).outputs[0]),
      );
    },
    bound: exactly,
  },
} satisfies Record<string, Invariant<StartOptions>>;

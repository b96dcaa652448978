import {
  type NdArray,
  broadcastTo,
  distance,
  flat,
  onAxis,
  onto,
  reshape,
  scale,
  sliceView,
} from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { allButFeatures } from '../parts/axes.js';
import { type WithEpsilon, exactly, least, u, wide } from './bounds.js';
import { apart, bits, centered, errorOf, inner, relative, rows, size, total, worst } from './groups.js';

type Options = WithEpsilon & { readonly axis: number; readonly momentum: number };
type Own = Trial<Options>;

const inTraining = { training: true } as const;

/** The numbers of each feature. */
const split = ({ options }: Own, a: NdArray) => rows(a, allButFeatures(a.shape, options.axis));

/** The biased variance of a feature, its N, and by how many roundings N may be off. */
function spreadOf(trial: Own, row: Float64Array) {
  const c = centered(row);
  const variance = inner(c, c) / row.length;
  const length = Math.sqrt(variance + trial.options.epsilon);
  const off = errorOf(row.length, total(row) / row.length, length, 1, true, u(trial)) / u(trial);
  return { variance, length, off };
}

/** The laws of y = γ x / N, where N = √(v + ε) has the variance of a feature over the batch, and x keeps its mean. */
export const biasFreeLaws = {
  biasFreeFormula: {
    claim: 'In training y = γ x / √(v + ε), with the biased variance v of each feature over the batch.',
    deviation: (trial) => {
      const { x, weights, linearize } = trial;
      const gamma = weights['gamma'] && flat(wide(weights['gamma']));
      const ys = split(trial, linearize(x, inTraining).outputs[0]);
      return worst(
        split(trial, x).map((row, j) => {
          const { length, off } = spreadOf(trial, row);
          return worst(
            row.map((value, i) => {
              const claimed = ((gamma ? gamma[j]! : 1) * value) / length;
              return relative(ys[j]![i]! - claimed, (off + 16) * Math.abs(claimed));
            }),
          );
        }),
      );
    },
    bound: u,
  },

  featuresApart: {
    claim: 'A feature is normalized as if there were no others.',
    deviation: (trial) => {
      const { x, options, run } = trial;
      const last = (a: NdArray) => sliceView(a, onAxis(options.axis, a.shape.length, [-1]));
      const [row] = split(trial, last(x));
      const { off } = spreadOf(trial, row!);
      const [whole, alone] = [last(run(x)[0]), run(last(x))[0]].map((y) => split(trial, y)[0]!);
      return worst(whole!.map((y, i) => relative(y - alone![i]!, (2 * off + 16) * Math.abs(y))));
    },
    // Features that lie side by side may be summed in another order than one alone.
    bound: u,
  },

  linearAtInference: {
    claim:
      'At inference f(a x) = a f(x): for powers of two and −1 bit for bit, except for subnormal numbers.',
    deviation: ({ x, linearize }) => {
      const f = (a: NdArray) => linearize(a, { training: false }).outputs[0];
      return Math.max(...[-1, -2, 0.25, 8].map((a) => distance(f(scale(x, a)), scale(f(x), a))));
    },
    bound: (trial) => 64 * least(trial),
  },

  inferenceScale: {
    claim: 'At inference y = γ x / √(σ² + ε) with the running σ², and dx = γ dy / √(σ² + ε).',
    deviation: ({ x, state, options, weights, linearize, normal }) => {
      const laid = (a: NdArray) => flat(broadcastTo(reshape(wide(a), onto(x.shape, options.axis)), x.shape));
      const [variance, gamma] = [laid(state['running_var']!), weights['gamma'] && laid(weights['gamma'])];
      const seed = normal(x.shape);
      const { outputs, pullback } = linearize(x, { training: false });
      const [xs, ys, gs, dx] = [x, outputs[0], seed, pullback([seed]).x].map((a) => flat(wide(a)));
      return worst(
        Array.from(xs!).flatMap((value, i) => {
          const factor = (gamma ? gamma[i]! : 1) / Math.sqrt(variance[i]! + options.epsilon);
          return [
            relative(ys![i]! - factor * value, 8 * Math.abs(factor * value)),
            relative(dx![i]! - factor * gs![i]!, 8 * Math.abs(factor * gs![i]!)),
          ];
        }),
      );
    },
    bound: u,
  },

  varianceBlend: {
    claim: 'In training the running variance becomes m σ² + (1 − m) v; with momentum 1 it does not change.',
    deviation: (trial) => {
      const { x, state, options, linearize } = trial;
      const still = linearize(x, { ...inTraining, changes: { momentum: 1 } }).state;
      if (apart(bits(still), bits(state)) !== 0) return Infinity;
      const m = options.momentum;
      const [old, next] = [state, linearize(x, inTraining).state!].map((all) =>
        flat(wide(all['running_var']!)),
      );
      return worst(
        split(trial, x).map((row, j) => {
          const { variance } = spreadOf(trial, row);
          const offset = ((row.length + 2) * total(row)) / row.length;
          const slack = (row.length + 8) * variance + u(trial) * (offset ** 2 + size(row, row));
          const wanted = m * old![j]! + (1 - m) * variance;
          return relative(next![j]! - wanted, 8 * wanted + (1 - m) * slack);
        }),
      );
    },
    bound: u,
  },

  silentZeros: {
    claim: 'An input of zeros gives zeros, in training and at inference.',
    deviation: ({ x, linearize }) =>
      worst(
        [true, false].flatMap((training) =>
          Array.from(flat(linearize(scale(x, 0), { training }).outputs[0]), Math.abs),
        ),
      ),
    bound: exactly,
  },
} satisfies Record<string, Invariant<Options>>;

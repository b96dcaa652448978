import { type NdArray, broadcastTo, distance, map, positiveAxes } from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type WithEpsilon, exactly, u, wide } from './bounds.js';
import { inner, laid, relative, rows, size, worst } from './groups.js';

type HeadTrial = Trial<{ readonly axis: number } & WithEpsilon>;

/** The groups of a trial along its axis: k numbers of the head in front, and what the laws measure of all. */
function groups(trial: HeadTrial, fresh = false) {
  const { x, options, normal, weights, linearize, run } = trial;
  const { axis, epsilon } = options;
  const k = trial.witness(x).of('h').shape.at(axis)!;
  const dy = normal(x.shape);
  const { outputs, pullback } = linearize(x);
  const along = (a: NdArray) => rows(wide(broadcastTo(a, x.shape)), axis);
  const [xs, ys, seeds, pulled] = [x, fresh ? run(x)[0] : outputs[0], dy, pullback([dy]).x].map(along);
  const gain = weights['scale'] && along(laid(trial, 'scale', axis)!);
  return xs!.map((row, i) => {
    const power = row.slice(0, k).reduce((sum, value) => sum + value * value, 0) / k;
    const length = Math.sqrt(power + epsilon);
    return {
      k,
      power,
      length,
      x: row,
      unit: row.map((value) => value / length),
      y: ys![i]!,
      dx: pulled![i]!,
      /** The gradient of x̂. */
      g: seeds![i]!.map((value, j) => value * (gain?.[i]?.[j] ?? 1)),
    };
  });
}

/** x with the numbers behind the head times a factor. */
function tailTimes(trial: HeadTrial, a: NdArray, factor: number): NdArray {
  const { axis } = trial.options;
  const k = trial.witness(trial.x).of('h').shape.at(axis)!;
  const [at] = positiveAxes(axis, a.shape.length);
  const step = a.shape.slice(at! + 1).reduce((product, n) => product * n, 1);
  let i = 0;
  return map(a, (value) => (Math.floor(i++ / step) % a.shape[at!]! < k ? value : factor * value));
}

/** The laws of x̂ = x / N, where N is the root mean square of the first k numbers of a group. */
export const headLaws = {
  headUnit: {
    claim:
      'With its initial weights, the mean square of the first k outputs is m / (m + ε), where m is that of the first k inputs.',
    corollary: true,
    deviation: (trial) =>
      worst(
        groups(trial, true).map(({ y, k, power }) => {
          const square = y.slice(0, k).reduce((sum, value) => sum + value * value, 0) / k;
          return relative(square - power / (power + trial.options.epsilon), k + 12);
        }),
      ),
    bound: u,
  },

  tailFollows: {
    claim:
      'Doubling all numbers behind the first k doubles their outputs, and changes no bit of the first k.',
    deviation: (trial) => {
      const { x, run } = trial;
      return distance(run(tailTimes(trial, x, 2))[0], tailTimes(trial, run(x)[0], 2));
    },
    bound: exactly,
  },

  wholeHead: {
    claim: 'With p = 1 it is rms_norm: y = x / √(mean(x²) + ε) with its initial weights.',
    deviation: (trial) => {
      const { x, options, run } = trial;
      const ys = rows(wide(run(x, { p: 1 } as object)[0]), options.axis);
      return worst(
        rows(wide(x), options.axis).flatMap((row, i) => {
          const length = Math.sqrt(inner(row, row) / row.length + options.epsilon);
          return [...row].map((value, j) =>
            relative(ys[i]![j]! - value / length, ((row.length + 8) * Math.abs(value)) / length),
          );
        }),
      );
    },
    bound: u,
  },

  radialGradient: {
    claim: '⟨x, dx⟩ = ε / (m + ε) · ⟨x̂, g⟩ in every group, where g is the gradient of x̂ (Euler’s theorem).',
    corollary: true,
    deviation: (trial) =>
      worst(
        groups(trial).map(({ x, dx, unit, g, power, k }) => {
          const share = trial.options.epsilon / (power + trial.options.epsilon);
          // ⟨x, dx⟩ is a difference of ⟨x̂, g⟩ and a share of it.
          return relative(inner(x, dx) - share * inner(unit, g), 4 * (x.length + k + 12) * size(unit, g));
        }),
      ),
    bound: u,
  },
} satisfies Record<string, Invariant<{ readonly axis: number } & WithEpsilon>>;

import { type NdArray, distance, flat, full, map, scale } from '../../array/index.js';
import type { Invariant, Linearized, Setting, Trial } from '../law.js';
import { allButFeatures } from '../parts/axes.js';
import { type WithEpsilon, exactly, u, wide } from './bounds.js';
import { apart, bits, inner, laid, relative, rows, size, total, worst } from './groups.js';

type PowerOptions = WithEpsilon & {
  readonly axis: number;
  readonly momentum: number;
  readonly gradientMomentum: number;
  readonly warmup: number;
};
type PowerTrial = Trial<PowerOptions>;

const inTraining = { training: true, mask: undefined } as const;

/** After the warm-up, or without one. */
const settled = { ...inTraining, changes: { warmup: 0 } } as const;

/** The call of a warm-up that follows so many others. */
const warm = ({ state, x }: PowerTrial, steps: number): Setting<PowerOptions> => ({
  ...inTraining,
  changes: { warmup: 4 },
  state: { ...state, steps: full([], steps, x.dtype) },
});

const statistic = (state: Readonly<Record<string, NdArray>> | undefined, name: string): readonly number[] =>
  Array.from(flat(wide(state![name]!)));

/** The numbers of every feature in one call after the warm-up, computed here from the statistics before it. */
function features(trial: PowerTrial, run: Linearized = trial.linearize(trial.x, settled)) {
  const { x, state, options, normal } = trial;
  const seed = normal(x.shape);
  const axes = allButFeatures(x.shape, options.axis);
  const gain = laid(trial, 'gamma', options.axis);
  const gains = gain && flat(gain);
  const [xs, ys, gs, dxs] = [x, run.outputs[0], seed, run.pullback([seed]).x].map((a) => rows(a, axes));
  const after = run.backwardState!([seed], state);
  const [squares, means, moved] = [
    statistic(state, 'moving_square'),
    statistic(state, 'gradient_mean'),
    statistic(after, 'gradient_mean'),
  ];
  return xs!.map((row, i) => {
    const length = Math.sqrt(squares[i]! + options.epsilon);
    const h = gs![i]!.map((g) => g * (gains?.[i] ?? 1));
    const unit = row.map((value) => value / length);
    return {
      x: row,
      y: ys![i]!,
      dx: dxs![i]!,
      h,
      unit,
      length,
      mean: means[i]!,
      moved: moved[i]!,
      square: squares[i]!,
    };
  });
}

/** The laws of y = γ x / √(ψ² + ε) + β, whose running ψ² and ν move in training. */
export const powerLaws = {
  trainingAsInference: {
    claim: 'After the warm-up, training gives the bits of inference with the statistics before the call.',
    deviation: (trial) =>
      distance(
        trial.linearize(trial.x, settled).outputs[0],
        trial.linearize(trial.x, { training: false }).outputs[0],
      ),
    bound: exactly,
  },

  approximateGradient: {
    claim: 'After the warm-up dx = (γ dy − ν x̂) / N in training, with the ν before the call.',
    deviation: (trial) =>
      worst(
        features(trial).flatMap(({ dx, h, unit, length, mean }) =>
          Array.from(dx, (value, j) => {
            const [own, drag] = [h[j]! / length, (mean * unit[j]!) / length];
            return relative(value - (own - drag), 8 * (Math.abs(own) + Math.abs(drag)));
          }),
        ),
      ),
    bound: u,
  },

  slopeWithoutMean: {
    claim: 'At ν = 0 the gradient of x in training is that of inference, bit for bit.',
    deviation: (trial) => {
      const { x, state, linearize } = trial;
      const none = { ...state, gradient_mean: scale(state['gradient_mean']!, 0) };
      const trained = linearize(x, { ...settled, state: none });
      const inferred = linearize(x, { training: false });
      return distance(trained.pullback().x, inferred.pullback().x);
    },
    bound: exactly,
  },

  squareBlend: {
    claim: 'After the warm-up ψ² becomes momentum times itself plus 1 − momentum times mean(x²).',
    deviation: (trial) => {
      const { momentum: m } = trial.options;
      const run = trial.linearize(trial.x, settled);
      const after = statistic(run.state, 'moving_square');
      return worst(
        features(trial, run).map(({ x, square }, i) => {
          const now = inner(x, x) / x.length;
          return relative(
            after[i]! - (m * square + (1 - m) * now),
            8 * m * square + (x.length + 12) * (1 - m) * now,
          );
        }),
      );
    },
    bound: u,
  },

  meanRecursion: {
    claim:
      'The backward pass moves ν to ν (1 − (1 − m) Γ) + (1 − m) Λ, with Γ = mean(x̂²), Λ = mean(γ dy x̂) and the gradient momentum m.',
    deviation: (trial) => {
      const { gradientMomentum: m } = trial.options;
      return worst(
        features(trial).map(({ h, unit, mean, moved }) => {
          const [gamma, lambda] = [inner(unit, unit) / unit.length, inner(h, unit) / unit.length];
          const roundings = unit.length + 16;
          const sizes = size(h, unit) / unit.length + Math.abs(mean) * gamma;
          return relative(
            moved - (mean * (1 - (1 - m) * gamma) + (1 - m) * lambda),
            8 * Math.abs(mean) + roundings * (1 - m) * sizes,
          );
        }),
      );
    },
    bound: u,
  },

  fixedMean: {
    claim:
      'At ν = mean(γ dy x̂) / mean(x̂²) the backward pass leaves ν, and the gradient of x is orthogonal to x.',
    applies: (trial) => features(trial).every(({ unit }) => inner(unit, unit) > 2 ** -60),
    deviation: (trial) => {
      const { x, state } = trial;
      const fixed = features(trial).map(({ h, unit }) => inner(h, unit) / inner(unit, unit));
      const numbers = Float64Array.from(fixed);
      let i = 0;
      const means = map(state['gradient_mean']!, () => numbers[i++]!);
      const at = { ...state, gradient_mean: means };
      const own = { ...trial, state: at } as PowerTrial;
      return worst(
        features(own, trial.linearize(x, { ...settled, state: at })).map(
          ({ h, unit, dx, length, mean, moved }) => {
            const gamma = inner(unit, unit) / unit.length;
            const sizes = size(h, unit) + Math.abs(mean) * inner(unit, unit);
            const roundings = unit.length + 24;
            return Math.max(
              relative(
                moved - mean,
                8 * Math.abs(mean) + (roundings * sizes) / unit.length + Math.abs(mean) * gamma,
              ),
              relative(inner(dx, unit), (roundings * sizes) / length),
            );
          },
        ),
      );
    },
    bound: u,
  },

  fullMomentum: {
    claim: 'With both momenta at 1 no statistic moves after the warm-up, bit for bit.',
    deviation: ({ x, state, normal, linearize }) => {
      const changes = { warmup: 0, momentum: 1, gradientMomentum: 1 };
      const run = linearize(x, { ...inTraining, changes });
      const after = run.backwardState!([normal(x.shape)], state);
      const names = ['moving_square', 'gradient_mean'] as const;
      const kept = Object.fromEntries(names.map((name) => [name, state[name]!]));
      return apart(
        bits({ moving_square: run.state!['moving_square']!, gradient_mean: after['gradient_mean']! }),
        bits(kept),
      );
    },
    bound: exactly,
  },

  warmUnit: {
    claim:
      'In the warm-up the mean square of each feature of x̂ is m / (m + ε), where m is that of the batch.',
    deviation: (trial) => {
      const { x, options, linearize } = trial;
      const axes = allButFeatures(x.shape, options.axis);
      const { outputs } = linearize(x, { ...warm(trial, 1), fresh: true, ...inTraining });
      const ys = rows(outputs[0], axes);
      return worst(
        rows(x, axes).map((row, i) => {
          const m = inner(row, row) / row.length;
          const wanted = m / (m + options.epsilon);
          const found = inner(ys[i]!, ys[i]!) / row.length;
          return relative(found - wanted, (4 * row.length + 32) * wanted);
        }),
      );
    },
    bound: u,
  },

  warmRadial: {
    claim: 'In the warm-up the gradient is exact: ⟨x, dx⟩ = ε ⟨γ dy, x̂⟩ / N² for each feature.',
    deviation: (trial) => {
      const { x, options, normal, linearize } = trial;
      const axes = allButFeatures(x.shape, options.axis);
      const seed = normal(x.shape);
      const run = linearize(x, warm(trial, 1));
      const gain = laid(trial, 'gamma', options.axis);
      const gains = gain && flat(gain);
      const [xs, gs, dxs] = [x, seed, run.pullback([seed]).x].map((a) => rows(a, axes));
      return worst(
        xs!.map((row, i) => {
          const N = Math.sqrt(inner(row, row) / row.length + options.epsilon);
          const h = gs![i]!.map((g) => g * (gains?.[i] ?? 1));
          const unit = row.map((value) => value / N);
          const sizes = size(h, unit) + (total(h) * inner(unit, unit)) / unit.length;
          const wanted = (options.epsilon * inner(h, unit)) / (N * N);
          return relative(inner(row, dxs![i]!) - wanted, (8 * row.length + 48) * sizes);
        }),
      );
    },
    bound: u,
  },

  warmMean: {
    claim: 'The warm-up makes ψ² the mean of mean(x²) over its batches, whatever ψ² was before.',
    deviation: (trial) => {
      const { x, options, normal, linearize } = trial;
      const axes = allButFeatures(x.shape, options.axis);
      const batches = [x, normal(x.shape, 1), normal(x.shape, 2)];
      const { state, steps } = batches.reduce(
        ({ state: before, steps: done }, batch) => {
          const run = linearize(batch, { ...warm({ ...trial, state: before } as PowerTrial, done) });
          return { state: { ...before, ...run.state }, steps: flat(run.state!['steps']!)[0]! };
        },
        { state: trial.state, steps: 0 },
      );
      const found = statistic(state, 'moving_square');
      const squares = batches.map((batch) => rows(batch, axes).map((row) => inner(row, row) / row.length));
      const off = found.map((value, i) => {
        const wanted = squares.reduce((sum, of) => sum + of[i]!, 0) / batches.length;
        return relative(value - wanted, (x.size + 32) * wanted);
      });
      return steps === batches.length ? worst(off) : Infinity;
    },
    bound: u,
  },

  emptyMask: {
    claim:
      'If no position counts, no statistic moves, and a call of the warm-up gives β, with a gradient of 0.',
    applies: ({ mask }) => mask !== undefined,
    deviation: (trial) => {
      const { x, mask, normal, linearize } = trial;
      const none = map(mask!, () => 0);
      const seed = normal(x.shape);
      const deviations = [settled, warm(trial, 1)].map((setting) => {
        const run = linearize(x, { ...setting, mask: none });
        return Math.max(
          apart(bits({ ...run.statistics, ...run.state }), bits(run.statistics)),
          apart(
            bits({ ...run.statistics, ...run.backwardState!([seed], run.statistics) }),
            bits(run.statistics),
          ),
        );
      });
      const run = linearize(x, { ...warm(trial, 1), mask: none });
      const beta = linearize(scale(x, 0), { training: false }).outputs[0];
      return Math.max(
        ...deviations,
        distance(run.outputs[0], beta),
        distance(run.pullback([seed]).x, full([], 0, x.dtype)),
      );
    },
    bound: exactly,
  },
} satisfies Record<string, Invariant<PowerOptions>>;

import { type NdArray, add, broadcastTo, distance, flat, full, reshape, scale } from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type WithEpsilon, exactly, u, wide } from './bounds.js';
import { errorOf, laid, relative, rows, total, worst } from './groups.js';

interface EvoOptions extends WithEpsilon {
  readonly axis: number;
  readonly center: boolean;
}

type EvoTrial = Trial<EvoOptions>;

/** Its output in training without β and a mask, with w times a factor. */
const output = ({ linearize, weights }: EvoTrial, x: NdArray, factor: number, epsilon?: number): NdArray =>
  linearize(x, {
    changes: { center: false, ...(epsilon !== undefined && { epsilon }) },
    weights: { v: scale(weights['v']!, factor) },
    training: true,
    mask: undefined,
  }).outputs[0];

/** γ in the shape of x. */
const gainOf = (trial: EvoTrial): NdArray =>
  broadcastTo(laid(trial, 'gamma', trial.options.axis) ?? full([], 1, 'float64'), trial.x.shape);

/** A law that both EvoNorms have. */
export const turnedWithFactor: Invariant<EvoOptions> = {
  claim: 'Without β, −x and −w give −y.',
  deviation: (trial) => distance(output(trial, scale(trial.x, -1), -1), scale(output(trial, trial.x, 1), -1)),
  bound: exactly,
};

/** The laws of y = γ x σ(w x) / N + β. */
export const selfGatedLaws = {
  turnedWithFactor,

  scaledWithFactor: {
    claim: 'Scaling x by a, w by 1 / a and ε by a² leaves the output unchanged.',
    // By powers of two, which round nothing.
    deviation: (trial) => {
      const { x, options } = trial;
      const plain = output(trial, x, 1);
      return Math.max(
        ...[0.5, 8].map((a) => distance(output(trial, scale(x, a), 1 / a, a * a * options.epsilon), plain)),
      );
    },
    bound: exactly,
  },

  complementaryGates: {
    claim:
      'Without β, the outputs for w and −w add up to γ x / N, since σ(z) + σ(−z) = 1: the numerator is not centered.',
    corollary: true,
    deviation: (trial) => {
      const formula = trial.witness(trial.x);
      const { shape } = formula.of('z');
      const lengths = formula.of('N');
      const axes = shape.map((_, axis) => axis).filter((axis) => lengths.shape[axis] === 1);
      const parted = (a: NdArray) => rows(reshape(wide(a), shape), axes);
      const sum = add(wide(output(trial, trial.x, 1)), wide(output(trial, trial.x, -1)));
      const [xs, sums, gains] = [trial.x, sum, gainOf(trial)].map(parted);
      return worst(
        xs!.map((row, i) => {
          const N = flat(lengths)[i]!;
          const error = errorOf(row.length, total(row) / row.length, N, 1, true, u(trial));
          return worst(
            row.map((value, j) => {
              const whole = (gains![i]![j]! * value) / N;
              return relative(sums![i]![j]! - whole, (40 + (3 * error) / u(trial)) * Math.abs(whole));
            }),
          );
        }),
      );
    },
    bound: u,
  },
} satisfies Record<string, Invariant<EvoOptions>>;

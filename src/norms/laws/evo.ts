import {
  type NdArray,
  add,
  broadcastTo,
  distance,
  flat,
  full,
  onto,
  reshape,
  scale,
  variance,
} from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { allButFeatures, positionsOf } from '../parts/axes.js';
import { type WithEpsilon, count, exactly, least, u, wide } from './bounds.js';
import { errorOf, laid, relative, rows, total, worst } from './groups.js';
import { runningLaws } from './running.js';

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

/** What a rounding of a subnormal product grows to, in smallest normal numbers, once it is divided by N and multiplied by γ. */
const LOST = 2 ** -20;

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
    claim:
      'Scaling x by a, w by 1 / a and ε by a² leaves the output unchanged, but for what is subnormal on the way.',
    // By powers of two, which round nothing else.
    deviation: (trial) => {
      const { x, options } = trial;
      const plain = output(trial, x, 1);
      const lost = LOST * least(trial);
      return Math.max(
        ...[0.5, 8].map((a) => {
          const apart = distance(output(trial, scale(x, a), 1 / a, a * a * options.epsilon), plain);
          return apart <= lost ? 0 : apart;
        }),
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

interface EvoBatchOptions extends EvoOptions {
  readonly momentum: number;
}

type EvoBatchTrial = Trial<EvoBatchOptions>;

const { fullMomentum, noMomentum } = runningLaws;

/** The statistics of each number of x, computed here: the biased variances of its feature in the batch and in its sample. */
function variancesOf({ x, options: { axis } }: EvoBatchTrial) {
  const spread = (axes: readonly number[]) =>
    flat(broadcastTo(axes.length === 0 ? full([], 0, 'float64') : variance(wide(x), axes).value, x.shape));
  return { batch: spread(allButFeatures(x.shape, axis)), sample: spread(positionsOf(x.shape, axis)) };
}

/** The laws of y = γ x / D + β with D = max(B, w x + S). */
export const evoBatchLaws = {
  turnedWithFactor,

  largerRoot: {
    claim:
      'y = γ x / max(B, w x + S) + β, element by element, with B² = v + ε for the variance v of the batch, or the running one at inference, and S² for that of the sample in both.',
    deviation: (trial) => {
      const { x, weights, options, state, training, linearize } = trial;
      const spread = (a: NdArray) =>
        flat(broadcastTo(reshape(wide(a), onto(x.shape, options.axis)), x.shape));
      const weight = (name: string, otherwise: number) =>
        weights[name] ? spread(weights[name]) : new Float64Array(x.size).fill(otherwise);
      const [gamma, beta, w] = [weight('gamma', 1), weight('beta', 0), weight('v', 1)];
      const { batch, sample } = variancesOf(trial);
      const own = training ? batch : spread(state['moving_variance']!);
      const y = flat(wide(linearize(x, { mask: undefined }).outputs[0]));
      // A mean that is off by some roundings of the largest number moves a variance by the square of that.
      const off = (8 * count(trial) * u(trial) * distance(x, full([], 0, x.dtype))) ** 2;
      return worst(
        Array.from(flat(wide(x)), (value, i) => {
          const [B, S] = [own[i]!, sample[i]!].map((v) => Math.sqrt(v + options.epsilon));
          const [product, R] = [w[i]! * value, w[i]! * value + S!];
          const D = Math.max(B!, R);
          const ofRoots = off / (2 * Math.min(B!, S!)) / u(trial);
          const error = (count(trial) + 16) * (B! + S! + Math.abs(product)) + ofRoots;
          const grown = (gamma[i]! * value) / D;
          return relative(
            y[i]! - (grown + beta[i]!),
            Math.abs(grown) * (8 + error / D) + 8 * Math.abs(beta[i]!),
          );
        }),
      );
    },
    bound: u,
  },

  runningVariance: {
    claim:
      'In training the running variance becomes m times itself plus 1 − m times the biased variance of the batch.',
    deviation: (trial) => {
      const { x, state, options, linearize } = trial;
      const m = options.momentum;
      const after = linearize(x, { training: true, mask: undefined }).state!;
      const { batch } = variancesOf(trial);
      const spread = (a: NdArray) =>
        flat(broadcastTo(reshape(wide(a), onto(x.shape, options.axis)), x.shape));
      const [old, next] = [state, after].map((all) => spread(all['moving_variance']!));
      const off = (8 * count(trial) * u(trial) * distance(x, full([], 0, x.dtype))) ** 2;
      return worst(
        Array.from(batch, (v, i) => {
          const scale =
            (count(trial) + 16) * (Math.abs(m * old![i]!) + (1 - m) * v) + ((1 - m) * off) / u(trial);
          return relative(next![i]! - (m * old![i]! + (1 - m) * v), scale);
        }),
      );
    },
    bound: u,
  },

  fullMomentum,
  noMomentum,
} satisfies Record<string, Invariant<EvoBatchOptions>>;

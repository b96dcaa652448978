import { type NdArray, broadcastTo, flat, onto, reshape, scale, sub } from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type WithAxes, type WithEpsilon, exactly, u, wide } from './bounds.js';
import { standardizedCore } from './centered.js';
import { type Group, apart, bits, groupsOf, layoutOf, mean, relative, total, worst } from './groups.js';
import { unseenPositions } from './masked.js';

type RunningOptions = WithAxes &
  WithEpsilon & { readonly momentum: number | null; readonly runningVariance?: 'biased' | 'unbiased' };

/** The share of a running statistic that a step keeps. */
function keptShare({ options, state }: Trial<RunningOptions>): number {
  if (options.momentum !== null) return options.momentum;
  const [s] = flat(state['steps']!);
  return s! / (s! + 1);
}

/** Running statistics without the count of steps, which always changes. */
const averagesOf = ({ steps: _, ...others }: Readonly<Record<string, NdArray>>) => others;

const groups = groupsOf(standardizedCore);

const inTraining = { training: true, mask: undefined } as const;

/** A running statistic of the spread of a feature: its name, and how its value follows from the groups of a batch. */
interface Spread {
  readonly name: string;
  readonly words: string;
  of(group: Group, options: RunningOptions): number;
  /** How far it may be off if the variance is off by so much. */
  slack(group: Group, ofVariance: number): number;
  /** The N that inference makes of it, and the formula for that. */
  length(value: number, epsilon: number): number;
  readonly inference: string;
}

const VARIANCE: Spread = {
  name: 'moving_variance',
  words: 'the biased variance',
  of: ({ power }) => power,
  slack: (_, ofVariance) => ofVariance,
  length: (variance, epsilon) => Math.sqrt(variance + epsilon),
  inference:
    'At inference y = γ (x − μ) / √(σ² + ε) + β with the running μ and σ², and dx = γ dy / √(σ² + ε).',
};

/** The variance that an option says. */
const AVERAGE: Spread = {
  ...VARIANCE,
  words: 'the variance that `runningVariance` says; for a momentum of null it is s / (s + 1) after s steps',
  of: ({ power, size }, { runningVariance }) =>
    runningVariance === 'unbiased' ? (power * size) / Math.max(size - 1, 1) : power,
  slack: ({ size }, ofVariance) => (ofVariance * size) / Math.max(size - 1, 1),
};

/** N itself. */
const DEVIATION: Spread = {
  name: 'moving_stddev',
  words: 'N = √(v + ε)',
  of: ({ length }) => length,
  slack: ({ length }, ofVariance) => ofVariance / (2 * length) + 4 * length,
  length: (deviation, epsilon) => Math.max(deviation, Math.sqrt(epsilon)),
  inference:
    'At inference y = γ (x − μ) / σ + β with the running μ and σ, of which the least is √ε, and dx = γ dy / σ.',
};

/** The laws of running statistics: how they move in training, and what they do at inference. */
const lawsOf = (spread: Spread) =>
  ({
    runningBlend: {
      claim: `In training a running statistic becomes momentum times itself plus 1 − momentum times that of the batch, with ${spread.words}.`,
      deviation: (trial) => {
        const { x, state, options, linearize } = trial;
        const m = keptShare(trial);
        const after = linearize(x, inTraining).state!;
        const blended = (name: string, now: readonly number[], allowed: readonly number[]) => {
          const [old, next] = [flat(state[name]!), flat(after[name]!)];
          return worst(
            now.map((value, i) => {
              const scale = 8 * (Math.abs(m * old[i]!) + Math.abs((1 - m) * value)) + (1 - m) * allowed[i]!;
              return relative(next[i]! - (m * old[i]! + (1 - m) * value), scale);
            }),
          );
        };
        const all = groups(trial);
        // A mean of n numbers is off by n roundings of their size; a variance by n of its own and the square of that.
        const offset = all.map(({ x, size }) => ((size + 2) * total(x)) / size);
        const slack = all.map((group, i) =>
          spread.slack(group, (group.size + 8) * group.power + u(trial) * offset[i]! ** 2),
        );
        return Math.max(
          blended(
            'moving_mean',
            all.map(({ x }) => mean(x)),
            offset,
          ),
          blended(
            spread.name,
            all.map((group) => spread.of(group, options)),
            slack,
          ),
        );
      },
      bound: u,
    },

    fullMomentum: {
      claim: 'With momentum 1 running statistics do not change, bit for bit.',
      deviation: ({ x, state, linearize }) =>
        apart(
          bits(averagesOf(linearize(x, { ...inTraining, changes: { momentum: 1 } }).state!)),
          bits(averagesOf(state)),
        ),
      bound: exactly,
    },

    noMomentum: {
      claim: 'With momentum 0 running statistics do not depend on their previous values.',
      deviation: ({ x, state, linearize }) => {
        const other = Object.fromEntries(
          Object.entries(state).map(([name, value]) => [name, scale(value, 3)]),
        );
        const changes = { momentum: 0 };
        return apart(
          bits(averagesOf(linearize(x, { ...inTraining, changes }).state!)),
          bits(averagesOf(linearize(x, { ...inTraining, changes, state: other }).state!)),
        );
      },
      bound: exactly,
    },

    inferenceFormula: {
      claim: spread.inference,
      deviation: (trial) => {
        const { x, state, options, linearize, normal } = trial;
        const laid = (a: NdArray | undefined, otherwise: number): Float64Array =>
          a
            ? (flat(broadcastTo(reshape(wide(a), onto(x.shape, options.axis)), x.shape)) as Float64Array)
            : new Float64Array(flat(x).length).fill(otherwise);
        const [mu, running] = [laid(state['moving_mean'], 0), laid(state[spread.name], 1)];
        const [gamma, beta] = [laid(trial.weights['gamma'], 1), laid(trial.weights['beta'], 0)];
        const seed = normal(x.shape);
        const { outputs, pullback } = linearize(x, { training: false });
        const [xs, ys, gs, dx] = [x, outputs[0], seed, pullback([seed]).x].map((a) => flat(wide(a)));
        return worst(
          [...xs!].flatMap((value, i) => {
            const factor = gamma[i]! / spread.length(running[i]!, options.epsilon);
            const grown = factor * (value - mu[i]!);
            const size = Math.abs(factor) * (Math.abs(value) + Math.abs(mu[i]!));
            return [
              relative(ys![i]! - (grown + beta[i]!), 8 * (size + Math.abs(beta[i]!))),
              relative(dx![i]! - factor * gs![i]!, 8 * Math.abs(factor * gs![i]!)),
            ];
          }),
        );
      },
      bound: u,
    },

    trainThenInfer: {
      claim: 'Inference with the statistics of a batch gives the same output as training on that batch.',
      deviation: (trial) => {
        const { x, linearize } = trial;
        const { outputs, state } = linearize(x, { ...inTraining, changes: { momentum: 0 } });
        const later = linearize(x, { training: false, state: state! }).outputs[0];
        const difference = layoutOf(trial.witness(x)).parted(sub(wide(outputs[0]), wide(later)));
        return worst(
          groups(trial).map(({ gain, shift, unit, error }, at) =>
            worst(
              unit.map((n, i) => {
                const own = 12 * (Math.abs(gain[i]! * n) + Math.abs(shift[i]!));
                return relative(difference[at]![i]!, (3 * Math.abs(gain[i]!) * error) / u(trial) + own);
              }),
            ),
          ),
        );
      },
      bound: u,
    },

    unseenPositions: unseenPositions(),
  }) satisfies Record<string, Invariant<RunningOptions>>;

/** Those of a running mean and variance. */
export const runningLaws = lawsOf(VARIANCE);

/** Those of a running mean and variance whose average options decide. */
export const averagingLaws = lawsOf(AVERAGE);

/** Those of a running mean and standard deviation. */
export const deviationLaws = lawsOf(DEVIATION);

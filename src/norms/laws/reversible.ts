import { flat, mul, scale } from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { positionsOf } from '../parts/axes.js';
import { type WithEpsilon, exactly, u, wide } from './bounds.js';
import { standardizedLaws } from './centered.js';
import { apart, bits, centered, errorOf, inner, laid, relative, rows, total, worst } from './groups.js';
import { lawsUnder } from './if.js';
import { maskLaws } from './masked.js';
import { oddFunction, scalingLaw } from './symmetry.js';
import { learnedLaws } from './weights.js';

type Reversible = WithEpsilon & {
  readonly axis: number;
  readonly invert: boolean;
  readonly stopGradient: boolean;
};
type Own = Trial<Reversible>;

const plainly = { training: true, mask: undefined } as const;

/** The positions of each feature of each sample, with their mean and deviation. */
const groups = (trial: Own) =>
  rows(trial.x, positionsOf(trial.x.shape, trial.options.axis)).map((row) => {
    const c = centered(row);
    const power = inner(c, c) / row.length;
    const length = Math.sqrt(power + trial.options.epsilon);
    const most = worst(c.map((value) => Math.abs(value / length)));
    const error = errorOf(row.length, total(row) / row.length, length, most, true, u(trial)) / u(trial);
    const mean = row.reduce((sum, value) => sum + value / row.length, 0);
    return { row, c, power, length, mean, error, offset: ((row.length + 2) * total(row)) / row.length };
  });

const forward = {
  statistics: {
    claim: 'The second output is the mean of each feature of each sample, and the third is √(v + ε).',
    deviation: (trial) => {
      const [, mean, deviation] = trial.linearize(trial.x, plainly).outputs;
      return worst(
        groups(trial).flatMap(({ row, length, power, mean: center, offset }, i) => [
          relative(flat(mean!)[i]! - center, offset),
          relative(
            flat(deviation!)[i]! - length,
            4 * length + ((row.length + 8) * power + u(trial) * offset ** 2) / (2 * length),
          ),
        ]),
      );
    },
    bound: u,
  },

  restores: {
    claim: 'The inverse of the output, with the mean and deviation beside it, is x.',
    applies: ({ weights }) =>
      !weights['gamma'] || flat(weights['gamma']).every((value) => Math.abs(value) > 1e-3),
    deviation: (trial) => {
      const { x, linearize, weights } = trial;
      const [y, mean, deviation] = linearize(x, plainly).outputs;
      const inputs = { mean: mean!, deviation: deviation! };
      const back = linearize(y, { ...plainly, changes: { invert: true }, inputs }).outputs[0];
      const over = positionsOf(x.shape, trial.options.axis);
      const sizes = (name: string) => [...(weights[name] ? flat(weights[name]) : [])].map(Math.abs);
      const [least, largest] = [Math.min(1, ...sizes('gamma')), worst(sizes('beta'))];
      return worst(
        rows(back, over).flatMap((row, i) => {
          const { length, offset, error, row: own } = groups(trial)[i]!;
          return Array.from(row, (value, j) =>
            relative(
              value - own[j]!,
              12 * Math.abs(own[j]!) + 4 * offset + length * (3 * error + 24 + (24 * largest) / least),
            ),
          );
        }),
      );
    },
    bound: u,
  },

  constantStatistics: {
    claim: 'With `stopGradient` no gradient of mean and deviation reaches x, and dx = γ dy / √(v + ε).',
    deviation: (trial) => {
      const { x, normal, linearize } = trial;
      const { outputs, pullback } = linearize(x, { ...plainly, changes: { stopGradient: true } });
      const [gy, gm, gs] = outputs.map(({ shape }, k) => normal(shape, k));
      const [one, other] = [
        [gy!, gm!, gs!],
        [gy!, scale(gm!, 3), scale(gs!, -2)],
      ].map((seeds) => pullback(seeds).x);
      if (apart(bits({ dx: one! }), bits({ dx: other! })) !== 0) return Infinity;
      const over = positionsOf(x.shape, trial.options.axis);
      const gamma = laid(trial, 'gamma', trial.options.axis);
      const grown = gamma ? mul(gamma, wide(gy!)) : gy!;
      const [ofUnit, dx] = [grown, one!].map((a) => rows(a, over));
      return worst(
        groups(trial).flatMap(({ length, error }, i) =>
          Array.from(dx![i]!, (value, j) => {
            const wanted = ofUnit![i]![j]! / length;
            return relative(value - wanted, (error + 12) * Math.abs(wanted));
          }),
        ),
      );
    },
    bound: u,
  },

  ...maskLaws(),
} satisfies Record<string, Invariant<Reversible>>;

/** The laws of a norm that returns the statistics by which it can be undone. */
export const reversibleLaws = {
  ...lawsUnder<Reversible, keyof typeof forward>('Without `invert`', { invert: false }, forward),
  ...lawsUnder<Reversible, string>(
    'Without `invert` and `stopGradient`',
    { invert: false, stopGradient: false },
    {
      ...standardizedLaws,
      ...learnedLaws({ gain: 'gamma', shift: 'beta' }),
      oddFunction,
      scaledTogether: scalingLaw,
    },
  ),

  linearInverse: {
    claim: 'With `invert`, doubling mean and deviation doubles the output, except for subnormal numbers.',
    applies: ({ options }) => options.invert,
    deviation: ({ x, inputs, linearize }) => {
      const twice = Object.fromEntries(Object.entries(inputs).map(([name, a]) => [name, scale(a, 2)]));
      const [one, other] = [inputs, twice].map((own) => linearize(x, { inputs: own }).outputs[0]);
      return apart(bits({ y: scale(one!, 2) }), bits({ y: other! }));
    },
    bound: exactly,
  },
} satisfies Record<string, Invariant<Reversible>>;

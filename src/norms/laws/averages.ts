import { type NdArray, flat, full, scale, sub } from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type WithAxes, type WithEpsilon, exactly, u, wide } from './bounds.js';
import { standardizedCore } from './centered.js';
import { apart, bits, groupsOf, layoutOf, relative, worst } from './groups.js';
import { lawsUnder } from './if.js';
import { averagingLaws } from './running.js';

type Averages = WithAxes &
  WithEpsilon & {
    readonly momentum: number | null;
    readonly runningVariance: 'biased' | 'unbiased';
    readonly zeroDebias: boolean;
  };
type Statistics = Readonly<Record<string, NdArray>>;

const groups = groupsOf(standardizedCore);

const inTraining = { training: true, mask: undefined } as const;

/** Statistics in the shape of those of a trial, all of one number, before so many steps. */
const startAt = ({ state, x }: Trial<Averages>, value: number, steps: number): Statistics => ({
  ...Object.fromEntries(
    Object.entries(state).map(([name, { shape }]) => [name, full(shape, value, x.dtype)]),
  ),
  steps: full([], steps, x.dtype),
});

/** The running statistics after training on these batches. */
const trained = (
  { linearize }: Trial<Averages>,
  batches: readonly NdArray[],
  start: Statistics,
  changes: Partial<Averages>,
): Statistics =>
  batches.reduce(
    (state, x) => ({ ...state, ...linearize(x, { ...inTraining, changes, state }).state }),
    start,
  );

const { inferenceFormula, trainThenInfer, ...always } = averagingLaws;

/** The laws of a running mean and variance whose average is an option, at least of how it starts and what is averaged. */
export const averageLaws = {
  ...always,
  ...lawsUnder<Averages, 'inferenceFormula'>(
    'Without `zeroDebias`',
    { zeroDebias: false },
    { inferenceFormula },
  ),
  ...lawsUnder<Averages, 'trainThenInfer'>(
    'If `runningVariance` is biased',
    { runningVariance: 'biased', zeroDebias: false },
    { trainThenInfer },
  ),

  plainMean: {
    claim:
      'With a momentum of null, running statistics after three batches are the means of those after each of them alone, whatever they were before.',
    deviation: (trial) => {
      const { x } = trial;
      const changes = { momentum: null };
      const batches = [x, scale(x, -0.5), scale(x, 2)];
      const [all, ...single] = [batches, ...batches.map((one) => [one])].map((some) =>
        trained(trial, some, startAt(trial, 5, 0), changes),
      );
      return worst(
        ['moving_mean', 'moving_variance'].flatMap((name) => {
          const [found, ...parts] = [all!, ...single].map((state) => flat(wide(state[name]!)));
          return Array.from(found!, (value, i) => {
            const [total, size] = [0, 1].map((absolute) =>
              parts.reduce((sum, part) => sum + (absolute ? Math.abs(part[i]!) : part[i]!), 0),
            );
            return relative(value - total! / 3, 4 * size!);
          });
        }),
      );
    },
    bound: u,
  },

  debiased: {
    claim:
      'With `zeroDebias` and a biased variance, inference after three equal batches from the start is what training on one of them is, for each momentum below 1.',
    deviation: (trial) => {
      const { x, options, linearize } = trial;
      const momentum = options.momentum === 1 ? 0.75 : options.momentum;
      const changes = { momentum, zeroDebias: true, runningVariance: 'biased' } as const;
      const state = trained(trial, [x, x, x], startAt(trial, 0, 0), changes);
      const { outputs } = linearize(x, { ...inTraining, changes, state });
      const later = linearize(x, { training: false, changes, state }).outputs[0];
      const off = layoutOf(trial.witness(x)).parted(sub(wide(outputs[0]), wide(later)));
      return worst(
        groups(trial).map(({ gain, shift, unit, error, size, x: row, length }, at) => {
          // A mean rounded a few times more than that of the batch, relative to itself.
          const drift = (16 * worst(row.map(Math.abs))) / length;
          return worst(
            unit.map((n, i) => {
              const own = (24 + size) * (Math.abs(gain[i]! * n) + Math.abs(shift[i]!));
              const allowed = (3 * Math.abs(gain[i]!) * error) / u(trial) + Math.abs(gain[i]!) * drift + own;
              return relative(off[at]![i]!, allowed);
            }),
          );
        }),
      );
    },
    bound: u,
  },

  freshDebiased: {
    claim: 'With `zeroDebias`, inference before the first step has a mean of 0 and a variance of 1.',
    deviation: (trial) => {
      const { x, linearize } = trial;
      const infer = (zeroDebias: boolean, state: Statistics) =>
        linearize(x, { training: false, changes: { zeroDebias }, state }).outputs[0];
      const { moving_variance } = startAt(trial, 1, 0);
      return apart(
        bits({ y: infer(true, startAt(trial, 3, 0)) }),
        bits({ y: infer(false, { ...startAt(trial, 0, 0), moving_variance: moving_variance! }) }),
      );
    },
    bound: exactly,
  },

  outputInTraining: {
    claim:
      'In training the options of running statistics change no bit of the output and of the gradient of x.',
    deviation: (trial) => {
      const { linearize, x } = trial;
      const state = startAt(trial, 1, 2);
      const changes = { momentum: null, runningVariance: 'unbiased', zeroDebias: true } as const;
      const [one, other] = [{}, changes].map((own) => {
        const { outputs, pullback } = linearize(x, { training: true, changes: own, state });
        return bits({ y: outputs[0], dx: pullback().x });
      });
      return apart(one!, other!);
    },
    bound: exactly,
  },
} satisfies Record<string, Invariant<Averages>>;

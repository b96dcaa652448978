import { estimateOf } from '../statistics/estimate.js';
import type { Plan } from './plan.js';
import { taskOf } from './task.js';
import type { Run } from './training.js';

/** The results of a variant on the validation samples at one learning rate. */
interface RateScore {
  readonly learningRate: number;
  /** Means over the tuning seeds; a diverged run counts with an accuracy of 0. */
  readonly accuracy: number;
  /** Infinity if a run diverged. */
  readonly loss: number;
}

/** The learning rates that a variant has tried, and the chosen one. */
export interface Tuning {
  readonly variant: string;
  readonly trials: readonly RateScore[];
  readonly learningRate: number;
  /** Whether the chosen rate is the smallest or the largest of several: one beyond it may be better. */
  readonly atTheEnd: boolean;
}

/**
 * Chooses the learning rate of each variant: the one with the highest mean accuracy on the validation samples; of
 * equals, the one with the lowest loss, then the smallest. Only variants whose tunings have all finished are returned.
 */
export function tuningsOf({ variants, settings, split }: Plan, runs: readonly Run[]): readonly Tuning[] {
  const { learningRates, tuningSeeds } = settings;
  const rates = [...learningRates].sort((a, b) => a - b);
  const { name: task } = taskOf(split);
  return variants.flatMap(({ name: variant }): Tuning[] => {
    if (rates.length === 1) {
      return [{ variant, trials: [], learningRate: rates[0]!, atTheEnd: false }];
    }
    const own = runs.filter((run) => run.stage === 'tuning' && run.variant === variant);
    if (own.length < rates.length * tuningSeeds) return [];
    const trials = rates.map((rate) => scoreOf(rate, own));
    const isBetter = task === 'numbers' ? isCloser : isMoreAccurate;
    const best = trials.reduce((best, trial) => (isBetter(trial, best) ? trial : best));
    const { learningRate } = best;
    return [{ variant, trials, learningRate, atTheEnd: [rates[0], rates.at(-1)].includes(learningRate) }];
  });
}

function scoreOf(learningRate: number, runs: readonly Run[]): RateScore {
  const own = runs.filter((run) => run.learningRate === learningRate);
  const ends = own.map(({ divergedIn, epochs }) =>
    divergedIn === undefined ? epochs.at(-1)! : { accuracy: 0, loss: Infinity },
  );
  const accuracy = estimateOf(ends.map(({ accuracy }) => accuracy))!.mean;
  const loss = ends.reduce((sum, { loss }) => sum + loss, 0) / ends.length;
  return { learningRate, accuracy, loss };
}

// R² falls as the loss grows, but a diverged run has none.
const isCloser = (a: RateScore, b: RateScore): boolean => a.loss < b.loss;

const isMoreAccurate = (a: RateScore, b: RateScore): boolean =>
  a.accuracy > b.accuracy || (a.accuracy === b.accuracy && a.loss < b.loss);

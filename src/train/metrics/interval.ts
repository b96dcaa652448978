import { demand, isNumbers } from '../../demand.js';
import { NormtapeError } from '../../error.js';
import { type Given, number, resolve } from '../../option/index.js';
import { studentQuantile } from './student.js';

const OPTIONS = {
  level: number(0.95, 'How often such an interval holds the true mean.', {
    above: 0,
    below: 1,
    explore: [0.5, 0.99],
  }),
};

/** A mean over runs, with its confidence interval. */
export interface Interval {
  readonly count: number;
  readonly mean: number;
  /** Of one run, estimated with n − 1 in the denominator. */
  readonly standardDeviation: number;
  readonly low: number;
  readonly high: number;
}

/**
 * x̄ ± t s / √n, the confidence interval of the mean at this level if the values, such as the accuracies of several
 * seeds, are independent and normal (Student 1908). Throws if there are fewer than 2, or one is not finite.
 */
export function confidenceInterval(values: ArrayLike<number>, given: Given<typeof OPTIONS> = {}): Interval {
  const where = 'confidenceInterval';
  const { level } = resolve(where, OPTIONS, given);
  demand(where, 'a list of numbers', isNumbers, values);
  const numbers = Array.from(values);
  const count = numbers.length;
  if (count < 2 || !numbers.every(Number.isFinite)) {
    throw new NormtapeError({ where, expected: 'at least 2 finite numbers', received: numbers });
  }
  const mean = numbers.reduce((sum, x) => sum + x, 0) / count;
  const squares = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  const standardDeviation = Math.sqrt(squares / (count - 1));
  const reach = studentQuantile(level, count - 1) * (standardDeviation / Math.sqrt(count));
  return { count, mean, standardDeviation, low: mean - reach, high: mean + reach };
}

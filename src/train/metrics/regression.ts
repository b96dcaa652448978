import { type NdArray, type Shape, type Source, flat, sameShape } from '../../array/index.js';
import { readArray } from '../../autograd/state.js';
import { Tensor } from '../../autograd/tape.js';
import { NormtapeError } from '../../error.js';
import type { Meter } from '../metric.js';

/**
 * A metric of predictions and targets of one shape. Call it alone, or pass it to `fit` and `evaluate`, which call it
 * with all samples.
 */
export interface RegressionMetric {
  (predictions: Source | Tensor, targets: Source | Tensor): number;
  start(): Meter<Source | Tensor, Source | Tensor>;
}

/** Running sums for one predicted number: the mean and squared deviations of its targets (Welford 1962). */
interface Sums {
  /** A first target, from which others are measured, so that an offset costs no digits. */
  readonly origin: number;
  count: number;
  mean: number;
  /** Σ (t − t̄)². */
  spread: number;
  /** Σ (t − x)². */
  errors: number;
}

/**
 * The share of the variance of the targets that the predictions explain, R² = 1 − Σ (t − x)² / Σ (t − t̄)²: 1 is
 * perfect, 0 no better than the mean, and there is no lower end. With several numbers a sample, [samples, numbers], the
 * mean of their R². NaN if the targets do not differ. Throws if shapes differ.
 */
export const r2: RegressionMetric = metric('r2', (sums) => {
  const shares = sums.map(({ spread, errors }) => (spread > 0 ? 1 - errors / spread : NaN));
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
});

/**
 * The root of the mean of (x − t)² over all samples and elements (RMSE): an error in the units of the targets. Throws
 * if shapes differ.
 */
export const rootMeanSquaredError: RegressionMetric = metric('rootMeanSquaredError', (sums) => {
  const count = sums.reduce((total, sum) => total + sum.count, 0);
  return Math.sqrt(sums.reduce((total, { errors }) => total + errors, 0) / count);
});

function metric(where: string, value: (sums: readonly Sums[]) => number): RegressionMetric {
  const start = (): Meter<Source | Tensor, Source | Tensor> => {
    const sums: Sums[] = [];
    return {
      add: (predictions, targets) => gather(where, sums, predictions, targets),
      value: () => value(sums),
    };
  };
  const once = (predictions: Source | Tensor, targets: Source | Tensor): number => {
    const meter = start();
    meter.add(predictions, targets, 0);
    return meter.value();
  };
  return Object.assign(once, { start });
}

function gather(where: string, sums: Sums[], predictions: Source | Tensor, targets: Source | Tensor): void {
  const given = arrayFrom(where, predictions);
  const wanted = arrayFrom(`${where}.targets`, targets, (shape) => {
    if (sameShape(given.shape, shape) && (shape.length === 1 || shape.length === 2)) return;
    const expected = `predictions and targets of one shape, [samples] or [samples, numbers]`;
    throw new NormtapeError({ where, expected, received: [given.shape, shape] });
  });
  const width = given.shape[1] ?? 1;
  const [outputs, goals] = [flat(given), flat(wanted)];
  for (let i = 0; i < goals.length; i++) {
    const sum = (sums[i % width] ??= { origin: goals[i]!, count: 0, mean: 0, spread: 0, errors: 0 });
    const target = goals[i]! - sum.origin;
    const offset = target - sum.mean;
    sum.count++;
    sum.mean += offset / sum.count;
    sum.spread += offset * (target - sum.mean);
    sum.errors += (outputs[i]! - goals[i]!) ** 2;
  }
}

function arrayFrom(where: string, given: Source | Tensor, demand?: (shape: Shape) => void): NdArray {
  if (!(given instanceof Tensor)) return readArray(where, given, 'float64', { demand });
  demand?.(given.shape);
  return given.value;
}

import { studentProbability, studentQuantile } from '../../train/metrics/student.js';

/** The mean of paired differences, with the result of Student's t test. */
export interface Difference {
  readonly pairs: number;
  readonly mean: number;
  /** Half the width of the 95 % interval of the mean; undefined for a single pair. */
  readonly reach: number | undefined;
  /** The standard deviation of one difference; undefined for a single pair. */
  readonly deviation: number | undefined;
  /** The p value: the probability of a mean at least as large if the true one were 0; 1 for a single pair. */
  readonly p: number;
}

/**
 * Student's paired t test of differences that were counted in steps of `resolution`, such as one test sample; undefined
 * if there are none. The deviation is at least that of rounding to such steps, resolution/√12: equal counts under two
 * seeds do not prove that all seeds give the same.
 */
export function pairedDifference(differences: readonly number[], resolution = 0): Difference | undefined {
  const pairs = differences.length;
  if (pairs === 0) return undefined;
  const mean = differences.reduce((sum, d) => sum + d, 0) / pairs;
  if (pairs === 1) return { pairs, mean, reach: undefined, deviation: undefined, p: 1 };
  const squares = differences.reduce((sum, d) => sum + (d - mean) ** 2, 0);
  const deviation = Math.max(Math.sqrt(squares / (pairs - 1)), resolution / Math.sqrt(12));
  const error = deviation / Math.sqrt(pairs);
  const reach = studentQuantile(0.95, pairs - 1) * error;
  const p = mean === 0 ? 1 : 1 - studentProbability(Math.abs(mean) / error, pairs - 1);
  return { pairs, mean, reach, deviation, p };
}

/**
 * P values adjusted for multiple comparisons (Holm 1979): if every difference with an adjusted value below α is called
 * real, any of them is wrong with a probability of at most α.
 */
export function holm(values: readonly number[]): readonly number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const adjusted = new Array<number>(values.length);
  let largest = 0;
  order.forEach((i, place) => {
    largest = Math.max(largest, Math.min(1, (values.length - place) * values[i]!));
    adjusted[i] = largest;
  });
  return adjusted;
}

import { binomialTail } from '../statistics/binomial.js';
import { type AnyDataset, isRegression } from '../../data/index.js';
import type { TaskName } from './task.js';
import type { Run } from './training.js';

/** The outcome of a run. */
export type RunOutcome = 'learned' | 'did not learn' | 'diverged';

/** The probability of taking a network that guesses for one that learned. */
const LEVEL = 0.01;

/** The test samples, and the best accuracy of a constant guess. */
export interface Guessing {
  readonly task: TaskName;
  readonly testSamples: number;
  /** The share of the most frequent class among the test samples; for numbers 0, the R² of their mean. */
  readonly chance: number;
}

/**
 * Whether a run learned. It did not if its test accuracy is no higher than before training, or not significantly higher
 * than that of always guessing the most frequent class (binomial, 1 %). If not even a perfect score would be
 * significant, the second test is skipped. For numbers, it did not learn if R² is not above 0.
 */
export function outcomeOf({ divergedIn, epochs }: Run, { task, testSamples, chance }: Guessing): RunOutcome {
  if (divergedIn !== undefined) return 'diverged';
  if (task === 'numbers') return epochs.at(-1)!.accuracy > chance ? 'learned' : 'did not learn';
  const tail = (hits: number): number => binomialTail(hits, testSamples, chance);
  const [before, after] = [epochs[0]!.accuracy, epochs.at(-1)!.accuracy];
  const isGuess = tail(testSamples) <= LEVEL && tail(Math.round(after * testSamples)) > LEVEL;
  return after <= before || isGuess ? 'did not learn' : 'learned';
}

/** The accuracy that a run counts with; a diverged run counts as a guess. */
export const accuracyOf = ({ divergedIn, epochs }: Run, { chance }: Guessing): number =>
  divergedIn === undefined ? epochs.at(-1)!.accuracy : chance;

/** The score of the best constant guess: the share of the most frequent label; for numbers, an R² of 0. */
export function chanceOf(data: AnyDataset): number {
  if (isRegression(data)) return 0;
  const counts = new Map<number, number>();
  for (const label of data.labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  // One by one, because the number of arguments of a call is limited.
  const most = [...counts.values()].reduce((a, b) => Math.max(a, b), 0);
  return most / data.labels.length;
}

/** The smallest step between two scores: one test sample; 0 for numbers. */
export const resolutionOf = ({ task, testSamples }: Pick<Guessing, 'task' | 'testSamples'>): number =>
  task === 'numbers' ? 0 : 1 / testSamples;

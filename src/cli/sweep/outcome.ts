import { binomialTail } from '../statistics/binomial.js';
import { type AnyDataset, isRegression } from '../../data/index.js';
import type { TaskName } from './task.js';
import type { Run } from './training.js';

/** The outcome of a run. */
export type Outcome = 'learned' | 'did not learn' | 'diverged';

/** How seldom a network that guesses may be taken for one that learned. */
const LEVEL = 0.01;

/** The test samples, and the best that one can do without looking at them. */
export interface Guessing {
  readonly task: TaskName;
  readonly testSamples: number;
  /** The share of the most frequent class among the test samples; of numbers 0, the R² of their mean. */
  readonly chance: number;
}

/**
 * Whether a run learned: it did not if its test accuracy is no higher than before training, or no higher than that of
 * always naming the most frequent class, beyond the noise of so many samples (binomial, 1 %). If even a perfect score
 * would be within that noise, the second is not asked. Of numbers, it did not if R² is not above 0.
 */
export function outcomeOf({ divergedIn, epochs }: Run, { task, testSamples, chance }: Guessing): Outcome {
  if (divergedIn !== undefined) return 'diverged';
  if (task === 'numbers') return epochs.at(-1)!.accuracy > chance ? 'learned' : 'did not learn';
  const tail = (hits: number): number => binomialTail(hits, testSamples, chance);
  const [before, after] = [epochs[0]!.accuracy, epochs.at(-1)!.accuracy];
  const isGuess = tail(testSamples) <= LEVEL && tail(Math.round(after * testSamples)) > LEVEL;
  return after <= before || isGuess ? 'did not learn' : 'learned';
}

/** The accuracy that a run counts with: one that diverged decides nothing, and is taken for a guess. */
export const accuracyOf = ({ divergedIn, epochs }: Run, { chance }: Guessing): number =>
  divergedIn === undefined ? epochs.at(-1)!.accuracy : chance;

/** The score of the best guess that looks at no feature: the share of the most frequent label; of numbers, an R² of 0. */
export function chanceOf(data: AnyDataset): number {
  if (isRegression(data)) return 0;
  const counts = new Map<number, number>();
  for (const label of data.labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  // One by one: a call takes only so many arguments, and classes may be more.
  const most = [...counts.values()].reduce((a, b) => Math.max(a, b), 0);
  return most / data.labels.length;
}

/** The smallest step between two scores: one test sample; none for numbers. */
export const resolutionOf = ({ task, testSamples }: Pick<Guessing, 'task' | 'testSamples'>): number =>
  task === 'numbers' ? 0 : 1 / testSamples;

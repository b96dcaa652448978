import type { Figure } from '../../report/figure.js';
import { OUTLIERS } from './samples.js';
import type { Scores } from './training.js';

/** The name of the samples of the trained classes in figures. */
export const INLIERS = 'inliers';

const BINS = 40;

/**
 * A histogram: the share of the samples of each set whose score falls into each of 40 bins, from the least score to the
 * largest.
 */
export function histogram(title: string, { inliers, outliers }: Scores): Figure {
  const sets = [
    { name: INLIERS, scores: inliers },
    ...OUTLIERS.map((name) => ({ name, scores: outliers[name] })),
  ];
  let [least, most] = [Infinity, -Infinity];
  for (const { scores } of sets) {
    for (const score of scores) [least, most] = [Math.min(least, score), Math.max(most, score)];
  }
  const width = (most - least) / BINS || 1;
  return {
    title,
    axis: 'score',
    format: 'percent',
    stepped: true,
    x: Array.from({ length: BINS }, (_, i) => least + i * width),
    lines: sets.map(({ name, scores }) => {
      const values = Array.from({ length: BINS }, () => 0);
      for (const score of scores) {
        values[Math.min(BINS - 1, Math.floor((score - least) / width))]! += 1 / scores.length;
      }
      return { name, values };
    }),
  };
}

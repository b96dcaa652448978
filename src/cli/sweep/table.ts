import Table from 'cli-table3';
import type { Rank, Spread } from './results.js';

/** The ranking as rows of words: the same in the terminal and in the report. */
export const COLUMNS = [
  '',
  'normalization',
  'test accuracy',
  'test loss',
  'time a step',
  'diverged',
] as const;

/** One row a variant, the best first. */
export const rowsOf = (ranking: readonly Rank[]): readonly (readonly string[])[] =>
  ranking.map(({ variant, accuracy, loss, stepMilliseconds, relativeTime, diverged, runs }, i) => [
    String(i + 1),
    variant,
    accuracy ? `${show(accuracy, 100, 2)} %` : '–',
    loss ? show(loss, 1, 3) : '–',
    relativeTime === undefined ? `${stepMilliseconds.toFixed(2)} ms` : `${relativeTime.toFixed(2)} ×`,
    diverged ? `${diverged} of ${runs}` : '–',
  ]);

/** The ranking for the terminal. */
export function table(ranking: readonly Rank[]): string {
  const made = new Table({
    head: [...COLUMNS],
    colAligns: ['right', 'left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  made.push(...rowsOf(ranking).map((row) => [...row]));
  return made.toString();
}

const show = ({ mean, deviation }: Spread, factor: number, digits: number): string =>
  [mean, ...(deviation === undefined ? [] : [deviation])]
    .map((x) => (factor * x).toFixed(digits))
    .join(' ± ');

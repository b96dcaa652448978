import type { Row, Table } from '../report/table.js';
import { showSpread } from '../spread.js';
import type { Rank } from './results.js';

/** The ranking, one row a variant, the best first. */
export const rankingTable = (ranking: readonly Rank[]): Table => ({
  columns: [
    { title: '' },
    { title: 'normalization', align: 'left' },
    ...['test accuracy', 'test loss', 'time a step', 'diverged'].map((title) => ({ title })),
  ],
  rows: ranking.map(rowOf),
});

const [ACCURACY, DIVERGED] = [2, 5];

const rowOf = (
  { variant, accuracy, loss, stepMilliseconds, relativeTime, diverged, runs }: Rank,
  i: number,
): Row => ({
  name: variant,
  cells: [
    String(i + 1),
    variant,
    accuracy ? `${showSpread(accuracy, 2, 100)} %` : '–',
    showSpread(loss, 3),
    relativeTime === undefined ? `${stepMilliseconds.toFixed(2)} ms` : `${relativeTime.toFixed(2)} ×`,
    diverged ? `${diverged} of ${runs}` : '–',
  ],
  best: i === 0 ? [ACCURACY] : [],
  bad: diverged > 0 ? [DIVERGED] : [],
});

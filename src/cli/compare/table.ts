import type { Table } from '../report/table.js';
import { showEstimate } from '../statistics/estimate.js';
import type { Compared } from './compare.js';

/** One row a normalization: its accuracy in both runs, and the paired difference. */
export const tableOf = (normalizations: readonly Compared[]): Table => ({
  columns: [
    { title: 'normalization', align: 'left' },
    { title: 'A' },
    { title: 'B' },
    { title: 'B − A' },
    { title: 'verdict', align: 'left' },
  ],
  rows: normalizations.map(({ variant, a, b, difference }) => ({
    cells: [
      variant,
      showEstimate(a, 2, { factor: 100 }),
      showEstimate(b, 2, { factor: 100 }),
      showEstimate(difference, 2, { factor: 100, signed: true }),
      { better: 'better', worse: 'worse', tied: 'tied', unknown: '–' }[difference.verdict],
    ],
  })),
});

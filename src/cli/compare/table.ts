import type { Table } from '../report/table.js';
import { showEstimate } from '../statistics/estimate.js';
import { type TaskName, WORDS } from '../sweep/task.js';
import type { Compared } from './comparison.js';

/** The table of differences, one row per normalization: its accuracy in both runs, and the paired difference. */
export const tableOf = (normalizations: readonly Compared[], task: TaskName): Table => ({
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
      showEstimate(a, WORDS[task].digits, WORDS[task]),
      showEstimate(b, WORDS[task].digits, WORDS[task]),
      showEstimate(difference, WORDS[task].digits, { ...WORDS[task], signed: true }),
      { better: 'better', worse: 'worse', tied: 'tied', unknown: '–' }[difference.verdict],
    ],
  })),
});

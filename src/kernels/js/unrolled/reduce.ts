import type { Reduction } from '../../kernels.js';
import type { Groups, Numbers } from '../../numbers.js';
import * as float32 from '../generated/float32.js';
import * as float64 from '../generated/float64.js';
import * as general from '../reduce.js';
import { type Loops, loopsFor } from './set.js';

/** The least length of a row that is worth a call. */
const LEAST = 8;

/** The reduction of a row, and of every column into `found`, which holds what no number changes. */
interface Rows {
  row(n: number, x: Numbers, p: number): number;
  columns(found: Float64Array, x: Numbers, groups: Groups): void;
}

/** The sum or the maximum of every group; the general loop runs for short rows. */
const reduction =
  (own: Loops<Rows>, start: number, plain: Reduction): Reduction =>
  (x, groups) => {
    const { outer, n, inner } = groups;
    const loops = (inner === 1 ? n : inner) < LEAST ? undefined : loopsFor(own, x);
    if (!loops) return plain(x, groups);
    const found = new Float64Array(outer * inner).fill(start);
    if (inner !== 1) loops.columns(found, x, groups);
    else for (let o = 0; o < outer; o++) found[o] = loops.row(n, x, o * n);
    return found;
  };

/** Columns by a loop that takes one more row into what was found in those before. */
const byRows =
  (beside: typeof float64.addRow): Rows['columns'] =>
  (found, x, { outer, n, inner }) => {
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < n; i++) beside(inner, found, o * inner, x, (o * n + i) * inner);
    }
  };

/** Sums of float64, corrected by the rounding errors of their additions. */
const compensated: Rows['columns'] = (totals, x, { outer, n, inner }) => {
  const lost = new Float64Array(inner);
  for (let o = 0; o < outer; o++) {
    const from = o * inner;
    lost.fill(0);
    for (let i = 0; i < n; i++) float64.addCompensated(inner, totals, from, lost, 0, x, (o * n + i) * inner);
    for (let j = 0; j < inner; j++) totals[from + j] = general.corrected(totals[from + j]!, lost[j]!);
  }
};

export const sum = reduction(
  {
    float32: { row: float32.sumRow, columns: byRows(float32.addRow) },
    float64: { row: float64.compensatedRow, columns: compensated },
  },
  0,
  general.sum,
);

export const max = reduction(
  {
    float32: { row: float32.maxRow, columns: byRows(float32.largerRow) },
    float64: { row: float64.maxRow, columns: byRows(float64.largerRow) },
  },
  -Infinity,
  general.max,
);

const DOT = {
  float32: { run: float32.dotRow },
  float64: { run: float64.compensatedDot },
};

export const dot = (x: Numbers, y: Numbers): number => {
  const loops = loopsFor(DOT, x, y);
  return loops ? loops.run(x.length, x, 0, y, 0) : general.dot(x, y);
};

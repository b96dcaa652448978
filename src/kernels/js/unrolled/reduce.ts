import type { Reduction } from '../../kernels.js';
import type { Groups, Numbers } from '../../numbers.js';
import * as general from '../reduce.js';
import { type Unrolled, unrolledFor } from './set.js';

/** The least length of a row that is worth a call. */
const LEAST = 8;

const LOOPS = {
  sum: { start: 0, row: 'sumRow', beside: 'addRow' },
  max: { start: -Infinity, row: 'maxRow', beside: 'largerRow' },
} as const;

/** The sum or the maximum of every group; the general loop runs for short rows. */
const reduction =
  (name: keyof typeof LOOPS, plain: Reduction): Reduction =>
  (x, groups) => {
    const { outer, n, inner } = groups;
    const loops = (inner === 1 ? n : inner) < LEAST ? undefined : unrolledFor(x);
    if (!loops) return plain(x, groups);
    if (name === 'sum' && x instanceof Float64Array) return sumCompensated(loops, x, groups);
    const { start, row, beside } = LOOPS[name];
    const found = new Float64Array(outer * inner).fill(start);
    if (inner === 1) {
      for (let o = 0; o < outer; o++) found[o] = loops[row](n, x, o * n);
      return found;
    }
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < n; i++) loops[beside](inner, found, o * inner, x, (o * n + i) * inner);
    }
    return found;
  };

export const sum = reduction('sum', general.sum);
export const max = reduction('max', general.max);

/** Sums of float64, corrected by the rounding errors of their additions. */
function sumCompensated(loops: Unrolled, x: Numbers, { outer, n, inner }: Groups): Float64Array {
  const totals = new Float64Array(outer * inner);
  if (inner === 1) {
    for (let o = 0; o < outer; o++) totals[o] = loops.compensatedRow(n, x, o * n);
    return totals;
  }
  const lost = new Float64Array(inner);
  for (let o = 0; o < outer; o++) {
    const from = o * inner;
    lost.fill(0);
    for (let i = 0; i < n; i++) loops.addCompensated(inner, totals, from, lost, 0, x, (o * n + i) * inner);
    for (let j = 0; j < inner; j++) totals[from + j] = general.corrected(totals[from + j]!, lost[j]!);
  }
  return totals;
}

export const dot = (x: Numbers, y: Numbers): number => {
  const loops = unrolledFor(x, y);
  if (!loops) return general.dot(x, y);
  return loops[x instanceof Float64Array ? 'compensatedDot' : 'dotRow'](x.length, x, 0, y, 0);
};

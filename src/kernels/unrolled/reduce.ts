import type { Groups, Numbers } from '../numbers.js';
import { corrected } from '../reduce.js';
import { type Unrolled, unrolledFor } from './set.js';

/** Rows below this length are not worth a call each. */
const LEAST = 8;

const LOOPS = {
  sum: { start: 0, row: 'sumRow', beside: 'addRow' },
  max: { start: -Infinity, row: 'maxRow', beside: 'largerRow' },
} as const;

/** The sum or the largest of every group; undefined for groups of few, or few side by side. */
export function reduce(name: 'sum' | 'max' | 'min', x: Numbers, groups: Groups): Float64Array | undefined {
  const { outer, n, inner } = groups;
  const loops = unrolledFor(x);
  if (!loops || name === 'min' || (inner === 1 ? n : inner) < LEAST) return undefined;
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
}

/** Sums of float64, with what their additions lost. */
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
    for (let j = 0; j < inner; j++) totals[from + j] = corrected(totals[from + j]!, lost[j]!);
  }
  return totals;
}

/** Σ x y. */
export const dot = (x: Numbers, y: Numbers): number | undefined =>
  unrolledFor(x, y)?.[x instanceof Float64Array ? 'compensatedDot' : 'dotRow'](x.length, x, 0, y, 0);

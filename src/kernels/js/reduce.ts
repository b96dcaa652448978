import type { Kernels, Reduction } from '../kernels.js';

/**
 * A sum of float64 accumulates the rounding error of each addition too (Knuth's two-sum; Ogita, Rump and Oishi 2005), so
 * that |error| ≤ u |Σ x| + n² u² Σ |x| for u = 2⁻⁵³.
 */
export const sum: Reduction = (x, groups) =>
  x instanceof Float64Array ? sum64(x, groups) : sum32(x, groups);

const sum32: Reduction = (x, { outer, n, inner }) => {
  const totals = new Float64Array(outer * inner);
  if (inner === 1) {
    for (let o = 0, p = 0; o < outer; o++) {
      let total = 0;
      for (let i = 0; i < n; i++) total += x[p++]!;
      totals[o] = total;
    }
    return totals;
  }
  for (let o = 0, p = 0; o < outer; o++) {
    for (let i = 0; i < n; i++) {
      for (let j = o * inner; j < (o + 1) * inner; j++) totals[j]! += x[p++]!;
    }
  }
  return totals;
};

const sum64: Reduction = (x, { outer, n, inner }) => {
  const totals = new Float64Array(outer * inner);
  const lost = new Float64Array(inner);
  for (let o = 0, p = 0; o < outer; o++) {
    lost.fill(0);
    for (let i = 0; i < n; i++) {
      for (let j = 0, t = o * inner; j < inner; j++, t++) {
        const value = x[p++]!;
        const total = totals[t]!;
        const next = total + value;
        const added = next - total;
        lost[j]! += total - (next - added) + (value - added);
        totals[t] = next;
      }
    }
    for (let j = 0, t = o * inner; j < inner; j++, t++) totals[t] = corrected(totals[t]!, lost[j]!);
  }
  return totals;
};

/** A sum plus the rounding errors of its additions, which are NaN if the sum is infinite, and then ignored. */
export const corrected = (total: number, lost: number): number =>
  Number.isFinite(lost) ? total + lost : total;

export const product: Reduction = (x, { outer, n, inner }) => {
  const products = new Float64Array(outer * inner).fill(1);
  for (let o = 0, p = 0; o < outer; o++) {
    for (let i = 0; i < n; i++) {
      for (let j = o * inner; j < (o + 1) * inner; j++) products[j]! *= x[p++]!;
    }
  }
  return products;
};

export const max: Reduction = (x, { outer, n, inner }) => {
  const most = new Float64Array(outer * inner).fill(-Infinity);
  for (let o = 0, p = 0; o < outer; o++) {
    for (let i = 0; i < n; i++) {
      for (let j = o * inner; j < (o + 1) * inner; j++, p++) {
        const value = x[p]!;
        if (!(value <= most[j]!) && (value > most[j]! || value !== value)) most[j] = value;
      }
    }
  }
  return most;
};

export const min: Reduction = (x, { outer, n, inner }) => {
  const least = new Float64Array(outer * inner).fill(Infinity);
  for (let o = 0, p = 0; o < outer; o++) {
    for (let i = 0; i < n; i++) {
      for (let j = o * inner; j < (o + 1) * inner; j++, p++) {
        const value = x[p]!;
        if (!(value >= least[j]!) && (value < least[j]! || value !== value)) least[j] = value;
      }
    }
  }
  return least;
};

/** Products of float64 are rounded, and summed as in `sum`. */
export const dot: Kernels['dot'] = (x, y) => {
  let total = 0;
  if (!(x instanceof Float64Array && y instanceof Float64Array)) {
    for (let i = 0; i < x.length; i++) total += x[i]! * y[i]!;
    return total;
  }
  let lost = 0;
  for (let i = 0; i < x.length; i++) {
    const value = x[i]! * y[i]!;
    const next = total + value;
    const added = next - total;
    lost += total - (next - added) + (value - added);
    total = next;
  }
  return corrected(total, lost);
};

export const isWithin: Kernels['isWithin'] = (x, limit) => {
  for (let i = 0; i < x.length; i++) if (!(Math.abs(x[i]!) <= limit)) return false;
  return true;
};

import type { Kernels } from '../kernels.js';

/** σ(z) from q = e^−|z|: neither side overflows or cancels. */
export const shareOf = (z: number, q: number): number => (z < 0 ? q : 1) / (1 + q);

/** Where the r of a part of a row is: part 0 is the first group of the first row. */
const rowOf = (part: number, groups: number, positions: number): number =>
  Math.floor(part / (groups * positions)) * groups + (part % groups);

export const swish: Kernels['swish'] = (
  { x, n, groups, positions, factor, inverse, gain, shift },
  t,
  out,
) => {
  const m = n / groups;
  for (let p = 0, part = 0; p < x.length; part++) {
    const r = inverse[rowOf(part, groups, positions)]!;
    for (let i = (part % groups) * m, end = i + m; i < end; i++, p++) {
      const value = x[p]!;
      const z = factor[i]! * value;
      t[p] = Math.exp(-Math.abs(z));
      const u = value * shareOf(z, t[p]!) * r;
      out[p] = (gain ? gain[i]! * u : u) + (shift ? shift[i]! : 0);
    }
  }
};

/**
 * With u = x σ r, h = γ dy r and q = h x σ (1 − σ), where σ = σ(w x): dx = h σ + q w and dw = Σ q x, dγ = Σ dy u and dβ = Σ dy, and
 * Σ γ dy u for every group of a row.
 */
export const swishBack: Kernels['swishBack'] = (
  { x, n, groups, positions, factor, inverse, gain },
  t,
  gradient,
  { ofX, ofGroup, ofFactor, ofGain, ofShift },
) => {
  const m = n / groups;
  for (const sums of [ofGroup, ofFactor, ofGain, ofShift]) sums?.fill(0);
  for (let p = 0, part = 0; p < x.length; part++) {
    const r = inverse[rowOf(part, groups, positions)]!;
    for (let i = (part % groups) * m, end = i + m; i < end; i++, p++) {
      const value = x[p]!;
      const g = gradient[p]!;
      const z = factor[i]! * value;
      const open = shareOf(z, t[p]!);
      const u = value * open * r;
      const grown = gain ? g * gain[i]! : g;
      const h = grown * r;
      const q = h * value * (open * shareOf(-z, t[p]!));
      ofX[p] = h * open + q * factor[i]!;
      ofGroup[part]! += grown * u;
      ofFactor[i]! += q * value;
      if (ofGain) ofGain[i]! += g * u;
      if (ofShift) ofShift[i]! += g;
    }
  }
};

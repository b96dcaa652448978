import type { Kernels } from '../kernels.js';

export const overLarger: Kernels['overLarger'] = (
  { x, n, positions, factor, added, least, gain, shift },
  out,
) => {
  for (let p = 0, row = 0; p < x.length; row++) {
    const sample = added.length === n ? 0 : Math.floor(row / positions) * n;
    for (let i = 0; i < n; i++, p++) {
      const value = x[p]!;
      const u = value / Math.max(factor[i]! * value + added[sample + i]!, least[i]!);
      out[p] = (gain ? gain[i]! * u : u) + (shift ? shift[i]! : 0);
    }
  }
};

/**
 * With D = max(R, B), R = w x + S, u = x / D and h = γ dy / D, of which hR belongs to R and hB to B: dx = hB + hR S / D, without
 * what comes through S and B; −dS = Σ hR u over the positions of a sample, −dB = Σ hB u, dw = −Σ hR u x, dγ = Σ dy u, dβ = Σ dy.
 */
export const overLargerBack: Kernels['overLargerBack'] = (
  { x, n, positions, factor, added, least, gain },
  gradient,
  { ofX, ofAdded, ofLeast, ofFactor, ofGain, ofShift },
) => {
  for (const sums of [ofAdded, ofLeast, ofFactor, ofGain, ofShift]) sums?.fill(0);
  for (let p = 0, row = 0; p < x.length; row++) {
    const sample = Math.floor(row / positions) * n;
    const own = added.length === n ? 0 : sample;
    for (let i = 0; i < n; i++, p++) {
      const value = x[p]!;
      const g = gradient[p]!;
      const S = added[own + i]!;
      const B = least[i]!;
      const R = factor[i]! * value + S;
      const D = Math.max(R, B);
      const u = value / D;
      const h = (gain ? g * gain[i]! : g) / D;
      const ofR = R > B ? h : R === B ? h / 2 : 0 * h;
      const ofB = h - ofR;
      ofX[p] = ofB + ofR * (S / D);
      if (ofAdded) ofAdded[sample + i]! += ofR * u;
      if (ofLeast) ofLeast[i]! += ofB * u;
      ofFactor[i]! -= ofR * u * value;
      if (ofGain) ofGain[i]! += g * u;
      if (ofShift) ofShift[i]! += g;
    }
  }
};

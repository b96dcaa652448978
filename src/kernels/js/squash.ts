import type { Kernels } from '../kernels.js';

export const squash: Kernels['squash'] = ({ x, groups, alpha, gain, shift }, t, out) => {
  const { n, inner } = groups;
  for (let p = 0, i = 0, j = 0; p < x.length; p++) {
    const value = Math.tanh(alpha * x[p]!);
    t[p] = value;
    out[p] = (gain ? gain[i]! * value : value) + (shift ? shift[i]! : 0);
    if (++j < inner) continue;
    j = 0;
    if (++i === n) i = 0;
  }
};

/**
 * With g = dy and q = g w (1 − t)(1 + t), where 1 − t is exact near 1: dx = α q and dα = Σ q x; dw = Σ g t and db = Σ
 * g over all elements that share a weight.
 */
export const squashBack: Kernels['squashBack'] = (
  { x, groups, alpha, gain },
  t,
  gradient,
  { ofX, ofGain, ofShift },
) => {
  const { n, inner } = groups;
  let ofAlpha = 0;
  ofGain?.fill(0);
  ofShift?.fill(0);
  for (let p = 0, i = 0, j = 0; p < x.length; p++) {
    const g = gradient[p]!;
    const value = t[p]!;
    const q = (gain ? g * gain[i]! : g) * ((1 - value) * (1 + value));
    if (ofX) ofX[p] = alpha * q;
    ofAlpha += q * x[p]!;
    if (ofGain) ofGain[i]! += g * value;
    if (ofShift) ofShift[i]! += g;
    if (++j < inner) continue;
    j = 0;
    if (++i === n) i = 0;
  }
  return ofAlpha;
};

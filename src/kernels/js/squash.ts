import type { Kernels } from '../kernels.js';
import type { Squash } from '../operands.js';
import { erf } from '../special.js';

/** A curve f, and its slope at z from z and t = f(z). */
interface Squashing {
  value(z: number): number;
  slope(z: number, t: number): number;
  /** z times the slope, where the slope may vanish although that does not; left out: it may not. */
  steep?(z: number): number;
}

/** z / √(1 + z²), which is ±1 to the last bit long before z² overflows. */
const isru = (z: number): number => (Math.abs(z) > 2 ** 60 ? Math.sign(z) : z / Math.sqrt(1 + z * z));

/** 1 / (1 + z²), also where z² overflows. */
const inverse = (z: number): number => (Math.abs(z) > 2 ** 510 ? (1 / z) * (1 / z) : 1 / (1 + z * z));

const CURVES: Readonly<Record<Squash['curve'], Squashing>> = {
  // 1 − t is exact near 1.
  tanh: { value: Math.tanh, slope: (_, t) => (1 - t) * (1 + t) },
  erf: { value: erf, slope: (z) => (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) },
  isru: {
    value: isru,
    slope: (z) => inverse(z) * Math.sqrt(inverse(z)),
    steep: (z) => isru(z) * inverse(z),
  },
};

export const squash: Kernels['squash'] = ({ x, groups, curve, alpha, offset, gain, shift }, t, out) => {
  const { n, inner } = groups;
  const { value: f } = CURVES[curve];
  for (let p = 0, i = 0, j = 0; p < x.length; p++) {
    const value = f(alpha * x[p]! + offset);
    t[p] = value;
    out[p] = (gain ? gain[i]! * value : value) + (shift ? shift[i]! : 0);
    if (++j < inner) continue;
    j = 0;
    if (++i === n) i = 0;
  }
};

/**
 * With g = dy and q = g w f′(α x + s): dx = α q, dα = Σ q x and ds = Σ q; dw = Σ g t and db = Σ g over all elements that
 * share a weight. For isru it is α dα = Σ q α x.
 */
export const squashBack: Kernels['squashBack'] = (
  { x, groups, curve, alpha, offset, gain },
  t,
  gradient,
  { ofX, ofOffset, ofGain, ofShift },
) => {
  const { n, inner } = groups;
  const { slope, steep } = CURVES[curve];
  let [ofAlpha, sum] = [0, 0];
  ofGain?.fill(0);
  ofShift?.fill(0);
  for (let p = 0, i = 0, j = 0; p < x.length; p++) {
    const g = gradient[p]!;
    const value = t[p]!;
    const grown = gain ? g * gain[i]! : g;
    const z = alpha * x[p]! + offset;
    const q = grown * slope(z, value);
    if (ofX) ofX[p] = alpha * q;
    ofAlpha += steep ? grown * steep(z) : q * x[p]!;
    sum += q;
    if (ofGain) ofGain[i]! += g * value;
    if (ofShift) ofShift[i]! += g;
    if (++j < inner) continue;
    j = 0;
    if (++i === n) i = 0;
  }
  ofOffset?.fill(sum);
  return ofAlpha;
};

import type { Groups, Numbers } from './numbers.js';

/**
 * What y = w tanh(α x) + b is made of: w is the gain and b the shift, as many numbers of each as a group has. Either may
 * be left out.
 */
export interface Squash {
  readonly x: Numbers;
  readonly groups: Groups;
  readonly alpha: number;
  readonly gain?: Numbers | undefined;
  readonly shift?: Numbers | undefined;
}

/** Where gradients go, which are written; those that nobody wants are left out. */
export interface SquashGradients {
  readonly ofX?: Numbers | undefined;
  readonly ofGain?: Float64Array | undefined;
  readonly ofShift?: Float64Array | undefined;
}

/** Writes t = tanh(α x), which the way back starts from, and y = w t + b. */
export function squash({ x, groups, alpha, gain, shift }: Squash, t: Numbers, out: Numbers): void {
  const { n, inner } = groups;
  for (let p = 0, i = 0, j = 0; p < x.length; p++) {
    const value = Math.tanh(alpha * x[p]!);
    t[p] = value;
    out[p] = (gain ? gain[i]! * value : value) + (shift ? shift[i]! : 0);
    if (++j < inner) continue;
    j = 0;
    if (++i === n) i = 0;
  }
}

/**
 * The gradients of x, w and b from that of y, which is g; it returns that of α. With q = g w (1 − t)(1 + t), where 1 − t
 * is exact near 1, dx = α q and dα = Σ q x. dw = Σ g t and db = Σ g, over what shared a number.
 */
export function squashBack(
  { x, groups, alpha, gain }: Squash,
  t: Numbers,
  gradient: Numbers,
  { ofX, ofGain, ofShift }: SquashGradients,
): number {
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
}

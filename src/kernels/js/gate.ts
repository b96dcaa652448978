import type { Kernels } from '../kernels.js';
import { shareOf } from './swish.js';

export const gate: Kernels['gate'] = (isSilu, a, z, t, out) => {
  for (let i = 0; i < out.length; i++) {
    const at = z[i]!;
    t[i] = Math.exp(-Math.abs(at));
    const share = shareOf(at, t[i]!);
    out[i] = a[i]! * (isSilu ? (at === -Infinity ? 0 : at * share) : share);
  }
};

/** With σ = σ(z): φ′ is σ (1 − σ) for φ = σ, and σ + z σ (1 − σ) for φ = z σ, whose second term is 0 at infinity. */
export const gateBack: Kernels['gateBack'] = (isSilu, a, z, t, gradient, { ofA, ofZ }) => {
  for (let i = 0; i < ofA.length; i++) {
    const [g, at, q] = [gradient[i]!, z[i]!, t[i]!];
    const [share, other] = [shareOf(at, q), shareOf(-at, q)];
    const turn = Math.abs(at) === Infinity ? 0 : at * other;
    ofA[i] = g * (isSilu ? (at === -Infinity ? 0 : at * share) : share);
    ofZ[i] = g * a[i]! * (share * (isSilu ? 1 + turn : other));
  }
  return false;
};

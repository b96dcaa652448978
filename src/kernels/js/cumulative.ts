import type { Kernels } from '../kernels.js';
import type { Groups } from '../numbers.js';

/**
 * Accumulates in float64 with the rounding errors (Neumaier 1974), so that errors do not grow along the group, and
 * rounds each element once.
 */
export const cumulativeSum: Kernels['cumulativeSum'] = (x, out, groups, reverse, exclusive) => {
  eachGroup(groups, reverse, (at, step, n) => {
    let [sum, lost, total] = [0, 0, 0];
    for (let i = 0, p = at; i < n; i++, p += step) {
      const before = total;
      const value = x[p]!;
      const next = sum + value;
      lost += Math.abs(sum) < Math.abs(value) ? value - next + sum : sum - next + value;
      sum = next;
      // An infinite sum has no rounding error.
      total = Number.isFinite(sum) ? sum + lost : sum;
      out[p] = exclusive ? before : total;
    }
  });
};

/** Accumulates in float64, and rounds each element once. */
export const cumulativeProduct: Kernels['cumulativeProduct'] = (x, out, groups) => {
  eachGroup(groups, false, (at, step, n) => {
    let product = 1;
    for (let i = 0, p = at; i < n; i++, p += step) {
      product *= x[p]!;
      out[p] = product;
    }
  });
};

/** dxᵢ = pᵢ·sᵢ, where pᵢ is the product of all x before xᵢ, and sᵢ = gᵢ + xᵢ₊₁·sᵢ₊₁. */
export const cumulativeProductBack: Kernels['cumulativeProductBack'] = (g, x, out, groups) => {
  const behind = new Float64Array(groups.n);
  eachGroup(groups, false, (at, step, n) => {
    for (let i = n - 1; i >= 0; i--) {
      const p = at + i * step;
      behind[i] = g[p]! + (i + 1 < n ? x[p + step]! * behind[i + 1]! : 0);
    }
    let before = 1;
    for (let i = 0, p = at; i < n; i++, p += step) {
      out[p] = before * behind[i]!;
      before *= x[p]!;
    }
  });
};

/** The product of all others is that of the elements before times that of the elements behind. */
export const productBack: Kernels['productBack'] = (g, x, out, groups) => {
  const behind = new Float64Array(groups.n + 1);
  let group = 0;
  eachGroup(groups, false, (at, step, n) => {
    const gradient = g[group++]!;
    behind[n] = 1;
    for (let i = n - 1; i >= 0; i--) behind[i] = behind[i + 1]! * x[at + i * step]!;
    let before = 1;
    for (let i = 0, p = at; i < n; i++, p += step) {
      out[p] = gradient * (before * behind[i + 1]!);
      before *= x[p]!;
    }
  });
};

/** Calls `visit` with the first element of every group and the step to the next element, in the order of the groups. */
function eachGroup(
  { outer, n, inner }: Groups,
  reverse: boolean,
  visit: (at: number, step: number, n: number) => void,
): void {
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      const first = o * n * inner + j;
      if (reverse) visit(first + (n - 1) * inner, -inner, n);
      else visit(first, inner, n);
    }
  }
}

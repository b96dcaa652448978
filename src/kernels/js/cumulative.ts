import type { Kernels } from '../kernels.js';
import type { Groups } from '../numbers.js';

/**
 * out ← the running sum of every group, accumulated in float64 with what rounding lost (Neumaier 1974), so that errors do not grow along
 * the group, and rounded once a number. `reverse` begins at the end; `exclusive` leaves the number itself out, so that the first is 0.
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
      // Of an infinite sum nothing was lost.
      total = Number.isFinite(sum) ? sum + lost : sum;
      out[p] = exclusive ? before : total;
    }
  });
};

/** out ← the running product of every group, accumulated in float64 and rounded once a number. */
export const cumulativeProduct: Kernels['cumulativeProduct'] = (x, out, groups) => {
  eachGroup(groups, false, (at, step, n) => {
    let product = 1;
    for (let i = 0, p = at; i < n; i++, p += step) {
      product *= x[p]!;
      out[p] = product;
    }
  });
};

/**
 * The backward pass of a running product, without a division, so that zeros are no exception:
 * dxᵢ = pᵢ·sᵢ, where pᵢ is the product of all x before xᵢ, and sᵢ = gᵢ + xᵢ₊₁·sᵢ₊₁.
 */
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

/** The backward pass of the product of every group: g times the product of all others. */
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

/** Visits every group by its first number and the step to the next one, in the order of the groups. */
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

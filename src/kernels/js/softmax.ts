import type { Kernels } from '../kernels.js';
import { max } from './unrolled/reduce.js';

/** Subtracts the largest x first and adds it last, so that no power overflows; if all x are −∞, the result is −∞. */
export const logSumExp: Kernels['logSumExp'] = (x, groups) => {
  const { outer, n, inner } = groups;
  const largest = max(x, groups);
  const totals = new Float64Array(outer * inner);
  for (let o = 0, p = 0; o < outer; o++) {
    for (let i = 0; i < n; i++) {
      for (let j = o * inner; j < (o + 1) * inner; j++, p++) {
        const shift = largest[j]!;
        totals[j]! += Math.exp(x[p]! - (Number.isFinite(shift) ? shift : 0));
      }
    }
  }
  for (let j = 0; j < totals.length; j++) {
    const shift = largest[j]!;
    totals[j] = Math.log(totals[j]!) + (Number.isFinite(shift) ? shift : 0);
  }
  return totals;
};

/** eˣ / Σ eˣ, summed in float64; a steepness multiplies what is left of x after the largest is subtracted. */
export const softmax: Kernels['softmax'] = (x, out, groups, steepness = 1) => {
  const largest = max(x, groups);
  const { outer, n, inner } = groups;
  const totals = new Float64Array(outer * inner);
  for (let o = 0, p = 0; o < outer; o++) {
    for (let i = 0; i < n; i++) {
      for (let j = o * inner; j < (o + 1) * inner; j++, p++) {
        const power = Math.exp((x[p]! - largest[j]!) * steepness);
        out[p] = power;
        totals[j]! += power;
      }
    }
  }
  for (let o = 0, p = 0; o < outer; o++) {
    for (let i = 0; i < n; i++) {
      for (let j = o * inner; j < (o + 1) * inner; j++, p++) out[p] = out[p]! / totals[j]!;
    }
  }
};

/** y ⊙ (g − ⟨y, g⟩): the Jacobian of softmax is symmetric. */
export const softmaxBack: Kernels['softmaxBack'] = (gradient, y, out, { outer, n, inner }) => {
  const inward = new Float64Array(outer * inner);
  for (let o = 0, p = 0; o < outer; o++) {
    for (let i = 0; i < n; i++) {
      for (let j = o * inner; j < (o + 1) * inner; j++, p++) inward[j]! += gradient[p]! * y[p]!;
    }
  }
  for (let o = 0, p = 0; o < outer; o++) {
    for (let i = 0; i < n; i++) {
      for (let j = o * inner; j < (o + 1) * inner; j++, p++) out[p] = y[p]! * (gradient[p]! - inward[j]!);
    }
  }
};

/** x − ln Σ eˣ, with the largest x subtracted from both first: far from 0, the difference keeps its digits. */
export const logSoftmax: Kernels['logSoftmax'] = (x, out, groups) => {
  const largest = max(x, groups);
  const { outer, n, inner } = groups;
  const totals = new Float64Array(outer * inner);
  for (let o = 0, p = 0; o < outer; o++) {
    for (let i = 0; i < n; i++) {
      for (let j = o * inner; j < (o + 1) * inner; j++) totals[j]! += Math.exp(x[p++]! - largest[j]!);
    }
  }
  for (let j = 0; j < totals.length; j++) totals[j] = Math.log(totals[j]!);
  for (let o = 0, p = 0; o < outer; o++) {
    for (let i = 0; i < n; i++) {
      for (let j = o * inner; j < (o + 1) * inner; j++, p++) out[p] = x[p]! - largest[j]! - totals[j]!;
    }
  }
};

/** g − eʸ Σ g. */
export const logSoftmaxBack: Kernels['logSoftmaxBack'] = (gradient, y, out, { outer, n, inner }) => {
  const totals = new Float64Array(outer * inner);
  for (let o = 0, p = 0; o < outer; o++) {
    for (let i = 0; i < n; i++) {
      for (let j = o * inner; j < (o + 1) * inner; j++) totals[j]! += gradient[p++]!;
    }
  }
  for (let o = 0, p = 0; o < outer; o++) {
    for (let i = 0; i < n; i++) {
      for (let j = o * inner; j < (o + 1) * inner; j++, p++)
        out[p] = gradient[p]! - Math.exp(y[p]!) * totals[j]!;
    }
  }
};

/**
 * −ln softmax(x) at the label, and its gradient: softmax(x), minus 1 at the label. The latter is −(the sum of the other
 * shares), which keeps its digits if the label is almost certain.
 */
export const crossEntropy: Kernels['crossEntropy'] = (x, labels, losses, gradient, n) => {
  for (let row = 0, p = 0; row < labels.length; row++, p += n) {
    let most = -Infinity;
    for (let i = p; i < p + n; i++) if (!(x[i]! <= most)) most = x[i]!;
    const at = p + labels[row]!;
    let rest = 0;
    for (let i = p; i < p + n; i++) {
      const power = Math.exp(x[i]! - most);
      gradient[i] = power;
      if (i !== at) rest += power;
    }
    const total = rest + Math.exp(x[at]! - most);
    losses[row] = Math.log(total) - (x[at]! - most);
    for (let i = p; i < p + n; i++) gradient[i] = gradient[i]! / total;
    gradient[at] = -rest / total;
  }
};

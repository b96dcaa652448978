import type { Kernels } from '../kernels.js';

/** Within this distance of 1, D, P and their inverses have all digits. */
const MOST = { single: 2 ** 126, double: 2 ** 1022 };

/** The first number of the window of each element of a row, and the end. */
const reach = (i: number, n: number, before: number, length: number) =>
  [Math.max(0, i - before), Math.min(n, i - before + length)] as const;

export const overWindow: Kernels['overWindow'] = (x, task, r, d, out) => {
  const { n, before, length, factor, offset, quarters } = task;
  const most = x instanceof Float32Array ? MOST.single : MOST.double;
  const squares = new Float64Array(n);
  for (let from = 0; from < x.length; from += n) {
    for (let i = 0; i < n; i++) squares[i] = (factor * x[from + i]!) ** 2;
    for (let i = 0, p = from; i < n; i++, p++) {
      const [first, end] = reach(i, n, before, length);
      let sum = offset;
      for (let k = first; k < end; k++) sum += squares[k]!;
      const root = Math.sqrt(sum);
      const power =
        (quarters & 4 ? sum : 1) * (quarters & 2 ? root : 1) * (quarters & 1 ? Math.sqrt(root) : 1);
      const far = quarters > 4 ? power : sum;
      d[p] = sum;
      r[p] = far < most && far > 1 / most ? 1 / power : NaN;
      out[p] = x[p]! * r[p]!;
    }
  }
};

export const overWindowBack: Kernels['overWindowBack'] = (x, task, r, d, gradient, ofX) => {
  const { n, before, length, factor, quarters } = task;
  const turned = new Float64Array(n);
  for (let from = 0; from < x.length; from += n) {
    for (let i = 0, p = from; i < n; i++, p++)
      turned[i] = gradient[p]! * r[p]! * (((factor * x[p]!) / d[p]!) * (quarters / 2));
    for (let i = 0, p = from; i < n; i++, p++) {
      // A window reaches as far behind its own number as those that hold the number begin before it.
      const [first, end] = reach(i, n, length - 1 - before, length);
      let sum = 0;
      for (let k = first; k < end; k++) sum += turned[k]!;
      ofX[p] = gradient[p]! * r[p]! - factor * x[p]! * sum;
    }
  }
};

import type { Kernels } from '../kernels.js';

export const sumOfProducts: Kernels['sumOfProducts'] = (a, s, b, t, out, { outer, n, inner }) => {
  let p = 0;
  for (let o = 0; o < outer; o++) {
    const [q, r] = [o * s.step, o * t.step];
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < inner; j++, p++) {
        const offset = t.numbers[r + j]!;
        out[p] = a[p]! * s.numbers[q + j]! + (b ? b[p]! * offset : offset);
      }
    }
  }
};

import type { Kernels } from '../kernels.js';

/** The number of products in a partial sum: the depth of a panel of the faster kernels, whose bits these are. */
const DEPTH = 256;

export const matmul: Kernels['matmul'] = (m, k, n, a, b, out, at) => {
  for (let i = 0, o = at; i < m; i++) {
    for (let j = 0; j < n; j++, o++) {
      let p = a.at + i * a.row;
      let q = b.at + j * b.column;
      let total = 0;
      for (let from = 0; from < k; from += DEPTH) {
        let sum = 0;
        const end = Math.min(k, from + DEPTH);
        for (let l = from; l < end; l++, p += a.column, q += b.row) sum += a.data[p]! * b.data[q]!;
        total += sum;
      }
      out[o] = total;
    }
  }
};

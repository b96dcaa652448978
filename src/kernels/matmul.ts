import type { Numbers } from './numbers.js';

/** A matrix inside some data: its first element, and the steps to the next row and column. */
export interface Matrix {
  readonly data: Numbers;
  readonly at: number;
  readonly row: number;
  readonly column: number;
}

/** So many products are summed up before their sum joins the others: as far as a panel of the faster kernels reaches. */
const DEPTH = 256;

/** out ← A · B for A of [m, k] and B of [k, n]; out is row-major from `at`. Sums are in float64. */
export function matmul(
  m: number,
  k: number,
  n: number,
  a: Matrix,
  b: Matrix,
  out: Numbers,
  at: number,
): void {
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
}

import type { Numbers } from './numbers.js';

/** Takes blocks out of [outer, n, inner] data by their index along the middle: out is [outer, picks, inner]. */
export function gather(
  x: Numbers,
  out: Numbers,
  picks: Int32Array,
  outer: number,
  n: number,
  inner: number,
): void {
  for (let o = 0, p = 0; o < outer; o++) {
    for (let i = 0; i < picks.length; i++) {
      const from = (o * n + picks[i]!) * inner;
      for (let j = 0; j < inner; j++) out[p++] = x[from + j]!;
    }
  }
}

/** The transpose of gather: adds every block of x to the place in `sums` that it was taken from. */
export function scatterAdd(
  x: Numbers,
  sums: Float64Array,
  picks: Int32Array,
  outer: number,
  n: number,
  inner: number,
): void {
  for (let o = 0, p = 0; o < outer; o++) {
    for (let i = 0; i < picks.length; i++) {
      const to = (o * n + picks[i]!) * inner;
      for (let j = 0; j < inner; j++) sums[to + j]! += x[p++]!;
    }
  }
}

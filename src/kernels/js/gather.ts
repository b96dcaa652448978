import type { Kernels } from '../kernels.js';

/** Takes blocks out of [outer, n, inner] data by their index along the middle: out is [outer, picks, inner]. */
export const gather: Kernels['gather'] = (x, out, picks, outer, n, inner) => {
  for (let o = 0, p = 0; o < outer; o++) {
    for (let i = 0; i < picks.length; i++) {
      const from = (o * n + picks[i]!) * inner;
      for (let j = 0; j < inner; j++) out[p++] = x[from + j]!;
    }
  }
};

/** The transpose of gather: adds every block of x to the place in `sums` that it was taken from. */
export const scatterAdd: Kernels['scatterAdd'] = (x, sums, picks, outer, n, inner) => {
  for (let o = 0, p = 0; o < outer; o++) {
    for (let i = 0; i < picks.length; i++) {
      const to = (o * n + picks[i]!) * inner;
      for (let j = 0; j < inner; j++) sums[to + j]! += x[p++]!;
    }
  }
};

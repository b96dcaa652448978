import type { Kernels } from '../kernels.js';

export const gather: Kernels['gather'] = (x, out, picks, outer, n, inner) => {
  for (let o = 0, p = 0; o < outer; o++) {
    for (let i = 0; i < picks.length; i++) {
      const from = (o * n + picks[i]!) * inner;
      for (let j = 0; j < inner; j++) out[p++] = x[from + j]!;
    }
  }
};

export const scatterAdd: Kernels['scatterAdd'] = (x, sums, picks, outer, n, inner) => {
  for (let o = 0, p = 0; o < outer; o++) {
    for (let i = 0; i < picks.length; i++) {
      const to = (o * n + picks[i]!) * inner;
      for (let j = 0; j < inner; j++) sums[to + j]! += x[p++]!;
    }
  }
};

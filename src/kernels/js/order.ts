import type { Kernels } from '../kernels.js';

export const order: Kernels['order'] = (x, { outer, n, inner }, count, descending) => {
  const picks = new Int32Array(outer * count * inner);
  const positions = new Int32Array(n);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      const at = o * n * inner + j;
      const value = (i: number): number => x[at + i * inner]!;
      for (let i = 0; i < n; i++) positions[i] = i;
      positions.sort(
        descending
          ? (a, b) => compare(value(b), value(a)) || a - b
          : (a, b) => compare(value(a), value(b)) || a - b,
      );
      for (let i = 0; i < count; i++) picks[(o * count + i) * inner + j] = positions[i]!;
    }
  }
  return picks;
};

const compare = (a: number, b: number): number =>
  a < b ? -1 : a > b ? 1 : Number(Number.isNaN(a)) - Number(Number.isNaN(b));

export const extremePosition: Kernels['extremePosition'] = (x, { outer, n, inner }, sign) => {
  const positions = new Int32Array(outer * inner);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      let [at, best] = [0, sign * x[o * n * inner + j]!];
      for (let i = 1; i < n && !Number.isNaN(best); i++) {
        const value = sign * x[(o * n + i) * inner + j]!;
        if (value > best || Number.isNaN(value)) [at, best] = [i, value];
      }
      positions[o * inner + j] = at;
    }
  }
  return positions;
};

export const takeAlong: Kernels['takeAlong'] = (x, out, picks, { outer, n, inner }) => {
  const count = picks.length / (outer * inner);
  for (let o = 0, p = 0; o < outer; o++) {
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < inner; j++, p++) out[p] = x[(o * n + picks[p]!) * inner + j]!;
    }
  }
};

export const putAlong: Kernels['putAlong'] = (x, out, picks, { outer, n, inner }) => {
  const count = picks.length / (outer * inner);
  out.fill(0);
  for (let o = 0, p = 0; o < outer; o++) {
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < inner; j++, p++) out[(o * n + picks[p]!) * inner + j] = x[p]!;
    }
  }
};

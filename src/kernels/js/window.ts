import type { Kernels } from '../kernels.js';

/**
 * Cuts a group into blocks as long as a window, so that a window meets two at most: the end of one and the start of the
 * next. Sums to the end and from the start of every block take two additions an element, however long a window is.
 */
export const windowSum: Kernels['windowSum'] = (x, out, { outer, n, inner }, before, after) => {
  const length = before + after + 1;
  const [toEnd, fromStart] = [new Float64Array(n), new Float64Array(n)];
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      const first = o * n * inner + j;
      for (let i = 0; i < n; i++) {
        const value = x[first + i * inner]!;
        fromStart[i] = i % length === 0 ? value : fromStart[i - 1]! + value;
      }
      for (let i = n - 1; i >= 0; i--) {
        const value = x[first + i * inner]!;
        toEnd[i] = i === n - 1 || (i + 1) % length === 0 ? value : toEnd[i + 1]! + value;
      }
      for (let i = 0; i < n; i++) {
        const from = Math.max(0, i - before);
        const to = Math.min(n - 1, i + after);
        const startsBlock = from % length === 0;
        const inOne = Math.floor(from / length) === Math.floor(to / length);
        out[first + i * inner] = inOne
          ? startsBlock
            ? fromStart[to]!
            : toEnd[from]!
          : toEnd[from]! + fromStart[to]!;
      }
    }
  }
};

import type { Kernels } from '../kernels.js';

/** If no element of a group equals its extreme, as in a group with a NaN, all gradients of the group are NaN. */
export const extremeBack: Kernels['extremeBack'] = (x, extreme, gradient, out, { outer, n, inner }) => {
  out.fill(0);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      const group = o * inner + j;
      const [from, end] = [o * n * inner + j, (o + 1) * n * inner];
      const value = extreme[group]!;
      let count = 0;
      let last = from;
      let p = from;
      // Four elements at a time: in most groups only one equals the extreme.
      for (const whole = end - 3 * inner; p < whole; p += 4 * inner) {
        const [a, b, c] = [p + inner, p + 2 * inner, p + 3 * inner];
        if (x[p] !== value && x[a] !== value && x[b] !== value && x[c] !== value) continue;
        for (let q = p; q <= c; q += inner) {
          if (x[q] !== value) continue;
          count++;
          last = q;
        }
      }
      for (; p < end; p += inner) {
        if (x[p] !== value) continue;
        count++;
        last = p;
      }
      const share = count ? gradient[group]! / count : NaN;
      if (count === 1) out[last] = share;
      else for (let q = from; q < end; q += inner) if (!count || x[q] === value) out[q] = share;
    }
  }
};

import type { Kernels } from '../kernels.js';

/** Data is [outer, places, inner, 2 · half]; cosines and sines are [places, half], or [outer, places, half]. */
export const rotate: Kernels['rotate'] = (x, out, cosines, sines, outer, places, inner, half, sign) => {
  const step = cosines.length > places * half ? places : 0;
  for (let o = 0, at = 0; o < outer; o++) {
    for (let place = o * step; place < o * step + places; place++) {
      for (let i = 0; i < inner; i++, at += 2 * half) {
        for (let j = 0; j < half; j++) {
          const [a, b] = [x[at + j]!, x[at + half + j]!];
          const cosine = cosines[place * half + j]!;
          const sine = sign * sines[place * half + j]!;
          out[at + j] = a * cosine - b * sine;
          out[at + half + j] = b * cosine + a * sine;
        }
      }
    }
  }
};

import type { Numbers } from './numbers.js';

/**
 * Turns the pairs (x[i], x[i + half]) of every row by the angles of its place: data is [outer, places, inner, 2 · half],
 * and cosines and sines are [places, half], or [outer, places, half]. With the sines negated it turns back, which is the transpose.
 */
export function rotate(
  x: Numbers,
  out: Numbers,
  cosines: Float64Array,
  sines: Float64Array,
  outer: number,
  places: number,
  inner: number,
  half: number,
  sign: 1 | -1,
): void {
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
}

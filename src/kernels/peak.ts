import type { Groups, Numbers } from './numbers.js';

/**
 * The way back through an extreme of every group: its gradient is shared evenly among the places that have it, and 0 goes
 * to all others. A group that has it nowhere, as one with a NaN, gets NaN.
 */
export function extremeBack(
  x: Numbers,
  extreme: Numbers,
  gradient: Numbers,
  out: Numbers,
  { outer, n, inner }: Groups,
): void {
  out.fill(0);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      const group = o * inner + j;
      const [from, end] = [o * n * inner + j, (o + 1) * n * inner];
      const value = extreme[group]!;
      let count = 0;
      for (let p = from; p < end; p += inner) if (x[p] === value) count++;
      const share = count ? gradient[group]! / count : NaN;
      for (let p = from; p < end; p += inner) if (!count || x[p] === value) out[p] = share;
    }
  }
}

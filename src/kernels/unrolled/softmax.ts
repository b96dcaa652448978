import type { Groups, Numbers } from '../numbers.js';
import { unrolledFor } from './set.js';

type Name = 'softmax' | 'logSoftmax';

/** Softmax of every row, or its logarithm; false, and nothing done, where groups lie side by side. */
export function softmax(
  name: Name,
  x: Numbers,
  out: Numbers,
  largest: Float64Array,
  { outer, n, inner }: Groups,
): boolean {
  const loops = unrolledFor(x, out);
  if (!loops || inner !== 1) return false;
  for (let o = 0, p = 0; o < outer; o++, p += n) {
    const most = largest[o]!;
    if (name === 'softmax') loops.divideRow(n, out, p, loops.powerOfRow(n, x, p, most, out));
    else loops.lessBoth(n, x, p, most, Math.log(loops.sumPowers(n, x, p, most)), out);
  }
  return true;
}

/** The way back through either. */
export function softmaxBack(
  name: Name,
  gradient: Numbers,
  y: Numbers,
  out: Numbers,
  { outer, n, inner }: Groups,
): boolean {
  const loops = unrolledFor(y, gradient, out);
  if (!loops || inner !== 1) return false;
  for (let o = 0, p = 0; o < outer; o++, p += n) {
    if (name === 'softmax') loops.softmaxPull(n, gradient, y, p, loops.dotRow(n, gradient, p, y, p), out);
    else loops.logSoftmaxPull(n, gradient, y, p, loops.sumRow(n, gradient, p), out);
  }
  return true;
}

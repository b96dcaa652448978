import * as kernels from '../kernels/index.js';
import { type NdArray, demandShapeOf, empty, emptyLike } from './array.js';
import { cast, flat } from './contiguous.js';
import type { View } from './view.js';

/** Sums of n columns in float64, which start at 0. */
function sums(n: number): View {
  const made = empty([n], 'float64');
  made.store.numbers.fill(0);
  return made;
}

const numbers = (a: View): Float64Array => a.store.numbers as Float64Array;

/** Σ x w over every part of the rows of x, which are as long as w and split into equal groups, in float64. */
export function partDots(x: NdArray, w: NdArray, groups: number) {
  const own = cast(w, x.dtype);
  const value = new Float64Array((x.size / w.size) * groups);
  kernels.partDots(flat(x), flat(own), groups, value);
  return {
    value,
    /** Adds the gradient of x to what is in `ofX`, which must be ours, and returns that of w. */
    pullback(t: Float64Array, ofX: NdArray): NdArray {
      demandShapeOf('partDots.ofX', ofX, x.shape);
      const ofW = sums(w.size);
      kernels.partDotsBack(flat(x), flat(own), groups, t, flat(ofX), numbers(ofW));
      return ofW;
    },
  };
}

/** a (t s + c) for rows s and c, and one t for every part of the rows of a, in one pass. */
export function partGains(a: NdArray, t: Float64Array, s: NdArray, c: NdArray, groups: number) {
  // The kernels read a and its weights in one dtype.
  const [own, added] = [cast(s, a.dtype), cast(c, a.dtype)];
  const task = () => ({ a: flat(a), t, s: flat(own), c: flat(added), groups });
  const value = emptyLike(a);
  kernels.partGains(task(), value.store.numbers);
  return {
    value,
    pullback(g: NdArray) {
      demandShapeOf('partGains.gradient', g, a.shape);
      const [ofA, ofT] = [emptyLike(a), new Float64Array(t.length)];
      const [ofS, ofC] = [sums(s.size), sums(c.size)];
      const outgoing = { ofA: ofA.store.numbers, ofT, ofS: numbers(ofS), ofC: numbers(ofC) };
      kernels.partGainsBack(task(), flat(cast(g, a.dtype)), outgoing);
      return { a: ofA, t: ofT, s: ofS, c: ofC };
    },
  };
}

import * as kernels from '../kernels/index.js';
import type { NdArray } from './array.js';
import { grouped } from './groups.js';

/** The sum over a window around each element along an axis, from so many elements `before` it to so many `after` it. */
export function windowSum(a: NdArray, axis: number, before: number, after: number): NdArray {
  const layout = grouped(a, axis);
  const { groups } = layout;
  const out = layout.room();
  // A window that is longer than the axis meets all of it.
  const most = Math.max(0, groups.n - 1);
  kernels.windowSum(layout.data, out.store.numbers, groups, Math.min(before, most), Math.min(after, most));
  return layout.restore(out);
}

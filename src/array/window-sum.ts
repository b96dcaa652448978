import * as kernels from '../kernels/index.js';
import { type NdArray, demandShapeOf, emptyLike } from './array.js';
import { cast, flat } from './contiguous.js';
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

/** How y = x / P is formed, with P = D^(quarters / 4) and D = offset + Σ (factor · x)² over a window around each number. */
interface OverWindow {
  readonly before: number;
  readonly after: number;
  readonly factor: number;
  readonly offset: number;
  readonly quarters: number;
}

/** The longest window whose numbers are read one after the other. */
const LONGEST = 32;

/**
 * x / P in one pass along rows, with NaN where D or P leaves the range of the dtype, in the value and wherever a window
 * with it passes a gradient; undefined for long windows, or if the axis is not the last.
 */
export function overWindow(x: NdArray, axis: number, recipe: OverWindow) {
  const { factor, offset, quarters } = recipe;
  const { groups } = grouped(x, axis);
  const most = Math.max(0, groups.n - 1);
  const [before, after] = [Math.min(recipe.before, most), Math.min(recipe.after, most)];
  const length = before + after + 1;
  if (groups.inner !== 1 || length > LONGEST) return undefined;
  const task = { n: groups.n, before, length, factor, offset, quarters };
  const [r, d, value] = [emptyLike(x), emptyLike(x), emptyLike(x)];
  kernels.overWindow(flat(x), task, r.store.numbers, d.store.numbers, value.store.numbers);
  return {
    value,
    pullback(g: NdArray): NdArray {
      demandShapeOf('overWindow.gradient', g, x.shape);
      const ofX = emptyLike(x);
      kernels.overWindowBack(
        flat(x),
        task,
        r.store.numbers,
        d.store.numbers,
        flat(cast(g, x.dtype)),
        ofX.store.numbers,
      );
      return ofX;
    },
  };
}

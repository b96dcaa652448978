import { type Axes, type NdArray, extremeBack, flat, max, sub, sum, zip } from '../../array/index.js';

/**
 * The largest x along the axes, which stay with size 1; numbers that tie share the gradient evenly. If x was rounded from a
 * `source` in the same order, ties are read off the source: those that only rounding made do not count.
 */
export function peak(x: NdArray, axes: Axes, source = x) {
  return {
    value: max(x, axes),
    pullback: (g: NdArray) => extremeBack(source, max(source, axes), g, axes),
  };
}

/** The distance of the groups of x from a tie for the largest, where `peak` has no gradient. */
export function tieGap(x: NdArray, axes: Axes): number {
  const most = max(x, axes);
  const others = max(
    zip(x, most, (a, top) => (a === top ? -Infinity : a)),
    axes,
  );
  const ties = sum(
    zip(x, most, (a, top) => (a === top ? 1 : 0)),
    axes,
  );
  return flat(ties).some((count) => count > 1) ? 0 : Math.min(...flat(sub(most, others)));
}

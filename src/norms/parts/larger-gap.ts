import { type NdArray, ROUNDOFF, broadcastTo, cast, flat, onto, reshape } from '../../array/index.js';
import { allButFeatures, positionsOf } from './axes.js';
import type { Larger } from './evo-weights.js';
import { standardizeWhere } from './masked.js';
import { rootOf } from './running.js';

/**
 * A bound on the distance of x and w from the nearest at which B and w x + S are equal: no slope of the latter exceeds the
 * divisor. 0 if rounding decides which is larger.
 */
export function largerGap(
  mask: NdArray | undefined,
  x: NdArray,
  factor: NdArray,
  { axis, epsilon, running }: Larger & { readonly axis: number },
): number {
  const own = onto(x.shape, axis);
  const spread = (a: NdArray): ArrayLike<number> => flat(broadcastTo(cast(a, 'float64'), x.shape));
  const rootOver = (axes: readonly number[]): NdArray =>
    standardizeWhere(mask, x, axes, epsilon, { along: axis }).moments().length;
  const S = spread(rootOver(positionsOf(x.shape, axis)));
  const B = spread(
    running ? reshape(rootOf(running, epsilon), own) : rootOver(allButFeatures(x.shape, axis)),
  );
  const w = spread(reshape(factor, own));
  const rounding = (x.size + 32) * ROUNDOFF[x.dtype];
  const gaps = Array.from(spread(x), (value, i) => {
    const product = w[i]! * value;
    const size = Math.abs(product) + S[i]! + B[i]!;
    const gap = Math.abs(product + S[i]! - B[i]!) - rounding * size;
    return Math.max(0, gap) / Math.max(2 + Math.abs(w[i]!), Math.abs(value));
  });
  return Math.min(...gaps);
}

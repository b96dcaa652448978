import * as kernels from '../kernels/index.js';
import { scale } from './arithmetic.js';
import {
  type Axes,
  type NdArray,
  type Shape,
  demandCount,
  demandShapeOf,
  empty,
  emptyLike,
  filled,
  positiveAxes,
  sizeOf,
} from './array.js';
import { broadcastTo } from './broadcast.js';
import { cast, flat, reshape } from './contiguous.js';
import type { Weights } from './normalize.js';
import { SHORT, mended } from './range.js';
import { sumTo } from './reduce.js';

/** The function of one number that `squash` applies, where it is not tanh. */
type Curve =
  /** The error function erf(α x + s), with one number s. */
  | { readonly erf: { readonly offset: NdArray } }
  /** The inverse square root unit z / √(1 + z²), with z = α x. */
  | 'isru';

/**
 * w tanh(α x) + b for one number α, in one pass; w is the gain and b the shift. With `erf`, w erf(α x + s) + b. With `isru`,
 * w z / √(1 + z²) + b, whose backward pass returns α times the gradient of α: that does not vanish where the slope does.
 */
export function squash(x: NdArray, alpha: NdArray, { gain, shift, along }: Weights, other?: Curve) {
  demandCount('squash.alpha', 1, alpha.shape);
  const offset = typeof other === 'object' ? other.erf.offset : undefined;
  if (offset) demandCount('squash.offset', 1, offset.shape);
  const { groups, own, stretch } = laid(x.shape, along);
  // The kernels read x and its weights in one dtype.
  const spread = (w: NdArray | undefined) => w && flat(broadcastTo(reshape(cast(w, x.dtype), own), stretch));
  const task = (): kernels.Squash => ({
    x: flat(x),
    groups,
    curve: offset ? 'erf' : other === 'isru' ? other : 'tanh',
    alpha: flat(alpha)[0]!,
    offset: offset ? flat(offset)[0]! : -0,
    gain: spread(gain),
    shift: spread(shift),
  });
  // The value of the curve is kept: to compute it again takes four times as long as to write and to read it.
  const [t, value] = [emptyLike(x), emptyLike(x)];
  kernels.squash(task(), t.store.numbers, value.store.numbers);

  const pull = (g: NdArray) => {
    demandShapeOf('squash.gradient', g, x.shape);
    const ofX = emptyLike(x);
    const ofOffset = offset && empty([], 'float64');
    const [ofGain, ofShift] = [gain, shift].map((w) => w && empty(stretch, 'float64'));
    const ofAlpha = kernels.squashBack(task(), t.store.numbers, flat(g), {
      ofX: ofX.store.numbers,
      ofOffset: ofOffset?.store.numbers as Float64Array | undefined,
      ofGain: ofGain?.store.numbers as Float64Array | undefined,
      ofShift: ofShift?.store.numbers as Float64Array | undefined,
    });
    const gathered = (sums: NdArray | undefined, { shape }: NdArray) =>
      sums && cast(reshape(sumTo(sums, own), shape), x.dtype);
    return {
      x: ofX,
      // In the dtype of α, which may be wider: then what divides it may bring it back into that of x.
      alpha: filled([ofAlpha], alpha.shape, alpha.dtype),
      offset: ofOffset && cast(ofOffset, x.dtype),
      gain: gain && gathered(ofGain, gain),
      shift: shift && gathered(ofShift, shift),
    };
  };
  return {
    value,
    pullback(g: NdArray) {
      const pulled = pull(g);
      // Products that overflow may add up to a sum that does not.
      const afresh = (name: 'alpha' | 'offset' | 'gain') => () =>
        scale(pull(scale(g, SHORT))[name]!, 1 / SHORT);
      return {
        ...pulled,
        alpha: mended(pulled.alpha, afresh('alpha')),
        offset: pulled.offset && mended(pulled.offset, afresh('offset')),
        gain: pulled.gain && mended(pulled.gain, afresh('gain')),
      };
    },
  };
}

/**
 * The layout of weights along some axes of an array: along all axes from the first of these to the last. Axes in between
 * are of size 1 in `own`, and stretched. Axes of size 1 count as any place; if all are, every sample is a row, so that
 * its neighbours do not change the order in which its numbers are added.
 */
function laid(shape: Shape, along: Axes) {
  const axes = positiveAxes(along, shape.length).filter((axis) => shape[axis] !== 1);
  const [from, to] = [axes[0] ?? 1, (axes.at(-1) ?? 0) + 1];
  const stretch = shape.slice(from, to);
  return {
    groups: {
      outer: sizeOf(shape.slice(0, from)),
      n: sizeOf(stretch),
      inner: sizeOf(shape.slice(to)),
    },
    own: stretch.map((n, i) => (axes.includes(from + i) ? n : 1)),
    stretch,
  };
}

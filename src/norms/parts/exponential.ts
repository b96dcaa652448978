import {
  type Dtype,
  type NdArray,
  add,
  cast,
  divideBack,
  flat,
  finite,
  full,
  across,
  map,
  max,
  mended,
  mendedShort,
  mendedWide,
  mul,
  normalize,
  onto,
  reshape,
  scale,
  sub,
  sumTo,
  zip,
  zip3,
} from '../../array/index.js';
import { allButFeatures } from './axes.js';
import { contract } from './affine.js';
import { countedRows } from './masked.js';

/** A shift b and the logarithm l of a factor, for every feature. */
export interface ShiftAndLog {
  readonly bias: NdArray;
  readonly log_scale: NdArray;
}

/** Logarithms up to here have an exponential that neither overflows nor vanishes in the dtype. */
const MODERATE: Readonly<Record<Dtype, number>> = { float32: 60, float64: 600 };

/** 1 for every logarithm beyond that, and else 0: such features are computed apart, and change no bit of the others. */
const isWild = (log: NdArray, dtype: Dtype): NdArray =>
  map(log, (l) => Number(Math.abs(l) > MODERATE[dtype]));

/** `plain` with the features at ones of `wild` taken from `careful`. */
const overlaid = (plain: NdArray, wild: NdArray, careful: () => NdArray): NdArray =>
  flat(wild).some((apart) => apart === 1)
    ? zip3(plain, careful(), cast(wild, plain.dtype), (own, other, apart) => (apart === 1 ? other : own))
    : plain;

/** a e^l, which may be in range even if e^l is not. */
function grown(a: NdArray, log: NdArray): NdArray {
  const factor = map(log, Math.exp);
  return overlaid(mul(a, cast(factor, a.dtype)), isWild(log, a.dtype), () => {
    const half = map(log, (l) => Math.exp(l / 2));
    return cast(
      zip(cast(a, 'float64'), half, (value, h) => (value === 0 || h === 0 ? 0 : value * h * h)),
      a.dtype,
    );
  });
}

/**
 * y = (x + b) e^l along one axis.
 *
 *     dx = e^l dy
 *     db = Σ e^l dy
 *     dl = Σ dy y
 */
export function shiftAndGrow(x: NdArray, axis: number, { bias, log_scale }: ShiftAndLog) {
  const shape = onto(x.shape, axis);
  const [b, l] = [reshape(bias, shape), reshape(cast(log_scale, 'float64'), shape)];
  const value = mendedShort(grown(add(x, b), l), (short) => grown(add(short(x), short(b)), l));
  return {
    value,
    pullback(g: NdArray) {
      const { x: ofX, sum, product } = pulledBy(g);
      return {
        x: ofX,
        bias: own(mendedWide(grown(sum, l), (to) => grown(sumTo(to(g), shape), l))),
        log_scale: own(product),
      };
    },
  };

  function careful(g: NdArray): NdArray {
    // What gets no gradient adds nothing, even if its y is infinite.
    return mendedShort(contract(g, value, shape), (short, to) =>
      sumTo(
        zip(to(g), grown(add(short(x), short(b)), l), (own, y) => (own === 0 ? 0 : own * y)),
        shape,
      ),
    );
  }

  function own(a: NdArray): NdArray {
    return cast(reshape(a, bias.shape), x.dtype);
  }

  /** dx, Σ dy and Σ dy y, in one pass if the features come last. */
  function pulledBy(g: NdArray) {
    const axes = allButFeatures(x.shape, axis);
    const wild = isWild(l, x.dtype);
    const gain = cast(
      zip(l, wild, (log, apart) => (apart === 1 ? 1 : Math.exp(log))),
      x.dtype,
    );
    const weights = { gain: reshape(gain, bias.shape), shift: bias, along: axis };
    const lost = finite(value) ? undefined : map(value, (y) => Number(!Number.isFinite(y)));
    const held = lost ? zip(value, lost, (y, gone) => (gone === 1 ? 0 : y)) : value;
    const fused = divideBack(held, axes, full(across(x.shape, axes), 1, 'float64'), weights, g);
    const product = fused ? reshape(fused.gain!, shape) : contract(g, held, shape);
    return {
      x: fused ? overlaid(fused.x, wild, () => grown(g, l)) : grown(g, l),
      sum: fused ? reshape(fused.shift!, shape) : sumTo(g, shape),
      // Σ dy y may be finite even if a y or a partial sum is not.
      product: mended(lost ? overlaid(product, max(lost, axes), () => careful(g)) : product, () =>
        careful(g),
      ),
    };
  }
}

/**
 * The inverse, y = x e^−l − b.
 *
 *     dx = e^−l dy
 *     db = −Σ dy
 *     dl = −Σ dy x e^−l
 */
export function shrinkAndShift(x: NdArray, axis: number, { bias, log_scale }: ShiftAndLog) {
  const shape = onto(x.shape, axis);
  const [b, l] = [reshape(bias, shape), scale(reshape(cast(log_scale, 'float64'), shape), -1)];
  const own = (a: NdArray) => reshape(scale(a, -1), bias.shape);
  return {
    value: mendedShort(sub(grown(x, l), b), (short) => sub(grown(short(x), l), short(b))),
    pullback: (g: NdArray) => ({
      x: grown(g, l),
      bias: own(sumTo(g, shape)),
      log_scale: own(
        mendedShort(grown(contract(g, x, shape), l), (short, to) =>
          grown(sumTo(mul(to(g), short(x)), shape), l),
        ),
      ),
    }),
  };
}

/**
 * b and l by which each feature of (x + b) e^l has mean 0 and a variance near 1: b = −x̄ and l = −ln(√v + ε), of the
 * positions that count; undefined if none does.
 */
export function standardizingStart(
  x: NdArray,
  axis: number,
  epsilon: number,
  mask: NdArray | undefined,
): ShiftAndLog | undefined {
  const rows = mask && countedRows(x, axis, mask);
  if (rows?.shape[0] === 0) return undefined;
  const recipe = { centered: true, total: 'mean', bound: 'rootAdded', epsilon } as const;
  const found = rows ? normalize(rows, 0, recipe) : normalize(x, allButFeatures(x.shape, axis), recipe);
  const { center, length } = found.moments();
  const own = (a: NdArray) => cast(reshape(a, [a.size]), x.dtype);
  return { bias: own(scale(center, -1)), log_scale: own(map(length, (N) => -Math.log(N))) };
}

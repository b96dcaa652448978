import {
  type NdArray,
  ROUNDOFF,
  SHORT,
  add,
  broadcastTo,
  cast,
  div,
  finite,
  flat,
  full,
  map,
  max,
  maximum,
  mended,
  mul,
  onto,
  reshape,
  scale,
  shortEpsilon,
  sub,
  sum,
  sumTo,
  within,
  zip,
} from '../../array/index.js';
import { affine } from './affine.js';
import { allButFeatures, positionsOf } from './axes.js';
import { hiding, standardizeWhere } from './masked.js';
import { partAbove } from './threshold.js';

/** The weights of y = γ x / max(B, w x + S) + β. */
interface LargerWeights {
  readonly factor: NdArray;
  readonly gain: NdArray | undefined;
  readonly shift: NdArray | undefined;
}

interface Larger {
  readonly axis: number;
  readonly epsilon: number;
  /** B by running statistics, in float64; undefined for that of the batch. */
  readonly running: NdArray | undefined;
}

const wide = (a: NdArray): NdArray => cast(a, 'float64');

/**
 * y = γ x / D + β with D = max(B, w x + S), where B is the root of the variance of the batch and ε, and S that of the
 * sample. What overflows is computed again in small units: y does not change with a x, ε a² and a B.
 */
export function divideByLarger(
  mask: NdArray | undefined,
  x: NdArray,
  weights: LargerWeights,
  options: Larger,
) {
  const plain = divided(mask, x, weights, options);
  let made: ReturnType<typeof divided> | undefined;
  const careful = () =>
    (made ??= divided(
      mask,
      scale(wide(x), SHORT),
      {
        factor: wide(weights.factor),
        gain: weights.gain && wide(weights.gain),
        shift: weights.shift && wide(weights.shift),
      },
      {
        axis: options.axis,
        epsilon: shortEpsilon(options.epsilon),
        running: options.running && scale(options.running, SHORT),
      },
    ));
  const far = farGroups(x, plain, options);
  /** `a`, with what is not finite, and all of a group far from 0, from `again`. */
  const rescued = (a: NdArray, again: () => NdArray): NdArray => {
    const laid = far && (a.size === x.size ? far : sumTo(far, onto(x.shape, options.axis)));
    return mended(laid ? add(a, reshape(laid, a.shape)) : a, () => cast(again(), x.dtype));
  };
  return {
    batch: plain.batch,
    value: mended(infiniteApart(plain), () => cast(careful().value, x.dtype)),
    pullback(gradient: NdArray) {
      const pulled = plain.pullback(gradient);
      let known: typeof pulled | undefined;
      const again = () => (known ??= careful().pullback(wide(gradient)));
      return {
        x: rescued(pulled.x, () => scale(again().x, SHORT)),
        gain: pulled.gain && rescued(pulled.gain, () => again().gain!),
        shift: pulled.shift,
        factor: rescued(pulled.factor, () => again().factor),
      };
    },
  };
}

/** The value, and NaN where D overflows. */
const infiniteApart = ({
  value,
  divisor,
}: {
  readonly value: NdArray;
  readonly divisor: NdArray;
}): NdArray => (finite(divisor) ? value : zip(value, divisor, (y, D) => (D === Infinity ? NaN : y)));

/** Beyond this x̂ in float32, sums of products with it cancel too many digits. */
const FAR = 32;

/**
 * NaN for each group that is computed again, and 0 for others, in the shape of x: those in which D overflows or, in float32,
 * an x̂ is large. A group is a feature of the batch or, with a running statistic, of a sample.
 */
function farGroups(
  x: NdArray,
  { divisor, unit }: { readonly divisor: NdArray; readonly unit: NdArray },
  { axis, running }: Larger,
): NdArray | undefined {
  const isNarrow = x.dtype === 'float32';
  if (finite(divisor) && (!isNarrow || within(unit, FAR))) return undefined;
  const axes = running ? positionsOf(x.shape, axis) : allButFeatures(x.shape, axis);
  const marks = zip(unit, divisor, (value, D) => +(D === Infinity || (isNarrow && Math.abs(value) > FAR)));
  const far = map(max(marks, axes), (mark) => (mark === 1 ? NaN : 0));
  return broadcastTo(far, x.shape);
}

/** The same without a rescue. */
function divided(
  mask: NdArray | undefined,
  given: NdArray,
  { factor, gain, shift }: LargerWeights,
  { axis, epsilon, running }: Larger,
) {
  const { shape, dtype } = given;
  const own = onto(shape, axis);
  const laid = (a: NdArray) => reshape(cast(a, dtype), own);
  const positions = positionsOf(shape, axis);
  const count = mask && sum(broadcastTo(wide(mask), shape), positions);
  const { x, cover } = count ? hiding(given, wide(mask!), count) : { x: given, cover: undefined };
  const some =
    count &&
    cast(
      map(count, (total) => Number(total > 0)),
      dtype,
    );
  const known = (a: NdArray) => (some ? mul(a, some) : a);

  // A single position has no variance.
  const isSingle = positions.every((i) => shape[i] === 1);
  const instance = isSingle ? undefined : standardizeWhere(mask, x, positions, epsilon, { along: axis });
  const batch = running
    ? undefined
    : standardizeWhere(mask, x, allButFeatures(shape, axis), epsilon, { along: axis });
  const w = laid(factor);
  const S = instance
    ? cast(instance.moments().length, dtype)
    : full(onto(shape, []), Math.sqrt(epsilon), dtype);
  const B = batch ? cast(batch.moments().length, dtype) : laid(running!);
  const R = add(mul(x, w), S);
  const divisor = maximum(R, B);
  const unit = known(div(x, divisor));
  const learned = affine(unit, axis, gain, shift);

  /** The part of x in the gradient of a root of a variance, whose x̂ is `centered`. */
  const through = (centered: NdArray, ofRoot: NdArray): NdArray => {
    if (!mask) return mul(centered, cast(scale(wide(ofRoot), ofRoot.size / x.size), dtype));
    const counts = sumTo(broadcastTo(wide(mask), shape), ofRoot.shape);
    const share = zip(wide(ofRoot), counts, (a, W) => (W > 0 ? a / W : 0));
    return zip(mul(centered, cast(share, dtype)), broadcastTo(cast(mask, dtype), shape), (a, on) =>
      on ? a : 0,
    );
  };

  return {
    batch,
    divisor,
    unit,
    value: cover ? cover(learned.value, NaN) : learned.value,
    pullback(dy: NdArray) {
      const { x: ofUnit, gain: ofGain, shift: ofShift } = learned.pullback(dy);
      const direct = known(div(cast(ofUnit, dtype), divisor));
      // Where D is R, 1 − w x / R is S / R, which keeps its digits.
      const ofLarger = partAbove(direct, sub(R, B));
      const ofOther = sub(direct, ofLarger);
      const ofR = scale(mul(ofLarger, unit), -1);
      const near = add(ofOther, div(mul(ofLarger, S), divisor));
      const nearer = instance ? add(near, through(instance.value, sumTo(ofR, S.shape))) : near;
      const ofX = batch ? sub(nearer, through(batch.value, sumTo(mul(ofOther, unit), own))) : nearer;
      return {
        x: cover ? cover(ofX, 0) : ofX,
        gain: ofGain,
        shift: ofShift,
        factor: reshape(sumTo(mul(ofR, x), own), factor.shape),
      };
    },
  };
}

/**
 * A bound on the distance of x and w from the nearest at which B and w x + S are equal: no slope of the latter exceeds the
 * divisor. 0 if rounding decides which is larger.
 */
export function largerGap(
  mask: NdArray | undefined,
  x: NdArray,
  factor: NdArray,
  { axis, epsilon, running }: Larger,
): number {
  const own = onto(x.shape, axis);
  const spread = (a: NdArray): ArrayLike<number> => flat(broadcastTo(wide(a), x.shape));
  const rootOver = (axes: readonly number[]): NdArray =>
    standardizeWhere(mask, x, axes, epsilon, { along: axis }).moments().length;
  const S = spread(rootOver(positionsOf(x.shape, axis)));
  const B = spread(running ? reshape(running, own) : rootOver(allButFeatures(x.shape, axis)));
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

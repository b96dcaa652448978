import {
  type Dtype,
  type NdArray,
  add,
  addInto,
  cast,
  curve,
  div,
  dot,
  flat,
  free,
  full,
  linear,
  max,
  mean,
  min,
  mul,
  onto,
  reshape,
  scale,
  sizeOf,
  square,
  sub,
  sumOfProducts,
  sumTo,
  within,
} from '../../array/index.js';
import { allButFeatures, positionsOf } from './axes.js';
import { standardizeWhere } from './masked.js';
import type { Shares, Switched } from './shares.js';

/** The largest distance between means, and the largest deviation, over the least deviation: beyond that, digits are lost. */
const [APART, UNEVEN] = [8, 2 ** 10];

/** The unit and its inverse are normal numbers of float32. */
const MOST_UNIT = 2 ** 126;

/** The largest gain and gradient, and the inverse of the least gain. */
const MODERATE = 2 ** 20;

/** A deviation below this is 0. */
const FLOOR = 2 ** -400;

const wide = (a: NdArray): NdArray => cast(a, 'float64');
const narrow = (a: NdArray): NdArray => cast(a, 'float32');

/** What follows from an array of ours that nothing else needs: memory that is in the cache still is used again. */
function after<T>(spent: NdArray, follow: (a: NdArray) => T): T {
  const made = follow(spent);
  free(spent);
  return made;
}

/** a + b, in place of a if it has the shape of b; both are ours. */
const increased = (a: NdArray, b: NdArray): NdArray =>
  after(b, (more) => (addInto(a, more) ? a : after(a, (less) => add(less, more))));

const total = (all: readonly NdArray[]): NdArray => all.reduce((a, b) => add(a, b));

/**
 * The same as `switched` with passes in float32 over x, and statistics in float64; undefined where that would lose digits:
 * if x has another dtype, or its means lie further apart than its deviations are large. In training, without a mask.
 *
 * With one factor and offset for each feature of each sample, f = γ / N and the derivation's S = Σ dy and T = Σ dy x̂:
 *
 *     dμ = −f S
 *     dV = −f T / (2 N)
 *     dx = f dy + c (x − r) + d            for any number r
 *      c = Σ 2 q dV / n                    over the statistics, each with its sums of dV and dμ
 *      d = Σ p dμ / n − (x̄ − r) 2 q dV / n
 *
 * r is a mean, so that x − r is exact beside a large one, and all is in a unit in which the largest deviation is near 1.
 */
export function switchedNarrow(x: NdArray, shares: Shares): Switched | undefined {
  const { means: p, variances: q, gain, shift, axis, epsilon, running } = shares;
  const { shape } = x;
  if (x.dtype !== 'float32' || running || !isModerate(gain) || (shift && !within(shift, MODERATE)))
    return undefined;
  const positions = positionsOf(shape, axis);
  const rest = shape.map((_, i) => i).slice(1);
  const instance = positions.length > 0 ? momentsOf(x, positions, axis) : undefined;
  const [layer, batch] = [rest, allButFeatures(shape, axis)].map((axes) =>
    instance ? mergedOver(instance, axes) : momentsOf(x, axes, axis),
  ) as [Moments, Moments];
  const moments = [...(instance ? [instance] : []), layer, batch];
  const level = levelOf(moments, epsilon);
  if (!level) return undefined;
  const { unit, reference } = level;
  const added = epsilon * unit * unit;

  const laid = onto(shape, axis);
  const parts = shape.map((n, i) => (positions.includes(i) ? 1 : n));
  /** Whether each number has a mean and a variance of its own, which are then in float32 too. */
  const isEach = sizeOf(parts) === x.size;
  const settled = isEach ? narrow : wide;
  /** A sum of an array that has no axis to be summed is that array itself. */
  const afterEach: typeof after = isEach ? after : (a, follow) => follow(a);
  const centers = moments.map(({ center }) => linear(center, unit, -reference * unit));
  const variances = moments.map((one) => square(scale(one.length, unit)));
  const ofMean = centers.map((center, k) => settled(scale(center, p[k]!)));
  const ofVariance = variances.map((v, k) => settled(linear(v, q[k]!, k === 0 ? added : 0)));
  const length = after(total(ofVariance), (variance) => curve('sqrt', variance));
  const single = (value: number, dtype: Dtype) => full(onto(shape, []), value, dtype);
  const inverse = after(length, (N) => div(single(1, N.dtype), N));
  const [gamma, beta] = [gain, shift].map((a) => a && reshape(a, laid));
  const factor = gamma ? mul(inverse, settled(gamma)) : inverse;
  const inUnit = (a: NdArray) => (unit === 1 ? a : mul(a, single(unit, 'float32')));
  const apart = reference === 0 ? inUnit(x) : sub(inUnit(x), single(reference * unit, 'float32'));
  const centered = after(narrow(total(ofMean)), (middle) => sub(apart, middle));
  const [factor32, beta32] = [narrow(factor), beta && narrow(beta)];
  return {
    batch: runningOf(batch),
    value: beta32 ? sumOfProducts(centered, factor32, undefined, beta32) : mul(centered, factor32),

    pullback(dy: NdArray) {
      if (dy.dtype !== 'float32' || !within(dy, MODERATE) || within(dy, 1 / MODERATE)) return undefined;
      const S = settled(sumTo(dy, parts));
      const T = after(mul(dy, centered), (product) => mul(settled(sumTo(product, parts)), inverse));
      const sums = (a: NdArray) => centers.map((center) => wide(sumTo(a, center.shape)));
      const pulled = mul(S, factor);
      const ofMeans = sums(pulled);
      const slope = after(mul(T, factor), (product) => mul(product, inverse));
      const ofLengths = afterEach(slope, sums);
      const ofGain = afterEach(T, (own) => gain && cast(reshape(sumTo(own, laid), gain.shape), gain.dtype));
      const shared = (sum: NdArray, by: number) => scale(sum, (-by * sum.size) / x.size);
      const slopes = ofLengths.map((sum, k) => shared(sum, q[k]!));
      const offsets = ofMeans.map((sum, k) => sub(shared(sum, p[k]!), mul(slopes[k]!, centers[k]!)));
      const ofX = after(narrow(total(slopes.map(settled))), (along) =>
        isEach ? increased(pulled, mul(apart, along)) : sumOfProducts(dy, factor32, apart, along),
      );
      const whole = increased(ofX, narrow(total(offsets.map(settled))));
      return {
        x: unit === 1 ? whole : after(whole, inUnit),
        gain: ofGain,
        shift: shift && cast(reshape(sumTo(dy, laid), shift.shape), shift.dtype),
        means: ofShares(ofMeans, centers, p, -1),
        variances: ofShares(ofLengths, variances, q, -0.5),
      };
    },
  };
}

/** Whether all gains are so far from the ends of float32 that no product with an x̂ or a gradient gets there. */
const isModerate = (gain: NdArray | undefined): boolean =>
  !gain || flat(gain).every((γ) => γ === 0 || (Math.abs(γ) <= MODERATE && Math.abs(γ) >= 1 / MODERATE));

/** The mean and the deviation of groups, in float64. */
interface Moments {
  readonly center: NdArray;
  readonly length: NdArray;
}

/** Those of x along some axes. */
function momentsOf(x: NdArray, axes: readonly number[], axis: number): Moments {
  const one = standardizeWhere(undefined, x, axes, FLOOR, { along: axis }, 0, 'meanFloor');
  free(one.value);
  const { center, length } = one.moments();
  return { center, length };
}

/** Those of more numbers, from those of parts of equal size: the variance is that within parts and that of their means. */
function mergedOver(parts: Moments, axes: readonly number[]): Moments {
  const center = mean(parts.center, axes);
  const squares = add(square(parts.length), square(sub(parts.center, center)));
  return { center, length: curve('sqrt', mean(squares, axes)) };
}

/** What running statistics take of the batch. */
function runningOf({ center, length }: Moments): Switched['batch'] {
  const variance = square(length);
  return {
    center: () => narrow(center),
    variance: () => narrow(variance),
    varianceShare: (part) => scale(variance, part),
  };
}

/** Units are this many powers of two apart: next to 1, x is as it is. */
const STEP = 16;

/**
 * A mean, or 0 if that is not farther off, and a unit in which the largest deviation is not far from 1; undefined if the
 * means, the deviations or ε are too far apart for float32.
 */
function levelOf(moments: readonly Moments[], epsilon: number) {
  const extremes = (name: 'center' | 'length') => {
    const all = moments.map((one) => one[name]);
    const over = (fold: typeof max) => all.map((a) => flat(fold(a, [...a.shape.keys()]))[0]!);
    return [Math.min(...over(min)), Math.max(...over(max))] as const;
  };
  const [[low, high], [least, most]] = [extremes('center'), extremes('length')];
  const unit = 2 ** (-STEP * Math.round(Math.log2(most) / STEP));
  const isLevel = high - low <= APART * least && most <= UNEVEN * least && epsilon <= (UNEVEN * most) ** 2;
  if (!isLevel || !(unit <= MOST_UNIT && unit >= 1 / MOST_UNIT)) return undefined;
  const isNear = Math.max(Math.abs(low), Math.abs(high)) <= least;
  return { unit, reference: isNear ? 0 : Math.fround(flat(moments[0]!.center)[0]!) };
}

/** w Σ a (v − Σ w v) for each share w, from the sums of a that belong to the values v, which are taken around one of them. */
function ofShares(
  sums: readonly NdArray[],
  values: readonly NdArray[],
  by: readonly number[],
  factor: number,
): readonly number[] {
  const around = flat(values[0]!)[0]!;
  const products = values.map((value, k) => factor * dot(sums[k]!, linear(value, 1, -around)));
  return by.map((share, k) => by.reduce((sum, w, j) => sum + share * w * (products[k]! - products[j]!), 0));
}

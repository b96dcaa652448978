import {
  type NdArray,
  add,
  broadcastTo,
  cast,
  curve,
  div,
  dot,
  finite,
  flat,
  full,
  kept,
  linear,
  map,
  max,
  mul,
  onto,
  reshape,
  scale,
  sizeOf,
  square,
  sub,
  sum,
  sumTo,
  within,
  zip,
  zip3,
} from '../../array/index.js';
import { affine } from './affine.js';
import { allButFeatures, positionsOf } from './axes.js';
import { standardizeWhere } from './masked.js';
import { hiding } from './masked-steps.js';
import type { Pulled, Shares } from './shares.js';
import { switchedFar } from './switchable-far.js';
import { switchedNarrow } from './switchable-narrow.js';

/**
 * Up to LARGE, with deviations that are 0 or at least LEAST, and an N of at least SHORTEST, no product in `switchedNear`
 * leaves the range of float64. Numbers of float32 always are so.
 */
const [LARGE, LEAST, SHORTEST] = [2 ** 129, 2 ** -180, 2 ** -100];

/** A deviation below this is 0. */
const FLOOR = 2 ** -400;

const wide = (a: NdArray): NdArray => cast(a, 'float64');

/**
 * y = γ (x − μ) / N + β, where μ and N² − ε are mixtures of the statistics of the instance, the layer and the batch. For
 * float64 of other magnitudes it is computed in the unit of the largest number, which changes no bit, or else, if numbers
 * of very different magnitudes meet, without bounds.
 */
export function switched(mask: NdArray | undefined, given: NdArray, shares: Shares) {
  const narrow = mask ? undefined : switchedNarrow(given, shares);
  if (!narrow) return { batch: undefined, ...switchedWide(mask, given, shares) };
  return {
    batch: narrow.batch,
    value: narrow.value,
    pullback: (dy: NdArray): Pulled => narrow.pullback(dy) ?? switchedWide(mask, given, shares).pullback(dy),
  };
}

/** The same with all passes in float64. */
function switchedWide(mask: NdArray | undefined, given: NdArray, shares: Shares) {
  const { shape, dtype } = given;
  const rest = shape.map((_, i) => i).slice(1);
  const w = mask && wide(mask);
  const perSample = w && sum(broadcastTo(w, shape), rest);
  const { x, cover } = w ? hiding(given, w, perSample!) : { x: given, cover: (a: NdArray) => a };
  const unit = shares.running || dtype === 'float32' ? 1 : unitOf(x, shares.epsilon);
  const inUnits = unit === 1 ? x : scale(x, unit);
  const near = switchedNear(mask, inUnits, { ...shares, epsilon: shares.epsilon * unit * unit });
  const isFar = near.isFar();
  let known: ReturnType<typeof switchedFar> | undefined;
  const far = () => (known ??= switchedFar(mask, x, shares));
  /** Numbers of samples that are far from `careful`: at inference no sample decides how another is rounded. */
  const settled = (plain: NdArray, careful: () => NdArray) =>
    isFar ? zip3(plain, careful(), isFar, (a, b, on) => (on ? b : a)) : plain;
  return {
    value: cover(
      cast(
        settled(near.value, () => far().value),
        dtype,
      ),
      NaN,
    ),
    pullback(dy: NdArray): Pulled {
      const isTame = within(dy, LARGE) || !finite(dy);
      const own = isTame ? near.pullback(dy) : undefined;
      if (own && !isFar) return { ...own, x: cover(cast(unit === 1 ? own.x : scale(own.x, unit), dtype), 0) };
      const pulled = far().pullback(dy);
      const ofX = own ? settled(own.x, () => pulled.x) : pulled.x;
      return { ...pulled, x: cover(cast(ofX, dtype), 0) };
    },
  };
}

/** A power of two in whose unit the largest number is near 1; 1 if it is not far from that, or ε is. */
function unitOf(x: NdArray, epsilon: number): number {
  const most = flat(
    max(
      map(x, Math.abs),
      x.shape.map((_, i) => i),
    ),
  )[0]!;
  if (!(most > 0 && most < Infinity) || (most <= LARGE && most >= SHORTEST)) return 1;
  const unit = 2 ** -Math.max(-1000, Math.min(1000, Math.floor(Math.log2(most))));
  return epsilon * unit * unit <= LARGE ? unit : 1;
}

/** The same in float64 without a rescue; `isFar` tells for which samples it does not do. */
function switchedNear(mask: NdArray | undefined, x: NdArray, shares: Shares) {
  const { means: p, variances: q, gain, shift, axis, epsilon, running } = shares;
  const { shape } = x;
  const own = onto(shape, axis);
  const positions = positionsOf(shape, axis);
  const rest = shape.map((_, i) => i).slice(1);
  /** The shape of one number for each feature of each sample. */
  const parts = shape.map((n, i) => (positions.includes(i) ? 1 : n));
  const spread = (a: NdArray) => broadcastTo(a, parts);
  const w = mask && wide(mask);
  const ofBatch = allButFeatures(shape, axis);
  const taken = (axes: readonly number[]) => {
    const unit = standardizeWhere(mask, x, axes, FLOOR, { along: axis }, 0, 'meanFloor');
    const { center, length } = unit.moments();
    const counts = w && sum(broadcastTo(w, shape), axes);
    const n = x.size / length.size;
    const share = (a: NdArray) =>
      counts
        ? zip(sumTo(a, length.shape), counts, (value, W) => (W > 0 ? value / W : 0))
        : scale(sumTo(a, length.shape), 1 / n);
    return { center, deviation: map(length, (d) => (d <= FLOOR ? 0 : d)), unit: unit.value, counts, share };
  };
  const constant = running && {
    center: reshape(wide(running.mean), own),
    deviation: map(reshape(wide(running.variance), own), Math.sqrt),
    unit: undefined,
    counts: undefined,
    share: undefined,
  };
  const all = [...(positions.length > 0 ? [taken(positions)] : []), taken(rest), constant ?? taken(ofBatch)];
  const centers = all.map(({ center }) => center);
  const variances = all.map(({ deviation }) => square(deviation));
  const main = p.indexOf(Math.max(...p));
  /** Σ w (v − vⱼ): around one of the values, so that equal ones have exactly that mean. */
  const apart = (values: readonly NdArray[], by: readonly number[], j: number) =>
    values
      .flatMap((value, k) => (k === j ? [] : [scale(sub(spread(value), spread(values[j]!)), by[k]!)]))
      .reduce((a, b) => add(a, b));
  const one = full(
    shape.map(() => 1),
    1,
    'float64',
  );
  const mean = add(spread(centers[main]!), apart(centers, p, main));
  const variance = variances.map((v, k) => scale(spread(v), q[k]!)).reduce((a, b) => add(a, b));
  const some = w && map(sum(broadcastTo(w, shape), rest), (count) => Number(count > 0));
  const length = curve('sqrt', linear(variance, 1, epsilon));
  const inverse = div(spread(some ?? one), length);
  const unit = mul(sub(wide(x), mean), inverse);
  const counted = (a: NdArray) => (w ? kept(a, w) : a);
  const [gamma, beta] = [gain && wide(gain), shift && wide(shift)];
  const factor = gamma ? mul(inverse, reshape(gamma, own)) : inverse;

  return {
    value: affine(unit, axis, gamma, beta).value,

    /** 1 for each sample that another way must compute, in training for all if there is one; undefined if there is none. */
    isFar(): NdArray | undefined {
      if (x.dtype === 'float32') return undefined;
      const isLarge = [gain, shift, running?.mean].some((a) => a && !within(a, LARGE) && finite(a));
      const toSamples = (a: NdArray, isOff: (value: number) => boolean) => {
        const off = map(a, (value) => Number(isOff(value)));
        return sizeOf(off.shape) === 1 ? off : max(off, rest);
      };
      const flags = [
        toSamples(length, (N) => N < SHORTEST || (N > LARGE && N < Infinity)),
        ...all.map(({ deviation }) =>
          toSamples(spread(deviation), (d) => (d > 0 && d < LEAST) || (d > LARGE && d < Infinity)),
        ),
        ...(within(x, LARGE)
          ? []
          : [toSamples(x, (value) => Math.abs(value) > LARGE && Number.isFinite(value))]),
        // A number that differs from its mean by less than the floor.
        ...all.flatMap(({ deviation, unit: hat }) =>
          hat && flat(deviation).includes(0)
            ? [
                toSamples(
                  zip(counted(hat), broadcastTo(deviation, shape), (a, d) => Number(d === 0 && a !== 0)),
                  (on) => on === 1,
                ),
              ]
            : [],
        ),
      ];
      const each = flags.reduce((a, b) => zip(a, b, Math.max));
      const isNone = !isLarge && flat(each).every((on) => on === 0);
      if (isNone || (!running && !finite(x))) return undefined;
      return running && !isLarge ? each : map(each, () => 1);
    },

    pullback(dy: NdArray): Pulled {
      const g = wide(dy);
      const [S, T] = [sumTo(g, parts), sumTo(mul(g, unit), parts)];
      const ofMean = scale(mul(S, factor), -1);
      const ofLength = scale(mul(mul(T, factor), inverse), -1);
      const direct = mul(g, factor);
      // The gradients of x̄ and of the deviation over n, for each statistic.
      const offsets = all.flatMap(({ share }, k) => (share ? [spread(scale(share(ofMean), p[k]!))] : []));
      const offset = offsets.reduce((a, b) => add(a, b));
      const slopes = all.flatMap(({ unit: hat, deviation, share }, k) =>
        share ? [mul(wide(hat), mul(share(ofLength), scale(deviation, q[k]!)))] : [],
      );
      const through = slopes.reduce((a, b) => add(a, b), broadcastTo(offset, shape));
      /** w Σ a (v − Σ w v) for each share w, from the sums Σ a (v − v′) of all pairs. */
      const ofShares = (a: NdArray, values: readonly NdArray[], by: readonly number[]) => {
        const sums = values.map((value, k) =>
          values.slice(0, k).map((other) => dot(a, sub(spread(value), spread(other)))),
        );
        return by.map((share, k) =>
          by.reduce((sum, w, j) => {
            if (j === k) return sum;
            return sum + share * w * (j < k ? sums[k]![j]! : -sums[j]![k]!);
          }, 0),
        );
      };
      return {
        x: add(direct, counted(through)),
        gain: gain && cast(reshape(sumTo(T, own), gain.shape), gain.dtype),
        shift: shift && cast(reshape(sumTo(S, own), shift.shape), shift.dtype),
        means: ofShares(ofMean, centers, p),
        variances: ofShares(scale(ofLength, 0.5), variances, q),
      };
    },
  };
}

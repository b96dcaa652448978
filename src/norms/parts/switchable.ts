import {
  type NdArray,
  add,
  broadcastTo,
  cast,
  flat,
  fromFlat,
  map,
  mul,
  onto,
  reshape,
  scale,
  sub,
  sum,
  sumOfProducts,
  sumTo,
  within,
  zip,
} from '../../array/index.js';
import { allButFeatures, positionsOf } from './axes.js';
import { hiding, standardizeWhere } from './masked.js';

/** The weights of y = γ (x − μ) / N + β, and those that mix the statistics. */
interface SwitchWeights {
  readonly gain: NdArray | undefined;
  readonly shift: NdArray | undefined;
  readonly ofMeans: NdArray;
  readonly ofVariances: NdArray;
}

interface Switch {
  readonly axis: number;
  readonly epsilon: number;
  /** Running statistics in the place of those of the batch. */
  readonly running: { readonly mean: NdArray; readonly variance: NdArray } | undefined;
}

const wide = (a: NdArray): NdArray => cast(a, 'float64');

/** Beyond this, products with x and cubes of N may leave the range of numbers. */
const LARGE = { float32: 2 ** 100, float64: 2 ** 460 } as const;

function softmax(weights: NdArray): readonly number[] {
  const all = [...flat(wide(weights))];
  const most = Math.max(...all);
  const powers = all.map((value) => Math.exp(value - most));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}

/**
 * y = γ (x − μ) / N + β, where μ and N² − ε are means of the statistics of the instance, the layer and the batch. For large
 * x it is computed in float64 and in small units: y does not change with a x, ε a² and running statistics alike.
 */
export function switched(mask: NdArray | undefined, x: NdArray, weights: SwitchWeights, options: Switch) {
  if (within(x, LARGE[x.dtype])) return mixed(mask, x, weights, options);
  const counts = mask && flat(broadcastTo(mask, x.shape));
  const largest = Array.from(flat(x)).reduce(
    (most, value, i) =>
      Number.isFinite(value) && counts?.[i] !== 0 ? Math.max(most, Math.abs(value)) : most,
    0,
  );
  if (largest <= LARGE[x.dtype]) return mixed(mask, x, weights, options);
  const unit = 2 ** -Math.min(1000, Math.floor(Math.log2(largest)));
  const { running } = options;
  const { value, batch, pullback } = mixed(
    mask,
    scale(wide(x), unit),
    {
      ...weights,
      gain: weights.gain && wide(weights.gain),
      shift: weights.shift && wide(weights.shift),
    },
    {
      ...options,
      epsilon: Math.max(options.epsilon * unit * unit, Number.MIN_VALUE),
      running: running && {
        mean: scale(wide(running.mean), unit),
        variance: scale(scale(wide(running.variance), unit), unit),
      },
    },
  );
  const back = (a: NdArray | undefined) => a && cast(a, x.dtype);
  return {
    value: back(value)!,
    batch:
      batch &&
      standardizeWhere(mask, x, allButFeatures(x.shape, options.axis), options.epsilon, {
        along: options.axis,
      }),
    pullback(gradient: NdArray) {
      const pulled = pullback(wide(gradient));
      return {
        ...pulled,
        x: back(scale(pulled.x, unit))!,
        gain: back(pulled.gain),
        shift: back(pulled.shift),
      };
    },
  };
}

/** The same without a rescue. */
function mixed(
  mask: NdArray | undefined,
  given: NdArray,
  { gain, shift, ofMeans, ofVariances }: SwitchWeights,
  { axis, epsilon, running }: Switch,
) {
  const { shape, dtype } = given;
  const own = onto(shape, axis);
  const positions = positionsOf(shape, axis);
  const counts = wide(
    mask ??
      fromFlat(
        Float64Array.of(1),
        shape.map(() => 1),
      ),
  );
  const perSample = sum(
    broadcastTo(
      counts,
      shape.map((n, i) => (positions.includes(i) || i === 0 ? n : 1)),
    ),
    positions,
  );
  const { x, cover } = mask ? hiding(given, counts, perSample) : { x: given, cover: undefined };
  /** Sums for each sample and feature. */
  const small = shape.map((n, i) => (positions.includes(i) ? 1 : n));
  const spread = (a: NdArray) => broadcastTo(a, small);
  const some = map(perSample, (total) => Number(total > 0));

  /** The statistics of some axes, and the sum over all that share them, divided by their count. */
  const over = (axes: readonly number[]) => {
    const unit = standardizeWhere(mask, x, axes, epsilon, { along: axis });
    const { center, length } = unit.moments();
    const total = sumTo(broadcastTo(counts, shape), center.shape);
    const share = (a: NdArray) => zip(sumTo(a, center.shape), total, (value, W) => (W > 0 ? value / W : 0));
    return { unit, mean: center, length, variance: unit.varianceShare(1), share };
  };
  const batch = running ? undefined : over(allButFeatures(shape, axis));
  const constant = running && {
    mean: reshape(wide(running.mean), own),
    length: map(reshape(wide(running.variance), own), (v) => Math.sqrt(v + epsilon)),
    variance: reshape(wide(running.variance), own),
    share: undefined,
  };
  const all = [
    ...(positions.length > 0 ? [over(positions)] : []),
    over(shape.map((_, i) => i).slice(1)),
    batch ?? constant!,
  ];
  const [p, q] = [softmax(ofMeans), softmax(ofVariances)];
  const blend = (arrays: readonly NdArray[], shares: readonly number[]) =>
    arrays.map((a, k) => scale(spread(a), shares[k]!)).reduce(add);
  // Around one of the means, so that equal ones have exactly that mean.
  const [first] = all;
  const apart = all.map((one) => sub(spread(one.mean), spread(first!.mean)));
  const mean = add(spread(first!.mean), blend(apart, p));
  const variance = blend(
    all.map((one) => one.variance),
    q,
  );
  const length = map(
    blend(
      all.map((one) => mul(one.length, one.length)),
      q,
    ),
    Math.sqrt,
  );
  const inverse = mul(
    map(length, (N) => 1 / N),
    some,
  );
  const gamma = gain && reshape(wide(gain), own);
  const factor = gamma ? mul(inverse, gamma) : inverse;
  const beta = shift && reshape(cast(shift, dtype), own);

  // x − μ, rounded once, if μ does not fit the dtype of x.
  const near = cast(mean, dtype);
  const once = sub(x, near);
  const centered = dtype === 'float64' ? once : sub(once, cast(sub(mean, wide(near)), dtype));
  const narrow = cast(factor, dtype);
  const value = beta ? sumOfProducts(centered, narrow, undefined, beta) : mul(centered, narrow);

  return {
    value: cover ? cover(value, NaN) : value,
    batch: batch?.unit,
    pullback(dy: NdArray) {
      const sums = wide(sumTo(dy, small));
      const products = mul(wide(sumTo(mul(dy, centered), small)), inverse);
      // The gradients of μ and of N² for each sample and feature.
      const ofMean = scale(mul(sums, factor), -1);
      const ofSquare = scale(mul(mul(products, factor), inverse), -0.5);
      let [offset, slope] = [scale(ofMean, 0), scale(ofMean, 0)];
      for (const [k, { share, mean: mu }] of all.entries()) {
        if (!share) continue;
        const turn = spread(scale(share(ofSquare), 2 * q[k]!));
        slope = add(slope, turn);
        offset = add(offset, add(scale(spread(share(ofMean)), p[k]!), mul(turn, sub(mean, spread(mu)))));
      }
      const direct = mul(dy, narrow);
      const through = add(mul(centered, cast(slope, dtype)), cast(offset, dtype));
      const counted = mask
        ? zip(through, broadcastTo(cast(mask, dtype), shape), (a, on) => (on ? a : 0))
        : through;
      const ofX = add(direct, counted);
      const inner = (a: NdArray, b: NdArray) =>
        flat(
          sumTo(
            mul(a, b),
            shape.map(() => 1),
          ),
        )[0]!;
      const ofShares = (
        a: NdArray,
        whole: NdArray,
        parts: readonly NdArray[],
        shares: readonly number[],
        like: NdArray,
      ) =>
        cast(
          fromFlat(
            Float64Array.from(parts, (part, k) => shares[k]! * inner(a, sub(spread(part), whole))),
            like.shape,
          ),
          like.dtype,
        );
      return {
        x: cover ? cover(ofX, 0) : ofX,
        gain: gain && cast(reshape(sumTo(products, own), gain.shape), dtype),
        shift: shift && reshape(sumTo(dy, own), shift.shape),
        ofMeans: ofShares(
          ofMean,
          mean,
          all.map((one) => one.mean),
          p,
          ofMeans,
        ),
        ofVariances: ofShares(
          ofSquare,
          variance,
          all.map((one) => one.variance),
          q,
          ofVariances,
        ),
      };
    },
  };
}

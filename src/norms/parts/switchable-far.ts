import {
  type NdArray,
  broadcastTo,
  cast,
  extended,
  flat,
  fromFlat,
  positiveAxes,
} from '../../array/index.js';
import type { Shares } from './shares.js';

const { ZERO, add, div, mul, of, sqrt, sub, toNumber } = extended;

type Number = extended.Extended;

/** The sums of the values that lie at each place. */
function sums(count: number, values: readonly Number[], place: (i: number) => number): Number[] {
  const all = Array<Number>(count).fill(ZERO);
  values.forEach((value, i) => (all[place(i)] = add(all[place(i)]!, value)));
  return all;
}

/** Σ w v of differences to one of the values, so that equal values have exactly that mean. */
function mixed(shares: readonly Number[], values: readonly Number[], main: number): Number {
  return shares.reduce(
    (sum, share, k) => add(sum, mul(share, sub(values[k]!, values[main]!))),
    values[main]!,
  );
}

/**
 * The same as `switched` for numbers of any magnitudes side by side, number by number in extended range: as the formula
 * and its derivation write it, line by line. All arrays are of float64.
 */
export function switchedFar(
  mask: NdArray | undefined,
  x: NdArray,
  { means: p, variances: q, gain, shift, axis, epsilon, running }: Shares,
) {
  const { shape, size } = x;
  const [batch = 1] = shape;
  const [at = 0] = positiveAxes(axis, shape.length);
  const features = shape[at]!;
  const inner = shape.slice(at + 1).reduce((product, n) => product * n, 1);
  const parts = batch * features;
  const numbersOf = (a: NdArray) => Array.from(flat(cast(a, 'float64')), of);
  const xs = numbersOf(x);
  const on = mask && flat(broadcastTo(mask, shape));
  const counts = xs.map((_, i) => !on || on[i] === 1);
  /** The feature of a sample that a number is of, and the place of its statistics for each kind of these. */
  const partOf = (i: number) =>
    Math.floor((i * batch) / size) * features + (Math.floor(i / inner) % features);
  const places = [
    ...(shape.length > 2 ? [{ count: parts, at: (part: number) => part }] : []),
    { count: batch, at: (part: number) => Math.floor(part / features) },
    { count: features, at: (part: number) => part % features },
  ];
  const onlyCounted = (value: (i: number) => Number) => xs.map((_, i) => (counts[i] ? value(i) : ZERO));

  const statistics = places.map(({ count, at: place }, k) => {
    const where = (i: number) => place(partOf(i));
    if (running && k === places.length - 1)
      return { mean: numbersOf(running.mean), variance: numbersOf(running.variance), W: undefined, place };
    const W = sums(
      count,
      onlyCounted(() => of(1)),
      where,
    );
    const share = (values: readonly Number[]) =>
      sums(count, values, where).map((sum, j) => (W[j]!.m === 0 ? ZERO : div(sum, W[j]!)));
    const rough = share(xs.map((value, i) => (counts[i] ? value : ZERO)));
    const rest = share(onlyCounted((i) => sub(xs[i]!, rough[where(i)]!)));
    const mean = rough.map((value, j) => add(value, rest[j]!));
    const centered = onlyCounted((i) => sub(xs[i]!, mean[where(i)]!));
    return { mean, variance: share(centered.map((c) => mul(c, c))), W, place };
  });
  const [pk, qk] = [p, q].map((all) => all.map(of));
  const [mainMean, mainVariance] = [p, q].map((all) => all.indexOf(Math.max(...all)));
  const ofParts = <T>(f: (part: number) => T): T[] => Array.from({ length: parts }, (_, part) => f(part));
  const each = (name: 'mean' | 'variance', part: number) =>
    statistics.map((one) => one[name][one.place(part)]!);
  const mean = ofParts((part) => mixed(pk!, each('mean', part), mainMean!));
  const variance = ofParts((part) => mixed(qk!, each('variance', part), mainVariance!));
  const length = variance.map((V) => sqrt(add(V, of(epsilon))));
  const ofLayer = statistics.at(-2)!;
  const some = ofParts((part) => ofLayer.W![ofLayer.place(part)]!.m !== 0);

  const gamma = gain && numbersOf(gain);
  const beta = shift && numbersOf(shift);
  const grown = (value: Number, part: number) => (gamma ? mul(gamma[part % features]!, value) : value);
  const unit = xs.map((value, i) => {
    const part = partOf(i);
    return some[part] ? div(sub(value, mean[part]!), length[part]!) : ZERO;
  });
  const array = (values: readonly Number[], like: NdArray) =>
    fromFlat(Float64Array.from(values, toNumber), like.shape);

  return {
    value: array(
      unit.map((value, i) => {
        const part = partOf(i);
        return beta ? add(grown(value, part), beta[part % features]!) : grown(value, part);
      }),
      x,
    ),
    pullback(dy: NdArray) {
      const g = numbersOf(dy);
      const S = sums(parts, g, partOf);
      const T = sums(
        parts,
        g.map((slope, i) => mul(slope, unit[i]!)),
        partOf,
      );
      const overLength = (sum: Number, part: number) =>
        some[part] ? div(grown(sum, part), length[part]!) : ZERO;
      const ofMean = S.map((sum, part) => overLength(mul(of(-1), sum), part));
      const ofVariance = T.map((sum, part) => div(overLength(mul(of(-0.5), sum), part), length[part]!));
      const shared = statistics.map(({ W, place, mean: own }, k) => {
        if (!W) return undefined;
        const share = (values: readonly Number[], factor: Number) =>
          sums(W.length, values, place).map((sum, j) =>
            W[j]!.m === 0 ? ZERO : div(mul(factor, sum), W[j]!),
          );
        const [offset, slope] = [share(ofMean, pk![k]!), share(ofVariance, mul(of(2), qk![k]!))];
        return (i: number) => {
          const j = place(partOf(i));
          return add(offset[j]!, mul(slope[j]!, sub(xs[i]!, own[j]!)));
        };
      });
      const ofX = g.map((slope, i) => {
        const direct = overLength(slope, partOf(i));
        return counts[i] ? shared.reduce((sum, one) => (one ? add(sum, one(i)) : sum), direct) : direct;
      });
      /** The gradient of a weight of a share w: w Σ (v − Σ w v) d. */
      const ofShares = (name: 'mean' | 'variance', shares: readonly Number[], by: readonly Number[]) =>
        shares.map((share, k) =>
          mul(
            share,
            by.reduce((sum, slope, part) => {
              const values = each(name, part);
              const apart = shares.reduce(
                (rest, own, j) => add(rest, mul(own, sub(values[k]!, values[j]!))),
                ZERO,
              );
              return add(sum, mul(slope, apart));
            }, ZERO),
          ),
        );
      const ofFeatures = (values: readonly Number[], like: NdArray) =>
        array(
          sums(features, values, (part) => part % features),
          like,
        );
      return {
        x: array(ofX, x),
        gain: gain && ofFeatures(T, gain),
        shift: shift && ofFeatures(S, shift),
        means: ofShares('mean', pk!, ofMean).map(toNumber),
        variances: ofShares('variance', qk!, ofVariance).map(toNumber),
      };
    },
  };
}

import { type NdArray, Unbounded, broadcastTo, cast, flat, full, reshape, sumTo } from '../../array/index.js';
import { byPosition } from './by-position.js';
import type { Pulled, Shares } from './shares.js';
import { unboundedMoments } from './unbounded-moments.js';

/** The mean and variance of a kind of group; those that do not follow from x have no W. */
interface Statistics {
  readonly mean: Unbounded;
  readonly variance: Unbounded;
  readonly W?: Unbounded;
}

const sum = (all: readonly Unbounded[]): Unbounded => all.reduce((a, b) => a.plus(b));

/**
 * The same as `switched` for numbers of any magnitudes side by side, without bounds, and rounded to float64: as the formula
 * and its derivation write it, line by line.
 */
export function switchedFar(
  mask: NdArray | undefined,
  given: NdArray,
  { means, variances, gain, shift, axis, epsilon, running }: Shares,
) {
  const { lay, restore, layMask } = byPosition(given.shape, axis);
  const on = mask && layMask(mask);
  const x = Unbounded.of(lay(given));
  const [samples = 1, , features = 1] = x.shape;
  const parts = [samples, 1, features];
  const single = [1, 1, features];
  const number = (value: number) => Unbounded.of(full([], value, 'float64'));
  const laid = (a: NdArray) => Unbounded.of(reshape(a, single));
  const statistics: readonly Statistics[] = [
    ...(given.shape.length > 2 ? [unboundedMoments(x, on, [1])] : []),
    unboundedMoments(x, on, [1, 2]),
    running
      ? { mean: laid(running.mean), variance: laid(running.variance) }
      : unboundedMoments(x, on, [0, 1]),
  ];
  const [p, q] = [means, variances].map((shares) => shares.map(number));
  const all = (name: 'mean' | 'variance') => statistics.map((one) => one[name].broadcastTo(parts));
  /** Σ w v of differences to one of the values, so that equal values have exactly that mean. */
  const mixed = (values: readonly Unbounded[], shares: readonly Unbounded[], main: number) =>
    sum([values[main]!, ...values.map((v, k) => v.minus(values[main]!).times(shares[k]!))]);
  const largest = (shares: readonly number[]) => shares.indexOf(Math.max(...shares));
  const mean = mixed(all('mean'), p!, largest(means));
  const length = mixed(all('variance'), q!, largest(variances)).plus(number(epsilon)).root();

  /** Samples of which nothing counts are left at 0. */
  const some = on && sumTo(cast(on, 'float64'), [samples, 1, 1]);
  const ofSome = (a: Unbounded) => (some ? a.only(some) : a);
  const counted = (a: Unbounded) => (on ? a.only(on) : a);
  const [gamma, beta] = [gain && laid(gain), shift && laid(shift)];
  const grown = (a: Unbounded) => (gamma ? a.times(gamma) : a);
  const unit = ofSome(x.minus(mean).over(length));
  const y = beta ? grown(unit).plus(beta) : grown(unit);
  const rounded = (a: Unbounded) => restore(broadcastTo(a.rounded('float64'), x.shape));

  return {
    value: rounded(y),
    pullback(dy: NdArray): Pulled {
      const g = Unbounded.of(lay(dy));
      const [S, T] = [g.sumTo(parts), g.times(unit).sumTo(parts)];
      const overLength = (a: Unbounded) => ofSome(grown(a).over(length));
      const ofMean = overLength(S).negative();
      const ofVariance = overLength(T).over(length).times(number(-0.5));
      const through = statistics.flatMap(({ W, mean: center }, k) => {
        if (!W) return [];
        const share = (a: Unbounded, factor: Unbounded) => a.sumTo(W.shape).times(factor).over(W);
        const slope = share(ofVariance, q![k]!.times(number(2)));
        return [counted(x.minus(center).times(slope).plus(share(ofMean, p![k]!)))];
      });
      /** The gradient of a weight of a share w: w Σ (v − Σ w v) d. */
      const ofShares = (values: readonly Unbounded[], shares: readonly Unbounded[], d: Unbounded) =>
        values.map((value, k) => {
          const apart = sum(values.map((other, j) => value.minus(other).times(shares[j]!)));
          return flat(d.times(apart).sumTo([1, 1, 1]).times(shares[k]!).rounded('float64'))[0]!;
        });
      const ofFeatures = (a: Unbounded, like: NdArray) =>
        reshape(a.sumTo(single).rounded('float64'), like.shape);
      return {
        x: rounded(sum([overLength(g), ...through])),
        gain: gain && ofFeatures(T, gain),
        shift: shift && ofFeatures(S, shift),
        means: ofShares(all('mean'), p!, ofMean),
        variances: ofShares(all('variance'), q!, ofVariance),
      };
    },
  };
}

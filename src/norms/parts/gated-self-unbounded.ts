import {
  type NdArray,
  Unbounded,
  across,
  broadcastTo,
  cast,
  curve,
  onto,
  reshape,
  scale,
  sumTo,
} from '../../array/index.js';
import type { GateWeights, Spread } from './gated-self.js';
import { hiding } from './masked.js';
import { positionsSplit, sharedAxes, splitShape } from './split.js';
import { unboundedDeviation } from './unbounded-deviation.js';

/** y = γ x σ(w x) / N + β in numbers without bounds, and rounded to float64. */
export function gatedUnbounded(
  mask: NdArray | undefined,
  given: NdArray,
  { steepness, gain, shift }: GateWeights,
  { epsilon, ...split }: Spread,
) {
  const { shape } = given;
  const { axis } = split;
  const parted = splitShape(shape, split);
  const groups = across(parted, sharedAxes(shape, axis));
  const own = splitShape(onto(shape, axis), split);
  const laid = (a: NdArray) => Unbounded.of(reshape(a, own));
  const count = mask && sumTo(broadcastTo(cast(mask, 'float64'), shape), onto(shape, 0));
  const { x: shown, cover } =
    mask && count ? hiding(given, cast(mask, 'float64'), count) : { x: given, cover: undefined };
  const known = (a: Unbounded) => (count ? a.only(reshape(count, onto(parted, 0))) : a);

  const x = Unbounded.of(reshape(shown, parted));
  const [w, gamma, beta] = [laid(steepness), gain && laid(gain), shift && laid(shift)];
  const counting = mask && broadcastTo(reshape(mask, positionsSplit(shape, axis)), parted);
  const { length, pullback } = unboundedDeviation(x, counting, sharedAxes(shape, axis), epsilon);
  const z = x.times(w).rounded('float64');
  const open = Unbounded.of(curve('sigmoid', z));
  const slope = open.times(Unbounded.of(curve('sigmoid', scale(z, -1))));
  const u = known(x.times(open).over(length));
  const grown = gamma ? u.times(gamma) : u;
  const value = reshape((beta ? grown.plus(beta) : grown).rounded('float64'), shape);

  return {
    value: cover ? cover(value, NaN) : value,
    pullback(gradient: NdArray) {
      const dy = Unbounded.of(reshape(gradient, parted));
      const h = gamma ? dy.times(gamma) : dy;
      const du = known(h.over(length));
      const dz = du.times(x).times(slope);
      const ofLength = du.times(u).sumTo(groups).negative();
      const ofX = du
        .times(open)
        .plus(dz.times(w))
        .plus(known(pullback(ofLength)));
      const summed = (a: Unbounded, like: NdArray) => reshape(a.sumTo(own).rounded('float64'), like.shape);
      const rounded = reshape(ofX.rounded('float64'), shape);
      return {
        x: cover ? cover(rounded, 0) : rounded,
        gain: gain && summed(dy.times(u), gain),
        shift: shift && summed(dy, shift),
        steepness: summed(dz.times(x), steepness),
      };
    },
  };
}

import {
  type NdArray,
  Unbounded,
  broadcastTo,
  cast,
  full,
  map,
  onto,
  reshape,
  sumTo,
} from '../../array/index.js';
import { allButFeatures, positionsOf } from './axes.js';
import type { Larger, LargerWeights } from './evo-batch.js';
import { hiding } from './masked.js';
import { unboundedDeviation } from './unbounded-deviation.js';

/** y = γ x / max(B, w x + S) + β in numbers without bounds, and rounded to float64. */
export function dividedUnbounded(
  mask: NdArray | undefined,
  given: NdArray,
  { factor, gain, shift }: LargerWeights,
  { axis, epsilon, running }: Larger,
) {
  const { shape } = given;
  const own = onto(shape, axis);
  const laid = (a: NdArray) => Unbounded.of(reshape(a, own));
  const wideMask = mask && cast(mask, 'float64');
  const count = wideMask && sumTo(broadcastTo(wideMask, shape), onto(shape, [0, axis]));
  const { x: shown, cover } = count ? hiding(given, wideMask, count) : { x: given, cover: undefined };
  const known = (a: Unbounded) => (count ? a.only(count) : a);

  const x = Unbounded.of(shown);
  const [w, gamma, beta] = [laid(factor), gain && laid(gain), shift && laid(shift)];
  const instance = unboundedDeviation(x, wideMask, positionsOf(shape, axis), epsilon);
  const batch = running ? undefined : unboundedDeviation(x, wideMask, allButFeatures(shape, axis), epsilon);
  const S = instance.length;
  const B = batch
    ? batch.length
    : laid(running!)
        .plus(Unbounded.of(full([], epsilon, 'float64')))
        .root();
  const R = x.times(w).plus(S);
  const above = R.minus(B).mantissa;
  // The share of R in a gradient: halves where both are equal.
  const share = map(above, (d) => (d > 0 ? 1 : d < 0 ? 0 : 1 / 2));
  const shareOfB = map(above, (d) => (d > 0 ? 0 : d < 0 ? 1 : 1 / 2));
  const D = R.only(map(above, (d) => Number(!(d < 0)))).plus(
    B.broadcastTo(shape).only(map(above, (d) => Number(d < 0))),
  );
  const unit = known(x.over(D));
  const grown = gamma ? unit.times(gamma) : unit;
  const value = (beta ? grown.plus(beta) : grown).rounded('float64');

  return {
    value: cover ? cover(value, NaN) : value,
    pullback(gradient: NdArray) {
      const dy = Unbounded.of(gradient);
      const direct = known((gamma ? dy.times(gamma) : dy).over(D));
      const ofR = direct.times(Unbounded.of(share));
      const ofB = direct.times(Unbounded.of(shareOfB));
      // Where D is R, 1 − w x / R is S / R, which keeps its digits.
      const near = ofB.plus(ofR.times(S).over(D));
      const dR = ofR.times(unit).negative();
      const throughS = near.plus(known(instance.pullback(dR.sumTo(S.shape))));
      const dB = batch && ofB.times(unit).negative().sumTo(B.shape);
      const ofX = (dB ? throughS.plus(known(batch.pullback(dB))) : throughS).rounded('float64');
      const summed = (a: Unbounded, like: NdArray) => reshape(a.sumTo(own).rounded('float64'), like.shape);
      return {
        x: cover ? cover(ofX, 0) : ofX,
        gain: gain && summed(dy.times(unit), gain),
        shift: shift && summed(dy, shift),
        factor: summed(dR.times(x), factor),
      };
    },
  };
}

import { type NdArray, Unbounded, full, map, reshape } from '../../array/index.js';
import type { Applied } from './apart.js';
import { counted } from './counted.js';
import type { Larger, LargerGradients, LargerWeights } from './evo-weights.js';
import { unboundedDeviation } from './unbounded-moments.js';

/** y = γ x / max(B, w x + S) + β of [samples, positions, features] in numbers without bounds, and rounded to float64. */
export function dividedUnbounded(
  mask: NdArray | undefined,
  given: NdArray,
  { factor, gain, shift }: LargerWeights,
  { epsilon, running }: Larger,
): Applied<LargerGradients> {
  const { shape } = given;
  const features = shape[2]!;
  const own = [1, 1, features];
  const laid = (a: NdArray) => Unbounded.of(reshape(a, own));
  const { x: finite, ...shown } = counted(given, mask);

  const x = Unbounded.of(finite);
  const [w, gamma, beta] = [laid(factor), gain && laid(gain), shift && laid(shift)];
  const instance = unboundedDeviation(x, mask, [1], epsilon);
  const batch = running ? undefined : unboundedDeviation(x, mask, [0, 1], epsilon);
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
  const unit = x.over(D);
  const grown = gamma ? unit.times(gamma) : unit;

  return {
    value: shown.value((beta ? grown.plus(beta) : grown).rounded('float64')),
    pullback(gradient) {
      const dy = Unbounded.of(gradient);
      const direct = (gamma ? dy.times(gamma) : dy).over(D);
      const ofR = direct.times(Unbounded.of(share));
      const ofB = direct.times(Unbounded.of(shareOfB));
      // Where D is R, 1 − w x / R is S / R, which keeps its digits.
      const near = ofB.plus(ofR.times(S).over(D));
      const dR = ofR.times(unit).negative();
      const throughS = near.plus(instance.pullback(dR.sumTo(S.shape)));
      const dB = batch && ofB.times(unit).negative().sumTo(B.shape);
      const ofX = (dB ? throughS.plus(batch.pullback(dB)) : throughS).rounded('float64');
      const summed = (a: Unbounded) => reshape(a.sumTo(own).rounded('float64'), [features]);
      return {
        x: shown.gradient(ofX),
        gain: gain && summed(dy.times(unit)),
        shift: shift && summed(dy),
        factor: summed(dR.times(x)),
      };
    },
  };
}

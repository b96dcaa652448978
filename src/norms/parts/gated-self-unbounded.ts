import { type NdArray, Unbounded, broadcastTo, curve, reshape, scale } from '../../array/index.js';
import type { Applied } from './apart.js';
import { counted } from './counted.js';
import type { GateGradients, GateWeights, Spread } from './evo-weights.js';
import { unboundedDeviation } from './unbounded-moments.js';

/** y = γ x σ(w x) / N + β of [samples, positions, features] in numbers without bounds, and rounded to float64. */
export function gatedUnbounded(
  mask: NdArray | undefined,
  given: NdArray,
  { steepness, gain, shift }: GateWeights,
  { epsilon, groups }: Spread,
): Applied<GateGradients> {
  const { shape } = given;
  const [samples = 0, positions = 0, features = 0] = shape;
  const parted = [samples, positions, groups, features / groups];
  const own = [1, 1, groups, features / groups];
  const laid = (a: NdArray) => Unbounded.of(reshape(a, own));
  const { x: finite, ...shown } = counted(given, mask);

  const x = Unbounded.of(reshape(finite, parted));
  const [w, gamma, beta] = [laid(steepness), gain && laid(gain), shift && laid(shift)];
  const counting = mask && broadcastTo(reshape(mask, [samples, positions, 1, 1]), parted);
  const { length, pullback } = unboundedDeviation(x, counting, [1, 3], epsilon);
  const z = x.times(w).rounded('float64');
  const open = Unbounded.of(curve('sigmoid', z));
  const slope = open.times(Unbounded.of(curve('sigmoid', scale(z, -1))));
  const u = x.times(open).over(length);
  const grown = gamma ? u.times(gamma) : u;

  return {
    value: shown.value(reshape((beta ? grown.plus(beta) : grown).rounded('float64'), shape)),
    pullback(gradient) {
      const dy = Unbounded.of(reshape(gradient, parted));
      const du = (gamma ? dy.times(gamma) : dy).over(length);
      const dz = du.times(x).times(slope);
      const ofLength = du.times(u).sumTo(length.shape).negative();
      const ofX = du.times(open).plus(dz.times(w)).plus(pullback(ofLength));
      const summed = (a: Unbounded) => reshape(a.sumTo(own).rounded('float64'), [features]);
      return {
        x: shown.gradient(reshape(ofX.rounded('float64'), shape)),
        gain: gain && summed(dy.times(u)),
        shift: shift && summed(dy),
        steepness: summed(dz.times(x)),
      };
    },
  };
}

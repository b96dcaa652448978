import {
  type Axes,
  type NdArray,
  type Weights,
  add,
  cast,
  map,
  mendedShort,
  mendedWide,
  mix,
  mul,
  onto,
  reshape,
  scale,
  sub,
} from '../../array/index.js';
import type { FeatureAffine } from '../norm.js';
import { affine, contract } from './affine.js';

/**
 * momentum · running + (1 − momentum) · now; a momentum of 1 or 0 ignores the other, even if it is infinite. A variance
 * may overflow although `share`, the part of it that is added, does not: that part is then rounded with the sum.
 */
export function blend(
  running: NdArray,
  now: NdArray,
  momentum: number,
  share?: (part: number) => NdArray,
): NdArray {
  const alike = (a: NdArray) => reshape(a, running.shape);
  if (momentum === 1) return running;
  if (momentum === 0) return alike(now);
  const mixed = mix(running, alike(now), momentum);
  if (!share) return mixed;
  return mendedWide(mixed, (to) => add(scale(to(running), momentum), alike(share(1 - momentum))));
}

/** y = γ r (x − μ) + β along one axis, as an affine map for each feature: its gain is γ r, in float64. */
export function affineBy(
  { mean, variance }: { readonly mean: NdArray; readonly variance: NdArray },
  epsilon: number,
  { gain, shift, along: axis }: Weights,
): FeatureAffine {
  const r = map(cast(variance, 'float64'), (v) => 1 / Math.sqrt(v + epsilon));
  return { axis: axis as Axes, center: mean, gain: gain ? mul(r, cast(gain, 'float64')) : r, shift };
}

/**
 * y = γ r (x − μ) + β, with r = 1 / √(v + ε) and constant statistics along one axis: dx = r γ dy. If x̂ = r (x − μ),
 * which has no bound, overflows and the result does not, x − μ is computed in short units. The weights lie along axes of
 * their own, which are that of the statistics if `axis` is left out.
 */
export function standardizeBy(
  x: NdArray,
  { mean, variance }: { readonly mean: NdArray; readonly variance: NdArray },
  epsilon: number,
  { gain, shift, along }: Weights,
  axis = along,
) {
  const shape = onto(x.shape, along);
  const wide = (a: NdArray) => cast(a, 'float64');
  const channels = (a: NdArray) => reshape(wide(a), onto(x.shape, axis));
  const own = (a: NdArray) => reshape(wide(a), shape);
  const mu = channels(mean);
  const r = map(channels(variance), (v) => 1 / Math.sqrt(v + epsilon));
  const learned = affine(mul(sub(x, cast(mu, x.dtype)), cast(r, x.dtype)), along, gain, shift);
  return {
    value: mendedShort(learned.value, (short) => {
      const scaled = mul(sub(short(x), short(mu)), gain ? mul(r, own(gain)) : r);
      return shift ? add(scaled, short(own(shift))) : scaled;
    }),
    pullback(g: NdArray) {
      const { x: ofUnit, gain: ofGain, shift: ofShift } = learned.pullback(g);
      return {
        x: cast(mul(wide(ofUnit), r), x.dtype),
        gain:
          ofGain &&
          mendedShort(ofGain, (short, to) =>
            reshape(contract(mul(to(g), r), sub(short(x), short(mu)), shape), ofGain.shape),
          ),
        shift: ofShift,
      };
    },
  };
}

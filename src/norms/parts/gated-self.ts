import {
  type NdArray,
  add,
  addInto,
  broadcastTo,
  cast,
  kept,
  map,
  mul,
  reshape,
  scale,
  sum,
  sumTo,
  swish,
  zip,
} from '../../array/index.js';
import {
  type Applied,
  FAR,
  MODERATE,
  anyBeyond,
  bounded,
  either,
  groupsBeyond,
  lengthsBeyond,
  widerApart,
} from './apart.js';
import { byPosition } from './by-position.js';
import { counted } from './counted.js';
import type { GateGradients, GateWeights, Spread } from './evo-weights.js';
import { gatedUnbounded } from './gated-self-unbounded.js';
import { standardizeWhere } from './masked.js';
import type { Split } from './split.js';

const wide = (a: NdArray): NdArray => cast(a, 'float64');

/**
 * y = γ x σ(w x) / N + β, where N² = v + ε with the variance v of a group of features of a sample. A group that leaves the
 * range of its dtype is computed in a wider one.
 */
export function gateByItself(
  mask: NdArray | undefined,
  x: NdArray,
  weights: GateWeights,
  { axis, ...spread }: Spread & Split,
): Applied<GateGradients> {
  const { lay, restore, layMask } = byPosition(x.shape, axis);
  const { value, pullback } = inSomeRange(mask && layMask(mask), lay(x), weights, spread);
  return {
    value: restore(value),
    pullback(gradient) {
      const pulled = pullback(lay(gradient));
      // At w = 0 its gradient grows with the square of a constant x, beyond all numbers.
      return { ...pulled, x: restore(pulled.x), steepness: bounded(pulled.steepness) };
    },
  };
}

/** The same of [samples, positions, features]. */
function inSomeRange(
  mask: NdArray | undefined,
  x: NdArray,
  weights: GateWeights,
  spread: Spread,
): Applied<GateGradients> {
  const { steepness, gain, shift } = weights;
  return widerApart<GateGradients>(gated(mask, x, weights, spread), () =>
    x.dtype === 'float64'
      ? gatedUnbounded(mask, x, weights, spread)
      : inSomeRange(
          mask,
          wide(x),
          { steepness: wide(steepness), gain: gain && wide(gain), shift: shift && wide(shift) },
          spread,
        ),
  );
}

/** The same in the range of a dtype. */
function gated(
  mask: NdArray | undefined,
  given: NdArray,
  { steepness, gain, shift }: GateWeights,
  { epsilon, groups }: Spread,
) {
  const { shape, dtype } = given;
  const [samples = 0, positions = 0, features = 0] = shape;
  const parted = [samples, positions, groups, features / groups];
  const axes = [1, 3];
  const { x, ...shown } = counted(given, mask);

  const counting = mask && reshape(mask, [samples, positions, 1, 1]);
  const split = reshape(x, parted);
  // One way for all groups: what is not finite in one changes no bit of another.
  const unit = standardizeWhere(counting, split, axes, epsilon, { along: [2, 3] });
  const { center, length } = unit.moments();
  const perGroup = (a: NdArray) => reshape(a, [samples, groups]);
  const r = map(perGroup(length), (N) => 1 / N);
  const { value, pullback } = swish(x, { factor: steepness, inverse: cast(r, dtype), gain, shift });

  const most = MODERATE[dtype];
  const lost = anyBeyond([steepness, gain], most)
    ? map(length, () => 1)
    : lengthsBeyond({ center, length }, 1 / most, FAR[dtype]);
  const beyond = (a: NdArray, by?: NdArray) => groupsBeyond(reshape(a, parted), most, axes, by);
  const laid = (marks: NdArray | undefined) =>
    marks &&
    (marks.size === x.size
      ? reshape(marks, shape)
      : reshape(broadcastTo(marks, [samples, 1, groups, features / groups]), [samples, 1, features]));
  return {
    value: shown.value(value),
    apart: laid(either(lost, beyond(x, counting))),
    apartBack: (dy: NdArray) => laid(either(lost, beyond(x), beyond(dy))),
    pullback(dy: NdArray) {
      const pulled = pullback(dy);
      // −dN, and −dN / W, by which x gets (x − x̄) / N.
      const ofLength = mul(perGroup(sum(pulled.groups, 1)), r);
      const counts = mask && map(sumTo(wide(mask), [samples, 1, 1]), (W) => (W * features) / groups || 1);
      const turn = counts
        ? zip(ofLength, reshape(counts, [samples, 1]), (a, W) => -a / W)
        : scale(ofLength, -length.size / x.size);
      const turned = mul(unit.value, cast(reshape(turn, length.shape), dtype));
      const live = counting ? kept(turned, counting) : turned;
      const inner = reshape(live, shape);
      const ofX = addInto(pulled.x, inner) ? pulled.x : add(pulled.x, inner);
      const own = (a: NdArray) => cast(a, dtype);
      return {
        x: shown.gradient(ofX),
        gain: pulled.gain && own(pulled.gain),
        shift: pulled.shift && own(pulled.shift),
        steepness: own(pulled.factor),
      };
    },
  };
}

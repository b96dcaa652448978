import {
  type NdArray,
  add,
  broadcastTo,
  cast,
  curve,
  curveBack,
  flat,
  map,
  mul,
  onto,
  reshape,
  scale,
  sum,
  sumOfProducts,
  sumTo,
  zip,
} from '../../array/index.js';
import {
  FAR,
  MODERATE,
  anyBeyond,
  bounded,
  either,
  groupsBeyond,
  lengthsBeyond,
  widerApart,
} from './apart.js';
import { positionsOf } from './axes.js';
import { gatedUnbounded } from './gated-self-unbounded.js';
import { hiding, standardizeWhere } from './masked.js';
import { type Split, positionsSplit, sharedAxes, splitShape, withinGroup } from './split.js';

/** The weights of y = γ x σ(w x) / N + β, one number for each feature. */
export interface GateWeights {
  readonly steepness: NdArray;
  readonly gain: NdArray | undefined;
  readonly shift: NdArray | undefined;
}

export type GateGradients = Readonly<
  Record<'x' | 'steepness', NdArray> & Record<'gain' | 'shift', NdArray | undefined>
>;

/** The groups of features that share an N, and ε. */
export interface Spread extends Split {
  readonly epsilon: number;
}

const wide = (a: NdArray): NdArray => cast(a, 'float64');

/**
 * y = γ x σ(w x) / N + β, where N² = v + ε with the variance v of a group of features of a sample. A group that leaves the
 * range of its dtype is computed in a wider one.
 */
export function gateByItself(
  mask: NdArray | undefined,
  x: NdArray,
  weights: GateWeights,
  spread: Spread,
): Applied<GateGradients> {
  const { steepness, gain, shift } = weights;
  const { value, pullback } = widerApart<GateGradients>(gated(mask, x, weights, spread), () =>
    x.dtype === 'float64'
      ? gatedUnbounded(mask, x, weights, spread)
      : gateByItself(
          mask,
          wide(x),
          { steepness: wide(steepness), gain: gain && wide(gain), shift: shift && wide(shift) },
          spread,
        ),
  );
  return {
    value,
    pullback(gradient: NdArray) {
      const pulled = pullback(gradient);
      // At w = 0 it grows with the square of a constant x, beyond all numbers.
      return { ...pulled, steepness: bounded(pulled.steepness) };
    },
  };
}

/** The same in the range of a dtype. */
function gated(
  mask: NdArray | undefined,
  given: NdArray,
  { steepness, gain, shift }: GateWeights,
  { epsilon, ...split }: Spread,
) {
  const { shape, dtype } = given;
  const { axis } = split;
  const own = onto(shape, axis);
  const laid = (a: NdArray) => reshape(cast(a, dtype), own);
  const axes = sharedAxes(shape, axis);
  const parted = splitShape(shape, split);
  const count = mask && sumTo(broadcastTo(wide(mask), shape), onto(shape, 0));
  const { x, cover } = mask && count ? hiding(given, wide(mask), count) : { x: given, cover: undefined };

  const counting = mask && reshape(mask, positionsSplit(shape, axis));
  const unit = standardizeWhere(counting, reshape(x, parted), axes, epsilon, { along: axes });
  const { center, length } = unit.moments();
  /** A number of each group as one of each of its features, or of all if they are one group. */
  const perFeature = shape.map((size, i) => (positionsOf(shape, axis).includes(i) ? 1 : size));
  const spread = (a: NdArray) =>
    split.groups === 1
      ? reshape(a, onto(shape, 0))
      : reshape(broadcastTo(a, splitShape(perFeature, split)), perFeature);
  const inverse = map(length, (N) => 1 / N);
  const r = cast(spread(inverse), dtype);
  // If no position counts, u is 0.
  const isPartial = count !== undefined && flat(count).includes(0);
  const known = (a: NdArray) =>
    isPartial ? zip(a, cast(count, a.dtype), (value, total) => (total > 0 ? value : 0)) : a;

  const [w, gamma, beta] = [laid(steepness), gain && laid(gain), shift && laid(shift)];
  const z = mul(x, w);
  const open = curve('sigmoid', z);
  const u = known(mul(mul(x, open), r));
  const grown = gamma ? (beta ? sumOfProducts(u, gamma, undefined, beta) : mul(u, gamma)) : u;
  const value = beta && !gamma ? add(grown, beta) : grown;

  const most = MODERATE[dtype];
  const beyond = (a: NdArray, by?: NdArray) => groupsBeyond(reshape(a, parted), most, axes, by);
  const byGroup = (marks: NdArray | undefined) =>
    marks && (marks.size === x.size ? reshape(marks, shape) : spread(marks));
  const lost = anyBeyond([steepness, gain], most)
    ? map(length, () => 1)
    : lengthsBeyond({ center, length }, 1 / most, FAR[dtype]);
  return {
    value: cover ? cover(value, NaN) : value,
    apart: byGroup(either(lost, beyond(x, counting))),
    apartBack: (dy: NdArray) => byGroup(either(lost, beyond(x), beyond(dy))),
    pullback(gradient: NdArray) {
      const dy = cast(gradient, dtype);
      const direct = mul(dy, u);
      const ofSample = sumTo(direct, perFeature);
      const h = gamma ? mul(dy, gamma) : dy;
      // The gradient of x σ(z).
      const du = known(mul(h, r));
      const dz = curveBack('sigmoid', mul(du, x), z, open);
      const grownSums = gamma ? mul(ofSample, gamma) : ofSample;
      const ofLength = sum(reshape(grownSums, splitShape(perFeature, split)), withinGroup(shape, axis));
      // −dN / W, by which x gets (x − x̄) / N.
      const share = mul(ofLength, inverse);
      const turn = count
        ? zip(share, reshape(count, onto(parted, 0)), (a, W) => (W > 0 ? (-a * split.groups) / W : 0))
        : scale(share, -length.size / x.size);
      const centered = mul(reshape(unit.value, shape), cast(spread(turn), dtype));
      const turned = mask
        ? zip(centered, broadcastTo(cast(mask, dtype), shape), (a, on) => (on ? a : 0))
        : centered;
      const ofX = add(add(mul(du, open), mul(dz, w)), turned);
      return {
        x: cover ? cover(ofX, 0) : ofX,
        gain: gain && reshape(sumTo(ofSample, own), gain.shape),
        shift: shift && reshape(sumTo(dy, own), shift.shape),
        steepness: reshape(sumTo(mul(dz, x), own), steepness.shape),
      };
    },
  };
}

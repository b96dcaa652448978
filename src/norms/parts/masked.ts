import {
  type Axes,
  type Dtype,
  type NdArray,
  SHORT,
  SQUARABLE,
  type Weights,
  across,
  add,
  balance,
  broadcastTo,
  cast,
  div,
  finite,
  flat,
  full,
  gather,
  map,
  max,
  mended,
  min,
  mul,
  positiveAxes,
  reshape,
  scale,
  square,
  sub,
  sum,
  transpose,
  within,
  without,
  zip,
} from '../../array/index.js';
import type { MaskUse } from '../norm.js';
import { allButFeatures } from './axes.js';
import { affine } from './affine.js';
import { standardizeWith, unitizeWith } from './normalize.js';

/** What a mask does to a norm that calls `standardizeWhere` or `unitizeWhere`. */
const meaning = (left: string): string =>
  `The positions that enter the statistics, in the shape of x without ${left}. ` +
  'The others are normalized by the same statistics, and their gradients reach those that count. ' +
  'If no position of a group counts, its output is β, and the gradient of its x is 0. ' +
  'NaN and ∞ at a position that does not count give NaN there, but reach no statistic and no gradient.';

/** The mask of a norm with one feature axis. */
export const featureMask: MaskUse<{ readonly axis: number }> = {
  about: meaning('the feature axis'),
  shape: (input, { axis }) => without(input, axis),
};

/** The mask of a norm whose axes may be any, on an input with the features last. */
export const lastAxisMask: MaskUse<object> = {
  about: meaning('its last axis'),
  shape: (input) => input.slice(0, -1),
};

/**
 * `standardizeWith` by the positions that count: x̄ = Σ w x / W and v = Σ w (x − x̄)² / W for a mask w of ones and zeros,
 * with W = Σ w + extra; the length is N = √(v + ε), or max(√v, ε). Positions that do not count are normalized by the same x̄ and v. If W is 0, x̂ and dx are 0. NaN and
 * ∞ that do not count reach no statistic and no gradient, and come out as NaN.
 *
 *     dN = −Σ dx̂ x̂ / N             x̂ = (x − x̄) / N
 *     dv = dN / (2 N)              N² = v + ε
 *     dx̄ = −Σ dx̂ / N − 2 e x̄ dv / W    Σ w (x − x̄) = e x̄, with e for extra
 *     dx = dx̂ / N + w (2 (x − x̄) dv + dx̄) / W
 *        = (dx̂ − (w / W) (Σ dx̂ + (x̂ − e x̄ / (N W)) Σ dx̂ x̂)) / N
 *
 * The sums are over all positions of a group, since those that do not count use its statistics too. The backward pass
 * also takes a gradient of N, if N is used.
 */
export function standardizeWhere(
  mask: NdArray | undefined,
  x: NdArray,
  axes: Axes,
  epsilon: number,
  weights: Weights,
  extra = 0,
  length: 'mean' | 'meanFloor' = 'mean',
) {
  const whole = (counted: NdArray) => standardizeWith(counted, axes, epsilon, weights, length);
  if (!mask) return whole(x);
  return extra === 0 && isConstant(mask, axes)
    ? wholeGroups(mask, x, whole)
    : partOfGroups(mask, x, axes, epsilon, weights, { centered: true, extra, length });
}

/**
 * The same for x̂ = x / N with N² = Σ w x² / W + ε.
 *
 *     dN = −Σ dx̂ x̂ / N   x̂ = x / N
 *     dx = dx̂ / N + w x dN / (W N)
 *        = (dx̂ − (w / W) x̂ Σ dx̂ x̂) / N
 */
export function unitizeWhere(
  mask: NdArray | undefined,
  x: NdArray,
  axes: Axes,
  epsilon: number,
  weights: Weights,
) {
  const whole = (counted: NdArray) => unitizeWith(counted, axes, epsilon, 'mean', weights);
  if (!mask) return whole(x);
  return isConstant(mask, axes)
    ? wholeGroups(mask, x, whole)
    : partOfGroups(mask, x, axes, epsilon, weights, { centered: false, extra: 0, length: 'mean' });
}

/** The features of every position that counts, one row each, by a mask in the shape of x without the feature axis. */
export function countedRows(x: NdArray, axis: number, mask: NdArray): NdArray {
  const others = allButFeatures(x.shape, axis);
  const features = positiveAxes(axis, x.shape.length);
  const laid = transpose(x, [...others, ...features]);
  const picks = Int32Array.from([...flat(mask)].flatMap((on, position) => (on === 1 ? [position] : [])));
  const rows = reshape(laid, [mask.size, x.size / mask.size]);
  return gather(rows, { data: picks, shape: [picks.length] }, 0);
}

/** Whether a mask is the same at all positions of a group. */
const isConstant = ({ shape }: NdArray, axes: Axes): boolean =>
  positiveAxes(axes, shape.length).every((axis) => shape[axis] === 1);

/** The numbers of `a` that count, and 0 for all others, even if these are NaN or infinite. */
const counting = (a: NdArray, w: NdArray): NdArray =>
  finite(a) ? mul(a, w) : zip(a, w, (value, on) => (on ? value : 0));

/** Groups that count as a whole or not at all: one of zeros has an x̂ of 0. */
function wholeGroups(
  mask: NdArray,
  x: NdArray,
  normalized: (x: NdArray) => ReturnType<typeof standardizeWith>,
) {
  const unit = normalized(counting(x, mask));
  return {
    value: unit.value,
    center: () => unit.center(),
    variance: () => unit.variance(),
    varianceShare: (part: number) => unit.varianceShare(part),
    moments: () => unit.moments(),
    pullback(gradient: NdArray, ofLength?: NdArray) {
      const { x: ofX, ...others } = unit.pullback(gradient, ofLength);
      return { x: counting(ofX, mask), ...others };
    },
  };
}

interface Part {
  readonly centered: boolean;
  readonly extra: number;
  readonly length: 'mean' | 'meanFloor';
}

/** In float64, and in units whose squares stay in range. */
function partOfGroups(
  mask: NdArray,
  given: NdArray,
  axes: Axes,
  epsilon: number,
  { gain, shift, along: own }: Weights,
  { centered: isCentered, extra, length }: Part,
) {
  const w = wideOf(mask);
  const total = map(sum(broadcastTo(w, given.shape), axes), (count) => count + extra);
  // If nothing counts, what is divided by W is 0.
  const weight = map(total, (count) => count || 1);
  const whereSome = flat(total).every((count) => count > 0)
    ? (a: NdArray) => a
    : (a: NdArray) => zip(a, total, (value, count) => (count > 0 ? value : 0));

  const { x, cover } = hiding(given, w, total);
  const wide = wideOf(x);
  const counted = mul(wide, w);
  const unit = unitOf(counted, axes, x.dtype, epsilon);
  const inUnits = flat(unit).every((s) => s === 1) ? (a: NdArray) => a : (a: NdArray) => mul(a, unit);
  const scaled = inUnits(wide);

  const { mu, centered } = isCentered ? about() : { mu: scale(weight, 0), centered: scaled };
  const variance = div(sum(square(counting(centered, w)), axes), weight);
  const root = zip(variance, unit, (v, s) =>
    length === 'mean'
      ? Math.max(Math.sqrt(v + epsilon * s * s), Math.sqrt(epsilon) * s)
      : Math.max(Math.sqrt(v), epsilon * s),
  );
  const normalized = whereSome(div(centered, root));
  // Without a bound on x̂ where positions do not count, it may overflow although what it is multiplied by brings it back.
  const hat = (size: number) => whereSome(div(scale(centered, size), root));
  const [gamma, beta] = [gain && wideOf(gain), shift && wideOf(shift)];
  const learned = affine(normalized, own, gamma, beta);
  const value = mended(learned.value, () =>
    scale(affine(hat(SHORT), own, gamma, beta && scale(beta, SHORT)).value, 1 / SHORT),
  );

  return {
    value: cover(cast(value, x.dtype), NaN),
    center: () => cast(div(mu, unit), x.dtype),
    variance: () => cast(div(div(variance, unit), unit), x.dtype),
    varianceShare: (part: number) => div(div(scale(variance, part), unit), unit),
    moments: () => ({ center: div(mu, unit), length: div(root, unit) }),
    pullback(gradient: NdArray, ofLength?: NdArray) {
      const dy = wideOf(gradient);
      const { x: g, gain: ofGain, shift: ofShift } = learned.pullback(dy);
      const inverse = div(unit, root);
      const apart = (size: number, hats: NdArray) => {
        const seen = counting(hats, w);
        return extra === 0 ? seen : sub(seen, div(scale(mu, extra * size), mul(root, weight)));
      };
      const share = (a: NdArray) => div(a, weight);
      const along = sum(mul(g, normalized), axes);
      const small = () => {
        const total = sum(mul(scale(g, SQUARABLE), hat(SQUARABLE)), axes);
        const large = apart(1 / SQUARABLE, hat(1 / SQUARABLE));
        // A sum that overflows even so takes nothing from an x̂ of 0.
        return share(zip(large, total, (c, whole) => c && c * whole));
      };
      // An x̂ near the smallest number has few digits, which a large sum would show; in larger units it has all.
      const plain = within(along, 1)
        ? mul(apart(1, normalized), along)
        : scale(mul(apart(1 / SHORT, hat(1 / SHORT)), along), SHORT);
      // The sum may exceed every number, though a product with an x̂ near 0, or its quotient by N, does not.
      const radial = mended(share(plain), () => scale(small(), 1 / SQUARABLE));
      const pulled = (size: number, ofLength: NdArray) => {
        const incoming = size === 1 ? g : scale(g, size);
        const taken = isCentered ? add(share(sum(incoming, axes)), ofLength) : ofLength;
        return mul(sub(incoming, counting(taken, w)), inverse);
      };
      const ofUnit = mended(pulled(1, radial), () => scale(pulled(SQUARABLE, small()), 1 / SQUARABLE));
      const ofX = ofLength ? add(ofUnit, share(mul(counting(normalized, w), wideOf(ofLength)))) : ofUnit;
      const wholeGain =
        ofGain && mended(ofGain, () => scale(affine(hat(SHORT), own, gamma).pullback(dy).gain!, 1 / SHORT));
      return {
        x: cover(cast(whereSome(ofX), x.dtype), 0),
        gain: wholeGain && cast(wholeGain, x.dtype),
        shift: ofShift && cast(ofShift, x.dtype),
      };
    },
  };

  /** The mean of what counts, and x less that mean, which is taken off twice. */
  function about() {
    const rough = div(sum(inUnits(counted), axes), weight);
    const apart = sub(scaled, rough);
    const rest = div(sub(sum(counting(apart, w), axes), scale(rough, extra)), weight);
    return { mu: add(rough, rest), centered: sub(apart, rest) };
  }
}

/** The power of two for each group that keeps its squares in range, which those of float32 are from the start. */
function unitOf(counted: NdArray, axes: Axes, dtype: Dtype, epsilon: number): NdArray {
  if (dtype === 'float32' && epsilon >= 2 ** -1000) return full(across(counted.shape, axes), 1, 'float64');
  const largest = zip(max(counted, axes), min(counted, axes), (most, least) => Math.max(most, -least));
  return balance(map(largest, (size) => Math.max(size, Math.sqrt(epsilon))));
}

const wideOf = (a: NdArray): NdArray => cast(a, 'float64');

/** x with 0 for NaN and ∞ that do not count, and a function that covers these in another array if anything else counts. */
export function hiding(given: NdArray, w: NdArray, total: NdArray) {
  if (finite(given)) return { x: given, cover: (a: NdArray) => a };
  const isHidden = cast(
    zip(wideOf(given), w, (value, on) => Number(on === 0 && !Number.isFinite(value))),
    given.dtype,
  );
  const spoilt = zip(isHidden, total, (hidden, count) => hidden && Number(count > 0));
  const put = (a: NdArray, where: NdArray, by: number) =>
    zip(a, where, (value, hidden) => (hidden ? by : value));
  return { x: put(given, isHidden, 0), cover: (a: NdArray, by: number) => put(a, spoilt, by) };
}

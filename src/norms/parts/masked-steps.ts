import {
  type Axes,
  type Dtype,
  type Gradients,
  type NdArray,
  type Weights,
  type WhereRecipe,
  across,
  add,
  balance,
  broadcastTo,
  cast,
  div,
  finite,
  flat,
  full,
  kept,
  map,
  max,
  mended,
  min,
  mul,
  scale,
  SHORT,
  SQUARABLE,
  square,
  sub,
  sum,
  within,
  zip,
} from '../../array/index.js';
import { affine } from './affine.js';

/** The result of a norm by the positions that count. */
export type Masked = Omit<ReturnType<typeof partOfGroups>, 'pullback'> & {
  pullback(gradient: NdArray, ofLength?: NdArray): Gradients;
};

export type Where = Omit<WhereRecipe, 'epsilon'>;

/** Whether ε is added to the variance, or bounds its root from below. */
export type Length = 'mean' | 'meanFloor';

/** The numbers of `a` that count, and 0 for all others, even if these are NaN or infinite. */
export const counting = (a: NdArray, w: NdArray): NdArray => (finite(a) ? mul(a, w) : kept(a, w));

/** In float64, and in units whose squares stay in range. */
export function partOfGroups(
  mask: NdArray,
  given: NdArray,
  axes: Axes,
  epsilon: number,
  { gain, shift, along: own }: Weights,
  { centered: isCentered, extra }: Where,
  length: Length = 'mean',
) {
  const w = wideOf(mask);
  const total = totalOf(w, given, axes, { extra });
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
  // Beside a variance of 0, ε alone is N, also if ε s² is too small to have all its digits.
  const root = zip(variance, unit, (v, s) => {
    if (length === 'meanFloor') return Math.max(Math.sqrt(v), epsilon * s);
    return v === 0 ? Math.sqrt(epsilon) * s : Math.sqrt(v + epsilon * s * s);
  });
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

export const wideOf = (a: NdArray): NdArray => cast(a, 'float64');

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

/** W, the count of the numbers of every group that count, and extra. */
export const totalOf = (
  mask: NdArray,
  { shape }: NdArray,
  axes: Axes,
  { extra }: Pick<Where, 'extra'>,
): NdArray => map(sum(broadcastTo(wideOf(mask), shape), axes), (count) => count + extra);

import {
  type Axes,
  type NdArray,
  type Shape,
  type Weights,
  cast,
  finite,
  flat,
  gather,
  mended,
  normalizeWhere,
  positiveAxes,
  reshape,
  scale,
  transpose,
  without,
} from '../../array/index.js';
import type { MaskUse } from '../norm.js';
import { allButFeatures } from './axes.js';
import { type Masked, type Where, counting, hiding, partOfGroups, totalOf, wideOf } from './masked-steps.js';
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
 * with W = Σ w + extra. Positions that do not count are normalized by the same x̄ and v. If W is 0, x̂ and dx are 0. NaN and
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
) {
  if (!mask) {
    const whole = () => standardizeWith(x, axes, epsilon, weights);
    if (!areApart(x.shape, axes)) return whole();
    return inOnePass(undefined, x, axes, epsilon, weights, { centered: true, extra: 0 }, whole);
  }
  return extra === 0 && isConstant(mask, axes)
    ? wholeGroups(mask, x, (counted) => standardizeWith(counted, axes, epsilon, weights))
    : somePositions(mask, x, axes, epsilon, weights, { centered: true, extra });
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
    : somePositions(mask, x, axes, epsilon, weights, { centered: false, extra: 0 });
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

/** By the positions that count: in one pass if the kernel can do it. */
const somePositions = (
  mask: NdArray,
  x: NdArray,
  axes: Axes,
  epsilon: number,
  weights: Weights,
  where: Where,
): Masked =>
  inOnePass(mask, x, axes, epsilon, weights, where, () =>
    partOfGroups(mask, x, axes, epsilon, weights, where),
  );

/** In one pass; what the kernel cannot do is done carefully. */
function inOnePass(
  mask: NdArray | undefined,
  x: NdArray,
  axes: Axes,
  epsilon: number,
  weights: Weights,
  where: Where,
  careful: () => Masked,
): Masked {
  const normalized = (a: NdArray) => normalizeWhere(a, axes, mask, { ...where, epsilon }, weights);
  const first = normalized(x);
  if (!first) return careful();
  const hidden =
    mask && !finite(first.value) ? hiding(x, wideOf(mask), totalOf(mask, x, axes, where)) : undefined;
  const unit = (hidden && normalized(hidden.x)) ?? first;
  return {
    value: hidden ? hidden.cover(unit.value, NaN) : unit.value,
    center: () => cast(unit.mean, x.dtype),
    variance: () => cast(unit.variance, x.dtype),
    varianceShare: (part) => scale(unit.variance, part),
    moments: () => ({ center: unit.mean, length: unit.length }),
    pullback(g, ofLength) {
      const plain = ofLength ? undefined : unit.back(g);
      if (!plain) return careful().pullback(g, ofLength);
      const { gain: ofGain } = plain;
      return {
        x: mended(hidden ? hidden.cover(plain.x, 0) : plain.x, () => careful().pullback(g).x),
        gain: ofGain && mended(ofGain, () => reshape(careful().pullback(g).gain!, ofGain.shape)),
        shift: plain.shift,
      };
    },
  };
}

/** Whether axes that are not normalized lie between those that are. */
function areApart(shape: Shape, axes: Axes): boolean {
  const own = positiveAxes(axes, shape.length).filter((axis) => shape[axis] !== 1);
  const [first, last] = [own[0] ?? 0, own.at(-1) ?? 0];
  return shape.some((size, axis) => size !== 1 && axis > first && axis < last && !own.includes(axis));
}

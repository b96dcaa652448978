import {
  LARGEST,
  type NdArray,
  SHORT,
  add,
  broadcastTo,
  cast,
  clamp,
  curve,
  curveBack,
  finite,
  map,
  mended,
  mul,
  onto,
  reshape,
  scale,
  shortEpsilon,
  sum,
  sumTo,
  sumOfProducts,
  zip,
} from '../../array/index.js';
import { positionsOf } from './axes.js';
import { hiding, standardizeWhere } from './masked.js';
import { type Split, positionsSplit, sharedAxes, splitShape, withinGroup } from './split.js';

/** The unit in which no product of gradients and numbers overflows. */
const TINY = 2 ** -500;

/** The weights of y = γ x σ(w x) / N + β, one number for each feature. */
interface GateWeights {
  readonly steepness: NdArray;
  readonly gain: NdArray | undefined;
  readonly shift: NdArray | undefined;
}

/** The groups of features that share an N, and ε. */
interface Spread extends Split {
  readonly epsilon: number;
}

/**
 * y = γ x σ(w x) / N + β, where N² = v + ε with the variance v of a group of features of a sample. What overflows is computed again in small
 * units: y does not change with x · a, w / a and ε a².
 */
export function gateByItself(mask: NdArray | undefined, x: NdArray, weights: GateWeights, spread: Spread) {
  const plain = gated(mask, x, weights, spread);
  const wide = (a: NdArray | undefined) => a && cast(a, 'float64');
  let made: ReturnType<typeof gated> | undefined;
  const careful = () =>
    (made ??= gated(
      mask,
      scale(cast(x, 'float64'), SHORT),
      {
        steepness: scale(cast(weights.steepness, 'float64'), 1 / SHORT),
        gain: wide(weights.gain),
        shift: wide(weights.shift),
      },
      { ...spread, epsilon: shortEpsilon(spread.epsilon) },
    ));
  const back = (a: NdArray) => cast(a, x.dtype);
  return {
    value: mended(plain.value, () => back(careful().value)),
    pullback(gradient: NdArray) {
      const pulled = plain.pullback(gradient);
      const all = Object.values(pulled).filter((a) => a !== undefined);
      if (all.every(finite)) return pulled;
      const again = careful().pullback(scale(cast(gradient, 'float64'), TINY));
      const largest = LARGEST[x.dtype];
      return {
        x: mended(pulled.x, () => back(scale(again.x, SHORT / TINY))),
        gain: pulled.gain && mended(pulled.gain, () => back(scale(again.gain!, 1 / TINY))),
        shift: pulled.shift && mended(pulled.shift, () => back(scale(again.shift!, 1 / TINY))),
        // At w = 0 it grows with the square of a constant x, beyond all numbers.
        steepness: clamp(
          mended(pulled.steepness, () => back(scale(again.steepness, 1 / (SHORT * TINY)))),
          -largest,
          largest,
        ),
      };
    },
  };
}

/** The same without a rescue. */
function gated(
  mask: NdArray | undefined,
  given: NdArray,
  { steepness, gain, shift }: GateWeights,
  { epsilon, ...split }: Spread,
) {
  const { shape, dtype } = given;
  const { axis } = split;
  const wide = (a: NdArray) => cast(a, 'float64');
  const own = onto(shape, axis);
  const laid = (a: NdArray) => reshape(cast(a, dtype), own);
  const axes = sharedAxes(shape, axis);
  const within = withinGroup(shape, axis);
  const allButBatch = shape.map((_, i) => i).slice(1);
  const count = mask && sum(broadcastTo(wide(mask), shape), allButBatch);
  const { x, cover } = mask ? hiding(given, wide(mask), count!) : { x: given, cover: undefined };

  const counting = mask && reshape(mask, positionsSplit(shape, axis));
  const unit = standardizeWhere(counting, reshape(x, splitShape(shape, split)), axes, epsilon, {
    along: axes,
  });
  const { length } = unit.moments();
  const n = x.size / length.size;
  /** Numbers of samples and features, and the same with an axis of groups. */
  const perFeature = shape.map((size, i) => (positionsOf(shape, axis).includes(i) ? 1 : size));
  const perGroup = splitShape(perFeature, split);
  const spread = (a: NdArray) => reshape(broadcastTo(a, perGroup), perFeature);
  const inverse = map(length, (N) => 1 / N);
  // γ / N, or 0 if no position of a group counts.
  const known = count
    ? mul(
        spread(inverse),
        map(count, (total) => Number(total > 0)),
      )
    : spread(inverse);
  const gamma = gain && reshape(wide(gain), own);
  const factor = cast(gamma ? mul(known, gamma) : known, dtype);

  const w = laid(steepness);
  const z = mul(x, w);
  const open = curve('sigmoid', z);
  const through = mul(x, open);
  const value = shift ? sumOfProducts(through, factor, undefined, laid(shift)) : mul(through, factor);

  return {
    value: cover ? cover(value, NaN) : value,
    pullback(dy: NdArray) {
      // dh = γ dy / N is the gradient of x σ(z).
      const dh = mul(dy, factor);
      const dz = curveBack('sigmoid', mul(dh, x), z, open);
      // In float64, since they may cancel if x is far from 0.
      const products = mul(sumTo(mul(wide(dy), wide(through)), perFeature), known);
      const ofLength = sum(reshape(gamma ? mul(products, gamma) : products, perGroup), within);
      // dN / n, of which x gets (x − x̄) / N.
      const shared = mul(ofLength, inverse);
      const share = count
        ? zip(
            shared,
            broadcastTo(
              reshape(
                count,
                length.shape.map((size, i) => (i === 0 ? size : 1)),
              ),
              length.shape,
            ),
            (a, W) => (W > 0 ? (-a / W) * split.groups : 0),
          )
        : scale(shared, -1 / n);
      const turn = clamp(cast(spread(share), dtype), -LARGEST[dtype], LARGEST[dtype]);
      const centered = reshape(unit.value, shape);
      const direct = mul(dh, open);
      const turned = mask
        ? add(
            mul(dz, w),
            zip(mul(centered, turn), broadcastTo(cast(mask, dtype), shape), (a, on) => (on ? a : 0)),
          )
        : sumOfProducts(centered, turn, dz, w);
      const ofX = add(direct, turned);
      return {
        x: cover ? cover(ofX, 0) : ofX,
        gain: gain && cast(reshape(sumTo(products, own), gain.shape), dtype),
        shift: shift && reshape(sumTo(dy, own), shift.shape),
        steepness: reshape(sumTo(mul(dz, x), own), steepness.shape),
      };
    },
  };
}

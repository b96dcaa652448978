import {
  LARGEST,
  type NdArray,
  SHORT,
  across,
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
import { hiding, standardizeWhere } from './masked.js';

/** The unit in which no product of gradients and numbers overflows. */
const TINY = 2 ** -500;

/** The weights of y = γ x σ(w x) / N + β along some axes of x. */
interface GateWeights {
  readonly steepness: NdArray;
  readonly gain: NdArray | undefined;
  readonly shift: NdArray | undefined;
  readonly along: readonly number[];
}

/** The axes that share a variance, and ε. */
interface Spread {
  readonly axes: readonly number[];
  readonly epsilon: number;
}

/**
 * y = γ x σ(w x) / N + β, where N² = v + ε with the variance v over the axes. What overflows is computed again in small
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
        along: weights.along,
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
  { steepness, gain, shift, along }: GateWeights,
  { axes, epsilon }: Spread,
) {
  const { shape, dtype } = given;
  const own = onto(shape, along);
  const laid = (a: NdArray) => cast(reshape(a, own), dtype);
  const count = mask && sum(broadcastTo(cast(mask, 'float64'), shape), axes);
  const { x, cover } = mask ? hiding(given, cast(mask, 'float64'), count!) : { x: given, cover: undefined };

  const unit = standardizeWhere(mask, x, axes, epsilon, { along: axes });
  const { length } = unit.moments();
  const n = shape.reduce((product, size) => product * size, 1) / length.size;
  const some = count && map(count, (total) => Number(total > 0));
  // γ / N, or 0 if no position of a group counts.
  const inverse = map(length, (N) => 1 / N);
  const known = some ? mul(inverse, some) : inverse;
  const factor = cast(gain ? mul(known, cast(laid(gain), 'float64')) : known, dtype);

  const w = laid(steepness);
  const z = mul(x, w);
  const open = curve('sigmoid', z);
  const through = mul(x, open);
  const value = shift ? sumOfProducts(through, factor, undefined, laid(shift)) : mul(through, factor);
  /** A sum over positions that share both N and a weight. */
  const within = across(shape, []).map((_, axis) =>
    axes.includes(axis) && !along.includes(axis) ? 1 : shape[axis]!,
  );

  return {
    value: cover ? cover(value, NaN) : value,
    pullback(dy: NdArray) {
      // dh = γ dy / N is the gradient of x σ(z).
      const dh = mul(dy, factor);
      const dz = curveBack('sigmoid', mul(dh, x), z, open);
      // In float64, since they may cancel if x is far from 0.
      const products = mul(sumTo(mul(cast(dy, 'float64'), cast(through, 'float64')), within), known);
      const ofLength = gain ? mul(products, cast(laid(gain), 'float64')) : products;
      // dN / n, of which x gets (x − x̄) / N.
      const shared = mul(sumTo(ofLength, length.shape), inverse);
      const share = count ? zip(shared, count, (a, W) => (W > 0 ? -a / W : 0)) : scale(shared, -1 / n);
      const turn = clamp(cast(share, dtype), -LARGEST[dtype], LARGEST[dtype]);
      const centered = mul(unit.value, turn);
      const direct = add(mul(dh, open), mul(dz, w));
      const counted = mask
        ? zip(centered, broadcastTo(cast(mask, dtype), shape), (a, on) => (on ? a : 0))
        : centered;
      const ofX = add(direct, counted);
      return {
        x: cover ? cover(ofX, 0) : ofX,
        gain: gain && cast(reshape(sumTo(products, own), gain.shape), dtype),
        shift: shift && reshape(sumTo(dy, own), shift.shape),
        steepness: reshape(sumTo(mul(dz, x), own), steepness.shape),
      };
    },
  };
}

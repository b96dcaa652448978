import {
  type NdArray,
  SHORT,
  broadcastTo,
  cast,
  finite,
  map,
  max,
  mended,
  mendedShort,
  mul,
  reshape,
  wideProduct,
} from '../../array/index.js';
import { unitizeGroups } from './groups.js';
import { type Split, splitShape, withinGroup } from './split.js';

/** φ(z), with the backward pass to z. */
interface Gate {
  readonly value: NdArray;
  pullback(gradient: NdArray): NdArray;
}

/** γ x̂ φ with x̂ = x / N in groups. */
export function dividedFirst(x: NdArray, open: Gate, split: Split, epsilon: number, gain?: NdArray) {
  const unit = unitizeGroups(x, split, epsilon, gain);
  return {
    value: mul(unit.value, open.value),
    pullback(gradient: NdArray) {
      const pulled = unit.pullback(wideProduct(gradient, open.value));
      return { x: pulled.x, scale: pulled.gain, gate: throughGate(open, gradient, unit.value) };
    },
  };
}

/** The gradients of γ û φ or γ x̂ φ. */
interface Pulled {
  readonly x: NdArray;
  readonly scale: NdArray | undefined;
  readonly gate: NdArray;
}

/** γ û with û = x φ / N in groups, where N is that of x φ. */
export function gatedFirst(x: NdArray, open: Gate, split: Split, epsilon: number, gain?: NdArray) {
  const plain = mul(x, open.value);
  const units = finite(plain) ? undefined : unitsOf(plain, split);
  const own = units ? mul(x, units) : x;
  const unit = unitizeGroups(units ? mul(own, open.value) : plain, split, epsilon, gain);
  return {
    value: unit.value,
    pullback(gradient: NdArray): Pulled {
      const { x: ofGated, gain: scale } = unit.pullback(gradient);
      const ofProduct = units ? mul(ofGated, units) : ofGated;
      const plain = { x: mul(ofProduct, open.value), scale, gate: throughGate(open, ofGated, own) };
      if (x.dtype === 'float64' || finite(ofGated)) return plain;
      // The gradient of x φ may overflow although what x or φ makes of it does not.
      const wide = (a: NdArray) => cast(a, 'float64');
      const opened = { ...open, value: wide(open.value) };
      const again = gatedFirst(wide(x), opened, split, epsilon, gain && wide(gain)).pullback(wide(gradient));
      return {
        x: mended(plain.x, () => cast(again.x, x.dtype)),
        scale,
        gate: mended(plain.gate, () => cast(again.gate, x.dtype)),
      };
    },
  };
}

/** The gradient of z from that of a φ: its product with a may overflow although φ′ brings it back into range. */
const throughGate = (open: Gate, gradient: NdArray, a: NdArray): NdArray =>
  mendedShort(open.pullback(mul(gradient, a)), (short, to) => open.pullback(mul(short(gradient), to(a))));

/** SHORT in groups where a product overflows, and 1 in others: relative to such a product, every ε is negligible. */
function unitsOf(product: NdArray, split: Split): NdArray {
  const groups = reshape(product, splitShape(product.shape, split));
  const overflows = map(groups, (value) => Number(!Number.isFinite(value)));
  const units = map(max(overflows, withinGroup(product.shape, split.axis)), (some) => (some ? SHORT : 1));
  return reshape(broadcastTo(units, groups.shape), product.shape);
}

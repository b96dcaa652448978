import {
  type NdArray,
  SHORT,
  broadcastTo,
  cast,
  finite,
  map,
  max,
  mended,
  mul,
  reshape,
} from '../../array/index.js';
import { type Activation, activated, gatedBy } from './activation.js';
import { unitizeGroups } from './groups.js';
import { wideOf } from './masked-steps.js';
import { type Split, splitShape, withinGroup } from './split.js';

/** A second input z, and its activation φ. */
interface Gate {
  readonly z: NdArray;
  readonly name: Activation;
}

/** γ x̂ φ(z) with x̂ = x / N in groups. */
export function dividedFirst(x: NdArray, { z, name }: Gate, split: Split, epsilon: number, gain?: NdArray) {
  const unit = unitizeGroups(x, split, epsilon, gain);
  const gated = gatedBy(unit.value, z, name);
  return {
    value: gated.value,
    pullback(gradient: NdArray) {
      const { a: ofUnit, z: ofGate } = gated.pullback(gradient);
      const pulled = unit.pullback(ofUnit);
      return { x: pulled.x, scale: pulled.gain, gate: ofGate };
    },
  };
}

/** The gradients of γ û φ or γ x̂ φ. */
interface Pulled {
  readonly x: NdArray;
  readonly scale: NdArray | undefined;
  readonly gate: NdArray;
}

/** γ û with û = x φ(z) / N in groups, where N is that of x φ. */
export function gatedFirst(x: NdArray, gate: Gate, split: Split, epsilon: number, gain?: NdArray) {
  const { z, name } = gate;
  const plain = gatedBy(x, z, name);
  const units = finite(plain.value) ? undefined : unitsOf(plain.value, split);
  const gated = units ? gatedBy(mul(x, units), z, name) : plain;
  const unit = unitizeGroups(gated.value, split, epsilon, gain);
  return {
    value: unit.value,
    pullback(gradient: NdArray): Pulled {
      const { x: ofGated, gain: scale } = unit.pullback(gradient);
      const { a, z: ofGate } = gated.pullback(ofGated);
      const ofX = units
        ? mended(mul(cast(a, x.dtype), units), () => mul(mul(ofGated, units), activated(z, name).value))
        : cast(a, x.dtype);
      if (x.dtype === 'float64' || finite(ofGated)) return { x: ofX, scale, gate: ofGate };
      // The gradient of x φ may overflow although what x or φ makes of it does not.
      const again = gatedFirst(wideOf(x), { z: wideOf(z), name }, split, epsilon, gain && wideOf(gain));
      const pulled = again.pullback(wideOf(gradient));
      return {
        x: mended(ofX, () => cast(pulled.x, x.dtype)),
        scale,
        gate: mended(ofGate, () => cast(pulled.gate, x.dtype)),
      };
    },
  };
}

/** SHORT in groups where a product overflows, and 1 in others: relative to such a product, every ε is negligible. */
function unitsOf(product: NdArray, split: Split): NdArray {
  const groups = reshape(product, splitShape(product.shape, split));
  const overflows = map(groups, (value) => Number(!Number.isFinite(value)));
  const units = map(max(overflows, withinGroup(product.shape, split.axis)), (some) => (some ? SHORT : 1));
  return reshape(broadcastTo(units, groups.shape), product.shape);
}

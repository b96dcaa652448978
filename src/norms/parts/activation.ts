import {
  type NdArray,
  add,
  curve,
  curveBack,
  finite,
  gate,
  linear,
  mended,
  mendedShort,
  mul,
} from '../../array/index.js';
import { wideOf } from './masked-steps.js';

/** The activations of second inputs: z σ(z), σ(z) and z. */
export type Activation = 'silu' | 'sigmoid' | 'linear';

/** φ(z), with the backward pass to z. */
export function activated(z: NdArray, name: Activation) {
  if (name === 'linear') return { value: z, pullback: (g: NdArray) => g };
  const share = curve('sigmoid', z);
  if (name === 'sigmoid')
    return { value: share, pullback: (g: NdArray) => curveBack('sigmoid', g, z, share) };
  const value = mul(z, share);
  // At ±∞ the slope is a limit.
  if (!finite(value)) {
    const limit = curve('silu', z);
    return { value: limit, pullback: (g: NdArray) => curveBack('silu', g, z, limit) };
  }
  // dφ = (σ + φ (1 − σ)) dz, without another exponential.
  const slope = () => add(share, mul(value, linear(share, -1, 1)));
  return { value, pullback: (g: NdArray) => mul(g, slope()) };
}

/** `plain`; in float64 if it overflows float32, with each non-finite element taken from `product`. */
const inRange = (plain: NdArray, product: () => NdArray): NdArray =>
  plain.dtype === 'float64' || finite(plain) ? plain : mended(wideOf(plain), product);

/** The gradients of a and z, and whether these are known to be finite. */
interface Pulled {
  readonly a: NdArray;
  readonly z: NdArray;
  readonly isFinite?: boolean;
}

/** a φ(z). The gradient of a may come in float64, if float32 does not hold it. */
export function gatedBy(a: NdArray, z: NdArray, name: Activation) {
  const fused = name === 'linear' ? undefined : gate(a, z, name);
  return {
    value: fused?.value ?? mul(a, z),
    pullback(g: NdArray): Pulled {
      const plain: Pulled = fused?.pullback(g) ?? { a: mul(g, z), z: mul(g, a) };
      if (plain.isFinite) return plain;
      return {
        a: inRange(plain.a, () => mul(wideOf(g), wideOf(activated(z, name).value))),
        // A product with a may overflow although φ′ brings it back into range.
        z: mendedShort(plain.z, (short, to) => activated(z, name).pullback(mul(short(g), to(a)))),
      };
    },
  };
}

import { type NdArray, add, curve, curveBack, finite, linear, mul } from '../../array/index.js';

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

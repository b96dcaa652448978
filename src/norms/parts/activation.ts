import { type NdArray, curve, curveBack } from '../../array/index.js';

/** The activations of second inputs: z σ(z), σ(z) and z. */
export type Activation = 'silu' | 'sigmoid' | 'linear';

/** φ(z), with the backward pass to z. */
export function activated(z: NdArray, name: Activation) {
  if (name === 'linear') return { value: z, pullback: (g: NdArray) => g };
  const value = curve(name, z);
  return { value, pullback: (g: NdArray) => curveBack(name, g, z, value) };
}

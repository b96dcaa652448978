import * as kernels from '../kernels/index.js';
import { type NdArray, demandShapeOf, emptyLike } from './array.js';
import { flat } from './contiguous.js';

/**
 * a φ(z) for the gate φ(z) = z σ(z) or σ(z), in one pass, with the gradients of a and z, and whether the kernel saw that these
 * are finite. a and z have one shape and dtype.
 */
export function gate(a: NdArray, z: NdArray, name: 'silu' | 'sigmoid') {
  demandShapeOf('gate.z', z, a.shape);
  const isSilu = name === 'silu';
  // The powers e^−|z| are kept: to compute them again takes longer than to write and to read them.
  const [powers, value] = [emptyLike(a), emptyLike(a)];
  kernels.gate(isSilu, flat(a), flat(z), powers.store.numbers, value.store.numbers);
  return {
    value,
    pullback(g: NdArray) {
      demandShapeOf('gate.gradient', g, a.shape);
      const [ofA, ofZ] = [emptyLike(a), emptyLike(a)];
      const isFinite = kernels.gateBack(isSilu, flat(a), flat(z), powers.store.numbers, flat(g), {
        ofA: ofA.store.numbers,
        ofZ: ofZ.store.numbers,
      });
      return { a: ofA, z: ofZ, isFinite };
    },
  };
}

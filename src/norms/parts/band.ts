import { type NdArray, cast, curve, curveBack, dot, full, linear, mul, scale } from '../../array/index.js';
import * as option from '../option.js';
import type { Learned } from './affine.js';
import type { Unit } from './normalize.js';

/** The scale s = 1 − α + α σ(k b) of the band family: between 1 − α and 1, the steeper the larger k. */
export function band(b: NdArray, width: number, steepness: number) {
  const z = scale(b, steepness);
  const share = curve('sigmoid', z);
  return {
    value: linear(share, width, 1 - width),
    // ds = k α σ(k b) σ(−k b) db: unlike σ (1 − σ), that loses nothing where σ is near 1.
    pullback: (g: NdArray) => scale(curveBack('sigmoid', g, z, share), steepness * width),
  };
}

/** How fast s answers to b in the band family. */
export const STEEPNESS = 5;

/** s x̂ with one s for the whole layer, and the gradients of x and b. */
export function banded(unit: Pick<Unit, 'value' | 'pullback'>, b: NdArray, width: number) {
  const s = band(b, width, STEEPNESS);
  return {
    value: mul(unit.value, s.value),
    pullback(g: NdArray) {
      const ofScale = full(s.value.shape, dot(g, unit.value), 'float64');
      return { x: unit.pullback(mul(g, s.value)), b: cast(s.pullback(ofScale), unit.value.dtype) };
    },
  };
}

const options = {
  bandInitializer: option.initializer('zeros', 'Initializer of b.'),
  bandRegularizer: option.regularizer({ type: 'l2', l2: 1e-5 }, 'Regularizer of b.'),
};

const position: Learned<typeof options> = {
  about: 'The position b in the band.',
  symbol: 'b',
  sizes: 'one number',
  shape: () => [],
  initial: ({ bandInitializer }) => bandInitializer,
  regularizer: ({ bandRegularizer }) => bandRegularizer,
};

/** The b that `banded` reads: its options, and the weight these make. */
export const bandPosition = { options, parameters: { band_param: position } };

import { type NdArray, curve, curveBack, linear, scale } from '../../array/index.js';

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

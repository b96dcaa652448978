import { type CurveName, type NdArray, curve, curveBack } from '../array/index.js';
import type { Differentiated } from '../autograd/rule.js';

/** The rule of an elementwise function, by its name. */
export const curved =
  (name: CurveName) =>
  (x: NdArray): Differentiated => {
    const value = curve(name, x);
    return { value, pullback: (g) => [curveBack(name, g, x, value)] };
  };

import { type NdArray, erf as erfOf, map, mul, zip } from '../array/index.js';
import { primitive } from '../autograd/primitive.js';

/**
 * √a, for a ≥ 0: d√a = da / (2√a). At 0 the slope is infinite; a gradient of 0 stays 0 there, so that what does not
 * matter does not turn into NaN.
 */
export const sqrt = primitive(
  'sqrt',
  (a: NdArray) => {
    const value = map(a, Math.sqrt);
    return { value, pullback: (g) => [zip(g, value, (gradient, y) => gradient && gradient / (2 * y))] };
  },
  { from: 0.25, to: 3 },
);

/** eᵃ: d eᵃ = eᵃ·da. */
export const exp = primitive('exp', (a: NdArray) => {
  const value = map(a, Math.exp);
  return { value, pullback: (g) => [mul(g, value)] };
});

/** ln a, for a > 0: d ln a = da / a. */
export const log = primitive(
  'log',
  (a: NdArray) => ({
    value: map(a, Math.log),
    pullback: (g) => [zip(g, a, (gradient, x) => gradient / x)],
  }),
  { from: 0.25, to: 3 },
);

/** |a|: d|a| = sign(a)·da, and 0 at 0. */
export const abs = primitive(
  'abs',
  (a: NdArray) => ({
    value: map(a, Math.abs),
    pullback: (g) => [zip(g, a, (gradient, x) => gradient * Math.sign(x))],
  }),
  { from: -3, to: 3, corners: [0] },
);

/** sin a: d sin a = cos a·da. */
export const sin = primitive('sin', (a: NdArray) => ({
  value: map(a, Math.sin),
  pullback: (g) => [zip(g, a, (gradient, x) => gradient * Math.cos(x))],
}));

/** cos a: d cos a = −sin a·da. */
export const cos = primitive('cos', (a: NdArray) => ({
  value: map(a, Math.cos),
  pullback: (g) => [zip(g, a, (gradient, x) => -gradient * Math.sin(x))],
}));

/** The error function, 2/√π ∫₀ᵃ exp(−t²) dt: d erf a = 2/√π exp(−a²)·da. */
export const erf = primitive('erf', (a: NdArray) => ({
  value: map(a, erfOf),
  pullback: (g) => [zip(g, a, (gradient, x) => gradient * (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x))],
}));

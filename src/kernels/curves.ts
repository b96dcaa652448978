import { erf, normalDensity, normalShare, sigmoid, softplus } from './special.js';

/** A function of one number, and its backward pass from the gradient g, x, and y = f(x). */
export interface Curve {
  value(x: number): number;
  back(g: number, x: number, y: number): number;
}

const isInfinite = (x: number): boolean => Math.abs(x) === Infinity;

const STEEPNESS = 2 * Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

// The constants of Klambauer and others (2017), for which zero mean and unit variance are a fixed point.
const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

/** Functions of one number and their backward passes, in float64. At ±∞ a slope is its limit. */
export const curves = {
  exp: { value: Math.exp, back: (g, _, y) => g * y },
  log: { value: Math.log, back: (g, x) => g / x },
  /** At 0 the slope is infinite; a gradient of 0 stays 0 there instead of NaN. */
  sqrt: { value: Math.sqrt, back: (g, _, y) => g && g / (2 * y) },
  abs: { value: Math.abs, back: (g, x) => g * Math.sign(x) },
  sin: { value: Math.sin, back: (g, x) => g * Math.cos(x) },
  cos: { value: Math.cos, back: (g, x) => -g * Math.sin(x) },
  tanh: { value: Math.tanh, back: (g, _, y) => g * (1 - y * y) },
  // 1 − σ(x) is σ(−x), which keeps its digits where σ is near 1.
  sigmoid: { value: sigmoid, back: (g, x, y) => g * (y * sigmoid(-x)) },
  softplus: { value: softplus, back: (g, x) => g * sigmoid(x) },
  relu: { value: (x) => (x <= 0 ? 0 : x), back: (g, x) => (x <= 0 ? 0 : g) },
  silu: {
    value: (x) => (x === -Infinity ? 0 : x * sigmoid(x)),
    back: (g, x) => {
      const s = sigmoid(x);
      return g * (isInfinite(x) ? s : s + x * s * sigmoid(-x));
    },
  },
  erf: { value: erf, back: (g, x) => g * (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) },
  gelu: {
    value: (x) => (x === -Infinity ? 0 : x * normalShare(x)),
    back: (g, x) => g * (isInfinite(x) ? +(x > 0) : normalShare(x) + x * normalDensity(x)),
  },
  /** ½x(1 + tanh z), where ½(1 + tanh z) is σ(2z). */
  geluTanh: {
    value: (x) => (x === -Infinity ? 0 : x * sigmoid(STEEPNESS * x * (1 + CUBIC * x * x))),
    back: (g, x) => {
      // Beyond ±40 the slope is 0 or 1 to the last bit, and the powers of x would overflow.
      if (Math.abs(x) > 40) return g * +(x > 0);
      const inner = STEEPNESS * x * (1 + CUBIC * x * x);
      const s = sigmoid(inner);
      return g * (s + x * s * sigmoid(-inner) * STEEPNESS * (1 + 3 * CUBIC * x * x));
    },
  },
  selu: {
    value: (x) => (x > 0 ? SELU_SCALE * x : SELU_SCALE * SELU_ALPHA * Math.expm1(x)),
    back: (g, x) => g * (x > 0 ? SELU_SCALE : SELU_SCALE * SELU_ALPHA * Math.exp(x)),
  },
  /** x·tanh(softplus x); its slope is t + x·(1 − t²)·σ(x), with t that tanh. */
  mish: {
    value: (x) => (x === -Infinity ? 0 : x * Math.tanh(softplus(x))),
    back: (g, x) => {
      if (x === Infinity || x === -Infinity) return g * +(x > 0);
      const t = Math.tanh(softplus(x));
      return g * (t + x * ((1 - t * t) * sigmoid(x)));
    },
  },
  hardSigmoid: {
    value: (x) => (x <= -3 ? 0 : x >= 3 ? 1 : x / 6 + 0.5),
    back: (g, x) => (x <= -3 || x >= 3 ? 0 : g / 6),
  },
  hardSwish: {
    value: (x) => (x <= -3 ? 0 : x >= 3 ? x : x * (x / 6 + 0.5)),
    back: (g, x) => (x <= -3 ? 0 : x >= 3 ? g : g * (x / 3 + 0.5)),
  },
} satisfies Record<string, Curve>;

export type CurveName = keyof typeof curves;

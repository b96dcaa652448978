import { erf } from '../../src/array/index.js';
import type { Field } from '../../src/verify/exact/field.js';

/** Numbers that are rounded after each operation. */
const rounded = (round: (x: number) => number): Field<number> => ({
  of: round,
  number: (x) => x,
  add: (a, b) => round(a + b),
  sub: (a, b) => round(a - b),
  mul: (a, b) => round(a * b),
  div: (a, b) => round(a / b),
  sqrt: (x) => round(Math.sqrt(x)),
  exp: (x) => round(Math.exp(x)),
  log: (x) => round(Math.log(x)),
  tanh: (x) => round(Math.tanh(x)),
  sech2: (x) => round(1 - round(round(Math.tanh(x)) ** 2)),
  sin: (x) => round(Math.sin(x)),
  cos: (x) => round(Math.cos(x)),
  erf: (x) => round(erf(x)),
  bell: (x) => round((2 / Math.sqrt(Math.PI)) * Math.exp(-x * x)),
  exceeds: (a, b) => a > b,
  larger: Math.max,
  tie: (a, b) => (a === b ? 0.5 : undefined),
});

export const double: Field<number> = rounded((x) => x);
export const single: Field<number> = rounded(Math.fround);

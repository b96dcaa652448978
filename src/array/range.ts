import { map, mul, scale, within, zip } from './arithmetic.js';
import { type Dtype, LARGEST, type NdArray } from './array.js';
import { cast } from './contiguous.js';

// Every rescue from overflow: a product, a sum or a length may leave the range of numbers on the way to a result that
// does not. An element that is finite at first stays as it is, so that ordinary numbers cost one look at them.

/** The unit in which no length and no sum overflows: a power of two, which rounds nothing. */
export const SHORT = 2 ** -64;

/** The unit in which squares, also of differences, stay in the range of float64. */
export const SQUARABLE = 2 ** -520;

/** Whether no number is NaN or infinite. */
export const finite = (a: NdArray): boolean => within(a, LARGEST[a.dtype]);

/** `plain`, with each non-finite element taken from `careful`, which has more room. */
export const mended = (plain: NdArray, careful: () => NdArray): NdArray =>
  finite(plain) ? plain : zip(plain, careful(), (a, b) => (Number.isFinite(a) ? a : b));

/** How an expression takes an operand: in the dtype that it is computed in, or in small units too. */
type Take = (operand: NdArray) => NdArray;

const wide: Take = (a) => cast(a, 'float64');

/** The unit for what overflows even in short ones: with a factor in it, products of float64 up to 2¹⁹⁸⁴ stay in range. */
const SHORTER = 2 ** -960;

/** An expression in a dtype, with each non-finite element computed in float64. */
export const widened = (dtype: Dtype, expression: (to: Take) => NdArray): NdArray =>
  mendedWide(
    expression((a) => cast(a, dtype)),
    expression,
  );

/** `plain`, with each non-finite element taken from an expression in float64. */
export const mendedWide = (plain: NdArray, expression: (to: Take) => NdArray): NdArray =>
  mended(plain, () => cast(expression(wide), plain.dtype));

/** An expression that is linear in some operands, with each non-finite element computed from these in short units. */
export function shortened(dtype: Dtype, expression: (short: Take, to: Take) => NdArray): NdArray {
  const to: Take = (a) => cast(a, dtype);
  return mendedShort(expression(to, to), expression);
}

/**
 * `plain`, with each non-finite element taken from an expression in float64 that is linear in its short operands, and if
 * that overflows too, in shorter ones.
 */
export function mendedShort(plain: NdArray, expression: (short: Take, to: Take) => NdArray): NdArray {
  const inUnits = (unit: number) => {
    const result = expression((a) => scale(wide(a), unit), wide);
    return cast(scale(result, 1 / unit), plain.dtype);
  };
  return [SHORT, SHORTER].reduce((result, unit) => mended(result, () => inUnits(unit)), plain);
}

/** `plain`, with each non-finite element taken from an expression of this degree in x, in units whose squares do not overflow. */
export const mendedSquares = (
  plain: NdArray,
  x: NdArray,
  degree: 1 | 2,
  expression: (small: NdArray) => NdArray,
): NdArray =>
  mended(plain, () => {
    const once = scale(expression(scale(wide(x), SQUARABLE)), 1 / SQUARABLE);
    return cast(degree === 1 ? once : scale(once, 1 / SQUARABLE), plain.dtype);
  });

/** a b; in float64 if a product overflows float32, since what it is multiplied by next may bring it back. */
export function wideProduct(a: NdArray, b: NdArray): NdArray {
  const plain = mul(a, b);
  if (a.dtype === 'float64' || finite(plain)) return plain;
  return mended(wide(plain), () => mul(wide(a), wide(b)));
}

/** An expression that is linear in a length, which is given in short units. */
export const ofShort = (length: NdArray, expression: (length: NdArray) => NdArray): NdArray =>
  mended(expression(scale(length, 1 / SHORT)), () => scale(expression(length), 1 / SHORT));

/** ln of lengths that are given in short units. */
export const logOfShort = (lengths: NdArray): NdArray =>
  map(lengths, (short) => {
    const length = short / SHORT;
    return length < Infinity ? Math.log(length) : Math.log(short) - Math.log(SHORT);
  });

/** a over lengths that are given in short units. */
export const overShort = (a: NdArray, lengths: NdArray): NdArray =>
  zip(a, lengths, (value, short) => (value / short) * SHORT);

/** ε in the units of squared short lengths; never 0. */
export const shortEpsilon = (epsilon: number): number => Math.max(epsilon * SHORT * SHORT, Number.MIN_VALUE);

/**
 * A power of two for every size, in whose units squares of numbers up to the size are in range: 1 if they are in any case.
 * In other units the size is at least near 1, so that numbers far below it lose no digit that their quotient by it has;
 * and no unit is so small that an ε in it is 0.
 */
export const balance = (sizes: NdArray): NdArray =>
  map(sizes, (size) =>
    size > 2 ** 500 || size < 2 ** -500
      ? 2 ** Math.max(-600, Math.min(960, -Math.floor(Math.log2(size))))
      : 1,
  );

/** Weights up to here bring no x̂, which is at most √n, near the largest number. */
const TAME: Readonly<Record<Dtype, number>> = { float32: 2 ** 96, float64: 2 ** 960 };

/** Whether weights are so small that no product of one and an x̂ overflows. */
export const areTame = (dtype: Dtype, weights: readonly (NdArray | undefined)[]): boolean =>
  weights.every((weight) => !weight || within(weight, TAME[dtype]));

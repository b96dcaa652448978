/**
 * A product that overflows or vanishes on the way only if its value does: large and small factors take turns. NaN, 0 and
 * infinity count as in any product.
 */
function steadyProduct(...factors: readonly number[]): number {
  const [small, large]: [number[], number[]] = [[], []];
  for (const factor of factors) (Math.abs(factor) < 1 ? small : large).push(factor);
  let product = 1;
  for (let i = 0; i < factors.length; i++) {
    const rest = (Math.abs(product) < 1 && large.length) || !small.length ? large : small;
    product *= rest.pop()!;
  }
  return product;
}

/** 1 / x as two finite factors: 1 / x itself overflows if x is subnormal. */
export const inverse = (x: number): readonly [number, number] => {
  const scale = Math.abs(x) < 1 ? 2 ** 100 : 1;
  return [1 / (x * scale), scale];
};

/** xʸ as C defines it: 1 ** y is 1 for every y, and so is (−1) ** ±∞, where JavaScript gives NaN. */
export const power = (x: number, y: number): number =>
  x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y;

/** The gradient of b in a / b: −g a / b². The plain product is used unless it overflows or vanishes. */
export function quotientBack(g: number, a: number, b: number): number {
  const plain = -(g / b) * (a / b);
  if (Number.isFinite(plain) && plain !== 0) return plain;
  if (!Number.isFinite(a) || !Number.isFinite(b) || b === 0 || !Number.isFinite(g)) return plain;
  return -steadyProduct(g, a, ...inverse(b), ...inverse(b));
}

/** The gradient of x in xʸ: g y xʸ⁻¹, and 0 if y is 0. */
export function powerBack(g: number, x: number, y: number): number {
  if (y === 0) return 0;
  const plain = g * (y * power(x, y - 1));
  if ((Number.isFinite(plain) && plain !== 0) || g === 0 || x === 0) return plain;
  const value = power(x, y);
  if (![g, x, y, value].every(Number.isFinite)) return plain;
  return steadyProduct(g, y, value, ...inverse(x));
}

/**
 * The gradient of y in xʸ: g xʸ ln x; 0 if xʸ is 0, or if x is negative, for which xʸ has no slope in y; NaN stays.
 */
export function exponentBack(g: number, x: number, y: number): number {
  const value = power(x, y);
  if (value !== value) return NaN;
  if (value === 0 || x < 0 || (x === 0 && y === 0)) return 0 * g;
  if (x === 0) return g * -Infinity;
  const plain = g * (value * Math.log(x));
  return Math.abs(plain) === Infinity ? steadyProduct(g, value, Math.log(x)) : plain;
}

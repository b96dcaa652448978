// Arithmetic on numbers without a least and a largest, for results that are in range though what leads to them is not. It
// rounds as float64 does, and is slow.

/** m 2ᵉ with 1 ≤ |m| < 2; 0, NaN and ∞ are m. */
export interface Extended {
  readonly m: number;
  readonly e: number;
}

export const ZERO: Extended = { m: 0, e: 0 };

/** x 2ᵉ in two steps, since 2ᵉ may be out of range; rounded once. */
function scaled(x: number, e: number): number {
  if (e > 1000) return x * 2 ** 1000 * 2 ** Math.min(e - 1000, 1000);
  return e < -1000 ? x * 2 ** -1000 * 2 ** Math.max(e + 1000, -1000) : x * 2 ** e;
}

function made(m: number, e: number): Extended {
  if (m === 0 || !Number.isFinite(m)) return { m, e: 0 };
  const own = Math.floor(Math.log2(Math.abs(m)));
  return { m: scaled(m, -own), e: e + own };
}

export const of = (x: number): Extended => made(x, 0);

/** The nearest float64. */
export const toNumber = ({ m, e }: Extended): number => scaled(m, e);

export const mul = (a: Extended, b: Extended): Extended => made(a.m * b.m, a.e + b.e);

export const div = (a: Extended, b: Extended): Extended => made(a.m / b.m, a.e - b.e);

export function add(a: Extended, b: Extended): Extended {
  if (a.m === 0) return b;
  if (b.m === 0) return a;
  return a.e >= b.e ? made(a.m + scaled(b.m, b.e - a.e), a.e) : add(b, a);
}

export const sub = (a: Extended, b: Extended): Extended => add(a, { m: -b.m, e: b.e });

/** √a for a ≥ 0. */
export function sqrt({ m, e }: Extended): Extended {
  const odd = Math.abs(e % 2);
  return made(Math.sqrt(odd ? 2 * m : m), (e - odd) / 2);
}

// Series in fixed point: a bigint stands for itself over 2 to the PLACES.

/** The binary places of fixed-point numbers: some 60 more than are kept, for roundings of a series. */
export const PLACES = 256n;

const ONE = 1n << PLACES;

/** ln 2 to 320 binary places, so that multiples of it have 256. */
const LN2 = 0xb17217f7d1cf79abc9e3b39803f2f6af40f343267298b62d8a0d175b8baafa2be7b876206debac98n;
const LN2_PLACES = 320n;

/** 2/√π. */
export const TWO_OVER_ROOT_PI = 0x120dd750429b6d11ae3a914fed7fd8688281341d7587cea2e7342b06199cc4161n;

/** How often the argument of exp is halved, so that its series is short; the result is squared as often. */
const HALVINGS = 8n;

/** eˣ = f · 2ᵏ with f in fixed point from about 0.7 to 1.4. */
export function exponential(x: bigint): { readonly f: bigint; readonly k: bigint } {
  const k = ((x << (LN2_PLACES - PLACES)) + LN2 / 2n) / LN2;
  const rest = x - ((k * LN2) >> (LN2_PLACES - PLACES));
  const small = rest >> HALVINGS;
  let [f, term] = [ONE, ONE];
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    term = ((term * small) >> PLACES) / n;
    f += term;
  }
  for (let i = 0n; i < HALVINGS; i++) f = (f * f) >> PLACES;
  return { f, k };
}

/** Σ 2ⁿ x²ⁿ / (1 · 3 ⋯ (2n + 1)) from x² ≥ 0, where nothing cancels: erf x = 2/√π · x · e^−x² times this. */
export function errorSeries(square: bigint): bigint {
  let [total, term] = [ONE, ONE];
  for (let n = 1n; term !== 0n; n++) {
    term = ((2n * term * square) >> PLACES) / (2n * n + 1n);
    total += term;
  }
  return total;
}

/** The sum of a series in x² whose terms alternate: term n is the one before times −x² over a(n), from 1 on. */
function alternating(square: bigint, a: (n: bigint) => bigint): bigint {
  let [total, term] = [ONE, ONE];
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    term = ((-term * square) >> PLACES) / a(n);
    total += term;
  }
  return total;
}

/** sin x / x from x², for |x| up to 1. */
export const sineSeries = (square: bigint): bigint => alternating(square, (n) => 2n * n * (2n * n + 1n));

/** cos x from x², for |x| up to 1. */
export const cosineSeries = (square: bigint): bigint => alternating(square, (n) => (2n * n - 1n) * 2n * n);

/** arctan 1/n to so many binary places. */
function arctanOfInverse(n: bigint, places: bigint): bigint {
  let power = (1n << places) / n;
  let total = power;
  for (let k = 1n; power !== 0n; k++) {
    power /= n * n;
    total += (k % 2n === 0n ? power : -power) / (2n * k + 1n);
  }
  return total;
}

const halves = new Map<bigint, bigint>();

/** π/2 to so many binary places, by Machin's formula. */
export function halfPi(places: bigint): bigint {
  const known = halves.get(places);
  if (known !== undefined) return known;
  const more = places + 32n;
  const half = (8n * arctanOfInverse(5n, more) - 2n * arctanOfInverse(239n, more)) >> 32n;
  halves.set(places, half);
  return half;
}

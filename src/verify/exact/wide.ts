import type { Field } from './field.js';
import {
  PLACES,
  TWO_OVER_ROOT_PI,
  cosineSeries,
  errorSeries,
  exponential,
  halfPi,
  sineSeries,
} from './fixed.js';

/** m · 2ᵉ: 192 bits or more, and no bounds on the exponent. */
export interface Wide {
  readonly m: bigint;
  readonly e: number;
}

const BITS = 192;
const ZERO: Wide = { m: 0n, e: 0 };
const ONE: Wide = { m: 1n, e: 0 };

/** The count of binary digits, to the next multiple of four. */
const lengthOf = (m: bigint): number => 4 * (m < 0n ? -m : m).toString(16).length;

function cut(m: bigint, e: number, bits = BITS): Wide {
  const excess = lengthOf(m) - bits;
  return excess > 0 ? { m: m >> BigInt(excess), e: e + excess } : { m, e };
}

const bits = new DataView(new ArrayBuffer(8));

/** Every finite float64 is a whole number times a power of two. */
function of(x: number): Wide {
  if (x === 0) return ZERO;
  if (!Number.isFinite(x)) throw new RangeError(`${x} has no place among finite numbers`);
  bits.setFloat64(0, x);
  const high = bits.getUint32(0);
  const exponent = (high >>> 20) & 0x7ff;
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(bits.getUint32(4));
  const m = exponent === 0 ? fraction : fraction | (1n << 52n);
  return { m: x < 0 ? -m : m, e: Math.max(exponent, 1) - 1075 };
}

function number({ m, e }: Wide): number {
  if (m === 0n) return 0;
  const scale = lengthOf(m) - 64;
  const near = scale > 0 ? { m: Number(m >> BigInt(scale)), e: e + scale } : { m: Number(m), e };
  if (near.e > 1100) return near.m * Infinity;
  const half = Math.trunc(near.e / 2);
  return near.m * 2 ** half * 2 ** (near.e - half);
}

function add(a: Wide, b: Wide): Wide {
  if (a.m === 0n) return b;
  if (b.m === 0n) return a;
  const [high, low] = a.e >= b.e ? [a, b] : [b, a];
  const gap = high.e - low.e;
  // What lies below the last bit that is kept does not count.
  if (gap > 3 * BITS) return lengthOf(low.m) + low.e > high.e - BITS ? cut(low.m, low.e) : high;
  return cut((high.m << BigInt(gap)) + low.m, low.e);
}

const abs = (x: Wide): Wide => (x.m < 0n ? negative(x) : x);

const negative = ({ m, e }: Wide): Wide => ({ m: -m, e });

const sub = (a: Wide, b: Wide): Wide => add(a, negative(b));

const exceeds = (a: Wide, b: Wide): boolean => sub(a, b).m > 0n;

const mul = (a: Wide, b: Wide): Wide => cut(a.m * b.m, a.e + b.e);

function div(a: Wide, b: Wide): Wide {
  const shift = Math.max(0, BITS + 4 + lengthOf(b.m) - lengthOf(a.m));
  return cut((a.m << BigInt(shift)) / b.m, a.e - b.e - shift);
}

function sqrt({ m, e }: Wide): Wide {
  if (m <= 0n) return ZERO;
  let shift = Math.max(0, 2 * BITS - lengthOf(m));
  if ((e - shift) % 2 !== 0) shift += 1;
  const whole = m << BigInt(shift);
  // Newton's steps double the digits of the first guess.
  let root = BigInt(Math.floor(Math.sqrt(Number(whole))));
  for (let i = 0; i < 3; i++) root = (root + whole / root) >> 1n;
  return cut(root, (e - shift) / 2);
}

const LN2 = Math.LN2;

/** In fixed point, for numbers that leave room: what lies below its last place does not count. */
function fixed({ m, e }: Wide): bigint {
  const shift = BigInt(e) + PLACES;
  return shift >= 0n ? m << shift : m >> -shift;
}

const fromFixed = (m: bigint, k = 0): Wide => cut(m, k - Number(PLACES));

const FARTHEST = of(1e8);

/** Up to e to the 10⁸. */
function exp(x: Wide): Wide {
  const limit = x.m < 0n ? negative(FARTHEST) : FARTHEST;
  const { f, k } = exponential(fixed(exceeds(abs(x), FARTHEST) ? limit : x));
  return fromFixed(f, Number(k));
}

/** As exact as float64, in any range. */
function nearLog({ m, e }: Wide): Wide {
  const length = lengthOf(m);
  const whole = e + length;
  if (Math.abs(whole) < 1000) return of(Math.log(number({ m, e })));
  return add(of(Math.log(number({ m, e: -length }))), of(whole * LN2));
}

/** y + ln(1 + d) with y near the logarithm and d = x e^−y − 1, of which four powers say all. */
function log(x: Wide): Wide {
  if (x.m <= 0n) return of(Math.log(number(x)));
  const near = nearLog(x);
  const d = sub(mul(x, exp(negative(near))), ONE);
  let series = ZERO;
  for (let k = 5; k > 0; k--) series = mul(d, sub(div(ONE, of(k)), series));
  return add(near, series);
}

/** The slope of erf, 2/√π · exp(−x²). */
const bell = (x: Wide): Wide => mul(fromFixed(TWO_OVER_ROOT_PI), exp(negative(mul(x, x))));

/** Beyond it erf differs from ±1 by less than 2⁻²⁰⁰. */
const LEVEL = of(12);

/** The error function, by a series in which nothing cancels. */
function erf(x: Wide): Wide {
  if (exceeds(abs(x), LEVEL)) return of(x.m < 0n ? -1 : 1);
  return mul(mul(x, bell(x)), fromFixed(errorSeries(fixed(mul(x, x)))));
}

const tanh = (x: Wide): Wide => of(Math.tanh(number(x)));

/** 4e / (1 + e)² with e = exp(−2|x|), which keeps its digits where tanh is near 1. */
function sech2(x: Wide): Wide {
  const power = exp({ m: x.m < 0n ? x.m : -x.m, e: x.e + 1 });
  const below = add(of(1), power);
  return div(mul(of(4), power), mul(below, below));
}

/** x = r + k π/2 with |r| up to π/4, from as many places of π as the size of x takes. */
function quarterTurns(x: Wide): { readonly r: Wide; readonly k: number } {
  const size = lengthOf(x.m) + x.e;
  if (size < 0) return { r: x, k: 0 };
  const places = PLACES + BigInt(64 * Math.ceil((size + 8) / 64));
  const quarter = halfPi(places);
  const shift = BigInt(x.e) + places;
  const whole = shift >= 0n ? x.m << shift : x.m >> -shift;
  const turns = (2n * whole + quarter) / (2n * quarter);
  const k = whole < 0n && 2n * whole + quarter < 0n ? turns - 1n : turns;
  return { r: cut(whole - k * quarter, -Number(places)), k: Number(((k % 4n) + 4n) % 4n) };
}

/** The sine of an angle that is turned by so many quarters. */
function sine(x: Wide, turned = 0): Wide {
  const { r, k } = quarterTurns(x);
  const turns = (k + turned) % 4;
  const square = fixed(mul(r, r));
  const y = turns % 2 === 0 ? mul(r, fromFixed(sineSeries(square))) : fromFixed(cosineSeries(square));
  return turns < 2 ? y : negative(y);
}

/** Arithmetic, exp, log, sin, cos and erf to 192 bits; tanh to 53. */
export const wide: Field<Wide> & { abs(x: Wide): Wide; rough(x: Wide): Wide } = {
  of,
  number,
  add,
  sub,
  mul,
  div,
  sqrt,
  exp,
  log,
  tanh,
  sech2,
  sin: (x) => sine(x),
  cos: (x) => sine(x, 1),
  erf,
  bell,
  exceeds,
  larger: (a, b) => (exceeds(b, a) ? b : a),
  tie: (a, b) => (exceeds(a, b) || exceeds(b, a) ? undefined : of(0.5)),
  abs,
  /** A bound from above to few digits, for a number that is not negative. */
  rough({ m, e }) {
    const short = cut(m, e, 32);
    return short.e === e ? short : { m: short.m + 1n, e: short.e };
  },
};

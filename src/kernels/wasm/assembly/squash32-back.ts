// The backward pass of y = w·t + b, t = tanh(αx): with q = dy·w·(1 − t)(1 + t), dx = αq, dα = Σqx, dw = Σdy·t and db = Σdy.
// For t = z / √(1 + z²), z = αx: q = dy·w·i·√i with i = 1 / (1 + z²), and α·dα = Σdy·w·t·i, which a q that vanishes leaves.
// squash32-erf.ts has erf.
// The layout is that of squash32.ts.
import { flush } from './partials';
import { sum32 } from './reduce';
import { inverse } from './isru32';
import { ERF, ISRU, filled, weight } from './squash32';
import { pullErf, wideSlope } from './squash32-erf';
import { c, slope } from './tanh32';
import { high, low, madd32, total64 } from './vectors';

/** The numbers of so many rows are added in float32 before they are added to float64, as in rows32-back.ts. */
const BLOCK: i32 = 8;

/** q of a vector, from g = dy·w. */
@inline function pulled(g: v128, x: v128, t: v128, f: v128, one: v128, isIsru: bool): v128 {
  if (!isIsru) return f32x4.mul(g, slope(t, one));
  const i = inverse(f32x4.mul(x, f), one);
  return f32x4.mul(f32x4.mul(g, i), f32x4.sqrt(i));
}

/** The part of a vector in dα, or in α·dα. */
@inline function part(g: v128, q: v128, x: v128, t: v128, f: v128, one: v128, isIsru: bool): v128 {
  return isIsru ? f32x4.mul(f32x4.mul(g, t), inverse(f32x4.mul(x, f), one)) : f32x4.mul(q, x);
}

/** A row: dx, with dw += dy·t and db += dy in float32; Σqx or what takes its place, of which sums of two are in float32. */
@inline function pullWith(
  dy: usize, x: usize, t: usize, alpha: f32, w: usize, dx: usize, dw: usize, db: usize, n: i32, isIsru: bool,
): f64 {
  const pairs = <usize>(n & ~7) << 2, bytes = <usize>n << 2, one = c(6), f = f32x4.splat(alpha);
  let a = f64x2.splat(0), b = f64x2.splat(0);
  let j: usize = 0;
  for (; j < pairs; j += 32) {
    const from = dy + j, values = t + j, by = w + j, to = dx + j, gain = dw + j, shift = db + j;
    const d0 = v128.load(from), t0 = v128.load(values), g0 = f32x4.mul(d0, v128.load(by)), x0 = v128.load(x + j);
    const q0 = pulled(g0, x0, t0, f, one, isIsru);
    v128.store(gain, madd32(d0, t0, v128.load(gain)));
    v128.store(shift, f32x4.add(v128.load(shift), d0));
    v128.store(to, f32x4.mul(q0, f));
    const d1 = v128.load(from, 16), t1 = v128.load(values, 16), g1 = f32x4.mul(d1, v128.load(by, 16));
    const x1 = v128.load(x + j, 16), q1 = pulled(g1, x1, t1, f, one, isIsru);
    v128.store(gain, madd32(d1, t1, v128.load(gain, 16)), 16);
    v128.store(shift, f32x4.add(v128.load(shift, 16), d1), 16);
    v128.store(to, f32x4.mul(q1, f), 16);
    const first = part(g0, q0, x0, t0, f, one, isIsru);
    const both = isIsru ? f32x4.add(part(g1, q1, x1, t1, f, one, true), first) : madd32(q1, x1, first);
    a = f64x2.add(a, low(both));
    b = f64x2.add(b, high(both));
  }
  let sum = total64(f64x2.add(a, b));
  for (; j < bytes; j += 4) {
    const d = v128.load32_splat(dy + j), v = v128.load32_splat(t + j);
    const g = f32x4.mul(d, v128.load32_splat(w + j)), own = v128.load32_splat(x + j);
    const q = pulled(g, own, v, f, one, isIsru);
    store<f32>(dw + j, f32x4.extract_lane(madd32(d, v, v128.load32_splat(dw + j)), 0));
    store<f32>(db + j, load<f32>(db + j) + load<f32>(dy + j));
    store<f32>(dx + j, f32x4.extract_lane(f32x4.mul(q, f), 0));
    sum += <f64>f32x4.extract_lane(part(g, q, own, v, f, one, isIsru), 0);
  }
  return sum;
}

function pullTanh(
  dy: usize, x: usize, t: usize, alpha: f32, w: usize, dx: usize, dw: usize, db: usize, n: i32,
): f64 {
  return pullWith(dy, x, t, alpha, w, dx, dw, db, n, false);
}

function pullIsru(
  dy: usize, x: usize, t: usize, alpha: f32, w: usize, dx: usize, dw: usize, db: usize, n: i32,
): f64 {
  return pullWith(dy, x, t, alpha, w, dx, dw, db, n, true);
}

/** Σqx of a row in float64, and again each dx that was not finite: its neighbours keep their bits. For erf Σq is added to ds. */
function wide(
  dy: usize, x: usize, t: usize, alpha: f32, offset: f32, w: usize, dx: usize, ds: usize, n: i32, curve: i32,
): f64 {
  let sum: f64 = 0, all: f64 = 0;
  for (let j: usize = 0, bytes = <usize>n << 2; j < bytes; j += 4) {
    const v = <f64>load<f32>(t + j), g = <f64>load<f32>(dy + j) * <f64>load<f32>(w + j);
    const z = <f64>load<f32>(x + j) * <f64>alpha, i = 1 / (1 + z * z);
    const slope = curve == ERF ? wideSlope(load<f32>(x + j), alpha, offset) : curve == ISRU ? i * sqrt<f64>(i) : (1 - v) * (1 + v);
    const q = g * slope;
    if (!(abs<f32>(load<f32>(dx + j)) < Infinity)) store<f32>(dx + j, <f32>(q * <f64>alpha));
    sum += curve == ISRU ? g * v * i : q * <f64>load<f32>(x + j);
    all += q;
  }
  if (curve == ERF) store<f64>(ds, load<f64>(ds) + all);
  return sum;
}

/** A row, again in float64 if a number left the range of float32: then Σqx did, since it contains every q. */
function back(
  dy: usize, x: usize, t: usize, alpha: f32, offset: f32, w: usize, dx: usize, dw: usize, db: usize, ds: usize, n: i32,
  curve: i32,
): f64 {
  const before = curve == ERF ? load<f64>(ds) : 0;
  const sum = curve == ERF
    ? pullErf(dy, x, t, alpha, offset, w, dx, dw, db, ds, n)
    : curve == ISRU ? pullIsru(dy, x, t, alpha, w, dx, dw, db, n) : pullTanh(dy, x, t, alpha, w, dx, dw, db, n);
  if (abs<f64>(sum) < Infinity) return sum;
  if (curve == ERF) store<f64>(ds, before);
  return wide(dy, x, t, alpha, offset, w, dx, ds, n, curve);
}

/** Σdy·t, or Σdy with t at 0, in float64, if the sums of eight rows left the range of float32. */
function mend(sums: usize, dy: usize, t: usize, rows: i32, n: i32): void {
  const step = <usize>n << 2;
  for (let j: usize = 0; j < step; j += 4) {
    if (abs<f64>(load<f64>(sums + j + j)) < Infinity) continue;
    let sum: f64 = 0, at = j;
    for (let i: i32 = 0; i < rows; i++, at += step) {
      const d = <f64>load<f32>(dy + at);
      sum += t ? d * <f64>load<f32>(t + at) : d;
    }
    store<f64>(sums + j + j, sum);
  }
}

/** The backward pass if inner is 1. */
function rows(
  dy: usize, x: usize, t: usize, alpha: f32, offset: f32, w: usize, dx: usize, along: usize, dw: usize, db: usize,
  ds: usize, ofGain: usize, ofShift: usize, count: i32, n: i32, curve: i32,
): f64 {
  let sum: f64 = 0, at: usize = 0;
  filled(ofGain, 0, n);
  filled(ofShift, 0, n);
  for (let i: i32 = 1; i <= count; i++, at += <usize>n << 2, dx += along) {
    sum += back(dy + at, x + at, t + at, alpha, offset, w, dx, ofGain, ofShift, ds, n, curve);
    if (i % BLOCK && i < count) continue;
    if (dw) flush(ofGain, dw, n);
    if (db) flush(ofShift, db, n);
  }
  if (dw) mend(dw, dy, t, count, n);
  if (db) mend(db, dy, 0, count, n);
  return sum;
}

/** The backward pass otherwise: the gradient of one number of w or b is the sum over a row. */
function blocks(
  dy: usize, x: usize, t: usize, alpha: f32, offset: f32, w: usize, dx: usize, along: usize, dw: usize, db: usize,
  ds: usize, gain: usize, ofGain: usize, ofShift: usize, outer: i32, n: i32, inner: i32, curve: i32,
): f64 {
  const step = <usize>inner << 2;
  let sum: f64 = 0;
  for (let o: i32 = 0; o < outer; o++) {
    for (let i: i32 = 0; i < n; i++, dy += step, x += step, t += step, dx += along) {
      filled(gain, weight(w, i, 1), inner);
      filled(ofGain, 0, inner);
      filled(ofShift, 0, inner);
      sum += back(dy, x, t, alpha, offset, gain, dx, ofGain, ofShift, ds, inner, curve);
      const at = <usize>i << 3;
      if (dw) store<f64>(dw + at, load<f64>(dw + at) + sum32(ofGain, inner));
      if (db) store<f64>(db + at, load<f64>(db + at) + sum32(ofShift, inner));
    }
  }
  return sum;
}

/**
 * Returns dα, or α·dα for isru, and writes ds, one number, for erf alone. dw and db are float64, n of each; w, dx, dw and db
 * may be at 0, which leaves them out. dx may not be dy.
 */
export function squashBack32(
  dy: usize, x: usize, t: usize, alpha: f32, offset: f32, w: usize, dx: usize, dw: usize, db: usize, ds: usize,
  work: usize, outer: i32, n: i32, inner: i32, curve: i32,
): f64 {
  const step = <usize>(inner == 1 ? n : inner) << 2, room = (step + 15) & ~15;
  const ofGain = work + room, ofShift = ofGain + room, along = dx ? step : 0;
  if (!dx) dx = ofShift + room;
  if (dw) memory.fill(dw, 0, <usize>n << 3);
  if (db) memory.fill(db, 0, <usize>n << 3);
  if (curve == ERF) store<f64>(ds, 0);
  if (inner != 1) {
    return blocks(
      dy, x, t, alpha, offset, w, dx, along, dw, db, ds, work, ofGain, ofShift, outer, n, inner, curve,
    );
  }
  if (!w) w = filled(work, 1, n);
  return rows(dy, x, t, alpha, offset, w, dx, along, dw, db, ds, ofGain, ofShift, outer, n, curve);
}

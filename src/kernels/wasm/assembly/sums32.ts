// The sums of a row of float32 and of its squares. Eight vectors are added in float32, in pairs, before the sums of four
// lanes are added to float64: to promote each number takes longer than all the rest.
import { difference, high, low, madd32, madd64, total64 } from './vectors';

/** Two sums, which a loop hands back. */
const SUMS: usize = memory.data(16);

/** The Σd of the last call. */
@inline export function sum(): f64 {
  return load<f64>(SUMS);
}

/** The Σd² of the last call. */
@inline export function squares(): f64 {
  return load<f64>(SUMS, 8);
}

/** Σd, if `summed`, and Σd² for d = x − shift. */
@inline function total(x: usize, n: i32, shift: f32, shifted: bool, summed: bool): void {
  const eights = <usize>(n & ~31) << 2, whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2, s = f32x4.splat(shift);
  let a = f64x2.splat(0), b = f64x2.splat(0), p = f64x2.splat(0), q = f64x2.splat(0);
  let j: usize = 0;
  for (; j < eights; j += 128) {
    const at = x + j;
    const d0 = difference(v128.load(at), s, shifted), d1 = difference(v128.load(at, 16), s, shifted);
    const d2 = difference(v128.load(at, 32), s, shifted), d3 = difference(v128.load(at, 48), s, shifted);
    let d = summed ? f32x4.add(f32x4.add(d0, d1), f32x4.add(d2, d3)) : s;
    let t = madd32(d1, d1, f32x4.mul(d0, d0)), u = madd32(d3, d3, f32x4.mul(d2, d2));
    const d4 = difference(v128.load(at, 64), s, shifted), d5 = difference(v128.load(at, 80), s, shifted);
    const d6 = difference(v128.load(at, 96), s, shifted), d7 = difference(v128.load(at, 112), s, shifted);
    if (summed) {
      d = f32x4.add(d, f32x4.add(f32x4.add(d4, d5), f32x4.add(d6, d7)));
      a = f64x2.add(a, low(d));
      b = f64x2.add(b, high(d));
    }
    t = f32x4.add(t, madd32(d5, d5, f32x4.mul(d4, d4)));
    u = f32x4.add(u, madd32(d7, d7, f32x4.mul(d6, d6)));
    t = f32x4.add(t, u);
    p = f64x2.add(p, low(t));
    q = f64x2.add(q, high(t));
  }
  for (; j < whole; j += 16) {
    const v = difference(v128.load(x + j), s, shifted), d = low(v), e = high(v);
    if (summed) {
      a = f64x2.add(a, d);
      b = f64x2.add(b, e);
    }
    p = f64x2.add(p, f64x2.mul(d, d));
    q = f64x2.add(q, f64x2.mul(e, e));
  }
  let sum = total64(f64x2.add(a, b)), squares = total64(f64x2.add(p, q));
  for (; j < bytes; j += 4) {
    const v = load<f32>(x + j), d = <f64>(shifted ? v - shift : v);
    sum += d;
    squares += d * d;
  }
  store<f64>(SUMS, sum);
  store<f64>(SUMS, squares, 8);
}

/** Σx and Σx². */
export function sums(x: usize, n: i32): void {
  total(x, n, 0, false, true);
}

/** Σd and Σd² for d = x − shift. */
export function moments(x: usize, n: i32, shift: f32): void {
  total(x, n, shift, true, true);
}

/** Σx². */
export function power(x: usize, n: i32): void {
  total(x, n, 0, false, false);
}

/** Σx² in float64, which holds the square of each: in four sums, since two would wait for each other. */
export function exactPower(x: usize, n: i32): void {
  const pairs = <usize>(n & ~7) << 2, bytes = <usize>n << 2;
  let p = f64x2.splat(0), q = f64x2.splat(0), s = f64x2.splat(0), t = f64x2.splat(0);
  let j: usize = 0;
  for (; j < pairs; j += 32) {
    const v = v128.load(x + j), w = v128.load(x + j, 16), a = low(v), b = high(v), c = low(w), d = high(w);
    p = madd64(a, a, p);
    q = madd64(b, b, q);
    s = madd64(c, c, s);
    t = madd64(d, d, t);
  }
  let squares = total64(f64x2.add(f64x2.add(p, q), f64x2.add(s, t)));
  for (; j < bytes; j += 4) {
    const d = <f64>load<f32>(x + j);
    squares += d * d;
  }
  store<f64>(SUMS, squares, 8);
}

/** The largest |x|; NaN, if any is. */
export function peak(x: usize, n: i32): f32 {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2;
  let most = f32x4.splat(0);
  let j: usize = 0;
  for (; j < whole; j += 16) most = f32x4.max(most, f32x4.abs(v128.load(x + j)));
  for (; j < bytes; j += 4) most = f32x4.max(most, f32x4.abs(v128.load32_splat(x + j)));
  most = f32x4.max(most, v128.shuffle<i32>(most, most, 2, 3, 0, 1));
  return max<f32>(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1));
}

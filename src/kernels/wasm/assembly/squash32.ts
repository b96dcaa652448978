// y = w·f(αx) + b over float32, with t = f(αx) for the backward pass, where f is tanh or isru; squash32-erf.ts has erf.
// x is [outer, n, inner], with n of w and of b: a row of them for a row of x if inner is 1, otherwise one number of each
// for a row of x.
import { isru } from './isru32';
import { writeErf } from './squash32-erf';
import { c, tanh } from './tanh32';
import { madd32 } from './vectors';

function writeTanh(x: usize, alpha: f32, w: usize, b: usize, t: usize, y: usize, n: i32): void {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2, f = f32x4.splat(alpha);
  const L = c(0), M = c(1), H = c(2), p = c(3), q = c(4), r = c(5), one = c(6), most = c(7), least = c(8);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const v = tanh(f32x4.mul(v128.load(x + j), f), L, M, H, p, q, r, one, most, least);
    v128.store(t + j, v);
    v128.store(y + j, madd32(v, v128.load(w + j), v128.load(b + j)));
  }
  // The rest is computed as the vectors are, so that all numbers of a row are rounded alike.
  for (; j < bytes; j += 4) {
    const v = tanh(f32x4.mul(v128.load32_splat(x + j), f), L, M, H, p, q, r, one, most, least);
    store<f32>(t + j, f32x4.extract_lane(v, 0));
    store<f32>(y + j, f32x4.extract_lane(madd32(v, v128.load32_splat(w + j), v128.load32_splat(b + j)), 0));
  }
}

function writeIsru(x: usize, alpha: f32, w: usize, b: usize, t: usize, y: usize, n: i32): void {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2, f = f32x4.splat(alpha), one = f32x4.splat(1);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const v = isru(f32x4.mul(v128.load(x + j), f), one);
    v128.store(t + j, v);
    v128.store(y + j, madd32(v, v128.load(w + j), v128.load(b + j)));
  }
  for (; j < bytes; j += 4) {
    const v = isru(f32x4.mul(v128.load32_splat(x + j), f), one);
    store<f32>(t + j, f32x4.extract_lane(v, 0));
    store<f32>(y + j, f32x4.extract_lane(madd32(v, v128.load32_splat(w + j), v128.load32_splat(b + j)), 0));
  }
}

/** The curves by the numbers that callers know them by; tanh is 0. */
export const ISRU: i32 = 1;
export const ERF: i32 = 2;

function write(
  x: usize, alpha: f32, offset: f32, w: usize, b: usize, t: usize, y: usize, n: i32, curve: i32,
): void {
  if (curve == ERF) writeErf(x, alpha, offset, w, b, t, y, n);
  else if (curve == ISRU) writeIsru(x, alpha, w, b, t, y, n);
  else writeTanh(x, alpha, w, b, t, y, n);
}

/** A row of n equal numbers. */
export function filled(row: usize, value: f32, n: i32): usize {
  const v = f32x4.splat(value), bytes = <usize>n << 2, whole = bytes & ~15;
  let j: usize = 0;
  for (; j < whole; j += 16) v128.store(row + j, v);
  for (; j < bytes; j += 4) store<f32>(row + j, value);
  return row;
}

/** Number i of weights that may be missing. */
@inline export function weight(w: usize, i: i32, missing: f32): f32 {
  return w ? load<f32>(w + (<usize>i << 2)) : missing;
}

/** The bytes of work space, forward and backward: four rows. */
export function squashWork(n: i32, inner: i32): f64 {
  return 4 * (4 * <f64>(inner == 1 ? n : inner) + 16);
}

/**
 * w and b may be at 0, which stands for 1 and 0. Only erf has an offset. A weight that is no row is written out as one, which takes little time
 * relative to the tanh.
 */
export function squash32(
  x: usize, alpha: f32, offset: f32, w: usize, b: usize, t: usize, y: usize, work: usize, outer: i32, n: i32, inner: i32,
  curve: i32,
): void {
  const step = <usize>(inner == 1 ? n : inner) << 2, second = work + ((step + 15) & ~15);
  if (inner == 1) {
    if (!w) w = filled(work, 1, n);
    if (!b) b = filled(second, 0, n);
    for (let o: i32 = 0; o < outer; o++, x += step, t += step, y += step) {
      write(x, alpha, offset, w, b, t, y, n, curve);
    }
    return;
  }
  for (let o: i32 = 0; o < outer; o++) {
    for (let i: i32 = 0; i < n; i++, x += step, t += step, y += step) {
      filled(work, weight(w, i, 1), inner);
      filled(second, weight(b, i, 0), inner);
      write(x, alpha, offset, work, second, t, y, inner, curve);
    }
  }
}

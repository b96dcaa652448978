// The rows of y = w·t + b for t = erf(αx + s), and of their backward pass: with q = dy·w·2/√π·exp(−(αx + s)²), dx = αq,
// dα = Σqx, ds = Σq, dw = Σdy·t and db = Σdy. αx is rounded, and so is the sum.
import { erf, erfOf, erfSlope, slopeOf } from './erf32';
import { high, low, madd32, total64 } from './vectors';

export function writeErf(
  x: usize, alpha: f32, offset: f32, w: usize, b: usize, t: usize, y: usize, n: i32,
): void {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2, f = f32x4.splat(alpha), s = f32x4.splat(offset);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const v = erf(madd32(v128.load(x + j), f, s));
    v128.store(t + j, v);
    v128.store(y + j, madd32(v, v128.load(w + j), v128.load(b + j)));
  }
  for (; j < bytes; j += 4) {
    const v = erfOf(madd32(v128.load32_splat(x + j), f, s));
    store<f32>(t + j, f32x4.extract_lane(v, 0));
    store<f32>(y + j, f32x4.extract_lane(madd32(v, v128.load32_splat(w + j), v128.load32_splat(b + j)), 0));
  }
}

/** A row: dx, with dw += dy·t and db += dy in float32, and Σq added to ds in float64; returns Σqx. */
export function pullErf(
  dy: usize, x: usize, t: usize, alpha: f32, offset: f32, w: usize, dx: usize, dw: usize, db: usize, ds: usize, n: i32,
): f64 {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2;
  const f = f32x4.splat(alpha), s = f32x4.splat(offset);
  let a = f64x2.splat(0), b = f64x2.splat(0), c = f64x2.splat(0), d = f64x2.splat(0);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const g = v128.load(dy + j), v = v128.load(x + j);
    const q = erfSlope(f32x4.mul(g, v128.load(w + j)), madd32(v, f, s)), p = f32x4.mul(q, v);
    v128.store(dw + j, madd32(g, v128.load(t + j), v128.load(dw + j)));
    v128.store(db + j, f32x4.add(v128.load(db + j), g));
    v128.store(dx + j, f32x4.mul(q, f));
    a = f64x2.add(a, low(p));
    b = f64x2.add(b, high(p));
    c = f64x2.add(c, low(q));
    d = f64x2.add(d, high(q));
  }
  let sum = total64(f64x2.add(a, b)), all = total64(f64x2.add(c, d));
  for (; j < bytes; j += 4) {
    const g = v128.load32_splat(dy + j), v = v128.load32_splat(x + j);
    const q = slopeOf(f32x4.mul(g, v128.load32_splat(w + j)), madd32(v, f, s));
    store<f32>(dw + j, f32x4.extract_lane(madd32(g, v128.load32_splat(t + j), v128.load32_splat(dw + j)), 0));
    store<f32>(db + j, load<f32>(db + j) + load<f32>(dy + j));
    store<f32>(dx + j, f32x4.extract_lane(f32x4.mul(q, f), 0));
    sum += <f64>f32x4.extract_lane(f32x4.mul(q, v), 0);
    all += <f64>f32x4.extract_lane(q, 0);
  }
  store<f64>(ds, load<f64>(ds) + all);
  return sum;
}

/** The slope of erf at αx + s, which may be too small for float32. */
export function wideSlope(x: f32, alpha: f32, offset: f32): f64 {
  const z = madd32(f32x4.splat(x), f32x4.splat(alpha), f32x4.splat(offset));
  // 2¹²⁶ brings the smallest slope of all into the range of float32.
  const unit: f32 = 8.507059173023462e37;
  return <f64>f32x4.extract_lane(slopeOf(f32x4.splat(unit), z), 0) / <f64>unit;
}

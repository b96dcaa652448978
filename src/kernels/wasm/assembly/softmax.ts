// Softmax, its logarithm, logSumExp and cross-entropy over rows of float32: powers in float32, sums and logarithms in float64.
import { isNear, k, near, power, widePower } from './power32';
import { largest32 } from './peak';
import { dot32, sum32 } from './reduce';
import { high, low, total64 } from './vectors';

/** y ← e^((x − most)·steepness), with their sum; y may be x, or at 0, which leaves it out. */
function powers(x: usize, y: usize, n: i32, most: f32, steepness: f32): f64 {
  const bytes = <usize>n << 2, whole = bytes & ~15, m = f32x4.splat(most), f = f32x4.splat(steepness);
  const L = k(0), M = k(1), H = k(2), W = k(3), a = k(4), b = k(5), c = k(6), d = k(7), e = k(8);
  let p = f64x2.splat(0), q = f64x2.splat(0);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const v = power(f32x4.mul(f32x4.sub(v128.load(x + j), m), f), L, M, H, W, a, b, c, d, e);
    if (y) v128.store(y + j, v);
    p = f64x2.add(p, low(v));
    q = f64x2.add(q, high(v));
  }
  let sum = total64(f64x2.add(p, q));
  for (; j < bytes; j += 4) {
    const v = single((load<f32>(x + j) - most) * steepness);
    if (y) store<f32>(y + j, v);
    sum += <f64>v;
  }
  return sum;
}

/** eˣ of one number. */
function single(x: f32): f32 {
  return f32x4.extract_lane(power(f32x4.splat(x), k(0), k(1), k(2), k(3), k(4), k(5), k(6), k(7), k(8)), 0);
}

/**
 * ln s of a sum of powers, which is at least 1: s = 2ⁿ·(1 + f), ln(1 + f) = 2 artanh z with z = f / (2 + f), |z| ≤ 0.172,
 * whose series is below the rounding of float64 after eleven terms. Near 1, where n is 0 and f exact, it keeps its digits.
 */
function log(s: f64): f64 {
  if (!(s < Infinity)) return s;
  const bits = reinterpret<i64>(s) - 0x3fe6a09e667f3bcd, n = bits >> 52;
  const f = reinterpret<f64>((bits & 0x000fffffffffffff) + 0x3fe6a09e667f3bcd) - 1;
  const z = f / (2 + f), w = z * z;
  let p: f64 = 0;
  for (let i: f64 = 23; i > 1; i -= 2) p = (p + 1 / i) * w;
  return <f64>n * 0.6931471805599453 + (2 * z * p + 2 * z);
}

export function scale(y: usize, n: i32, factor: f32): void {
  const bytes = <usize>n << 2, whole = bytes & ~15, f = f32x4.splat(factor);
  let j: usize = 0;
  for (; j < whole; j += 16) v128.store(y + j, f32x4.mul(v128.load(y + j), f));
  for (; j < bytes; j += 4) store<f32>(y + j, load<f32>(y + j) * factor);
}

/** softmax32 of rows of eight, as in sim_norm: a row stays in two vectors, which takes half the time. */
function softmaxOfEight(x: usize, y: usize, rows: i32, steepness: f32): void {
  const f = f32x4.splat(steepness);
  const L = k(0), M = k(1), H = k(2), W = k(3), a = k(4), b = k(5), c = k(6), d = k(7), e = k(8);
  for (let i: i32 = 0; i < rows; i++, x += 32, y += 32) {
    const v = v128.load(x), w = v128.load(x, 16);
    // With max in place of pmax, all of this takes 1.7 times as long. pmax may leave out a NaN, which makes the sum NaN anyway.
    let most = f32x4.pmax(v, w);
    most = f32x4.pmax(most, v128.shuffle<i32>(most, most, 2, 3, 0, 1));
    most = f32x4.pmax(most, v128.shuffle<i32>(most, most, 1, 0, 3, 2));
    const s = f32x4.mul(f32x4.sub(v, most), f), t = f32x4.mul(f32x4.sub(w, most), f);
    const far = !isNear(f32x4.pmin(s, t));
    const p = far ? widePower(s) : near(s, L, M, H, W, a, b, c, d, e);
    const q = far ? widePower(t) : near(t, L, M, H, W, a, b, c, d, e);
    const sum = total64(f64x2.add(f64x2.add(low(p), low(q)), f64x2.add(high(p), high(q))));
    const factor = f32x4.splat(<f32>(1 / sum));
    v128.store(y, f32x4.mul(p, factor));
    v128.store(y, f32x4.mul(q, factor), 16);
  }
}

/** e^(x·steepness) over its sum in every row of n; the largest x is subtracted first. y may be x. */
export function softmax32(x: usize, y: usize, rows: i32, n: i32, steepness: f32): void {
  if (n == 8) {
    softmaxOfEight(x, y, rows, steepness);
    return;
  }
  for (let i: i32 = 0, step = <usize>n << 2; i < rows; i++, x += step, y += step) {
    scale(y, n, <f32>(1 / powers(x, y, n, largest32(x, n), steepness)));
  }
}

/**
 * Whether v can be subtracted from any float32 without overflow: it is less than half the last place of the largest.
 * Otherwise gradients are computed in float64, which keeps the difference of two large numbers.
 */
@inline function leavesRoom(v: f64): bool {
  return abs<f64>(v) < 1e31;
}

/** y·(g − ⟨y, g⟩). */
export function softmaxBack32(g: usize, y: usize, dx: usize, rows: i32, n: i32): void {
  const bytes = <usize>n << 2, whole = bytes & ~15;
  for (let i: i32 = 0; i < rows; i++, g += bytes, y += bytes, dx += bytes) {
    const total = dot32(g, y, n), inward = <f32>total, s = f32x4.splat(inward);
    let j: usize = 0;
    if (!leavesRoom(total)) {
      for (; j < bytes; j += 4) store<f32>(dx + j, <f32>(<f64>load<f32>(y + j) * (<f64>load<f32>(g + j) - total)));
      continue;
    }
    for (; j < whole; j += 16) v128.store(dx + j, f32x4.mul(v128.load(y + j), f32x4.sub(v128.load(g + j), s)));
    for (; j < bytes; j += 4) store<f32>(dx + j, load<f32>(y + j) * (load<f32>(g + j) - inward));
  }
}

/** (x − most) − ln Σ e^(x − most). */
export function logSoftmax32(x: usize, y: usize, rows: i32, n: i32): void {
  const bytes = <usize>n << 2, whole = bytes & ~15;
  for (let i: i32 = 0; i < rows; i++, x += bytes, y += bytes) {
    const most = largest32(x, n), total = <f32>log(powers(x, 0, n, most, 1));
    const m = f32x4.splat(most), t = f32x4.splat(total);
    let j: usize = 0;
    for (; j < whole; j += 16) v128.store(y + j, f32x4.sub(f32x4.sub(v128.load(x + j), m), t));
    for (; j < bytes; j += 4) store<f32>(y + j, load<f32>(x + j) - most - total);
  }
}

/** g − eʸ · Σ g, for y of logSoftmax32. */
export function logSoftmaxBack32(g: usize, y: usize, dx: usize, rows: i32, n: i32): void {
  const bytes = <usize>n << 2, whole = bytes & ~15;
  for (let i: i32 = 0; i < rows; i++, g += bytes, y += bytes, dx += bytes) {
    const L = k(0), M = k(1), H = k(2), W = k(3), a = k(4), b = k(5), c = k(6), d = k(7), e = k(8);
    const sum = sum32(g, n), total = <f32>sum, t = f32x4.splat(total);
    let j: usize = 0;
    if (!leavesRoom(sum)) {
      for (; j < bytes; j += 4) store<f32>(dx + j, <f32>(<f64>load<f32>(g + j) - <f64>single(load<f32>(y + j)) * sum));
      continue;
    }
    for (; j < whole; j += 16) {
      const p = power(v128.load(y + j), L, M, H, W, a, b, c, d, e);
      v128.store(dx + j, f32x4.sub(v128.load(g + j), f32x4.mul(p, t)));
    }
    for (; j < bytes; j += 4) store<f32>(dx + j, load<f32>(g + j) - single(load<f32>(y + j)) * total);
  }
}

/** ln Σ eˣ of every row of n, into float64: of nothing but −∞ it is −∞. */
export function logSumExp32(x: usize, out: usize, rows: i32, n: i32): void {
  for (let i: i32 = 0; i < rows; i++, x += <usize>n << 2, out += 8) {
    const most = largest32(x, n);
    // If the largest is infinite or NaN, it is the result.
    store<f64>(out, abs<f32>(most) < Infinity ? <f64>most + log(powers(x, 0, n, most, 1)) : <f64>most);
  }
}

/**
 * The cross-entropy of every row of n logits and one int32 label, ln Σ e^(x − most) − (x[label] − most), into float64, and
 * its gradient times `factor`: dx ← factor · (softmax(x) − 1 at the label).
 */
export function crossEntropy32(
  x: usize, labels: usize, losses: usize, dx: usize, rows: i32, n: i32, factor: f64,
): void {
  for (let i: i32 = 0, step = <usize>n << 2; i < rows; i++, x += step, dx += step, labels += 4, losses += 8) {
    const at = <usize>load<i32>(labels) << 2, most = largest32(x, n), picked = load<f32>(x + at);
    powers(x, dx, n, most, 1);
    const own = load<f32>(dx + at);
    // 1 − p is the sum of the other powers over that of all: if the label is almost certain, p has none of its digits.
    store<f32>(dx + at, 0);
    const rest = sum32(dx, n), total = rest + <f64>own;
    store<f64>(losses, log(total) - (<f64>picked - <f64>most));
    scale(dx, n, <f32>(factor / total));
    store<f32>(dx + at, <f32>((-factor * rest) / total));
  }
}

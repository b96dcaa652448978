// Normalization of rows of float32, forward: statistics in float64, then one pass of float32 vectors.
import { MEASURES, measure } from './measures';
import { high, low, total64 } from './vectors';

/** Two sums that a loop hands back. */
const SUMS: usize = memory.data(16);

/** Σd and Σd² for d = x − shift. */
function moments(x: usize, n: i32, shift: f64): void {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2, s = f64x2.splat(shift);
  let a = f64x2.splat(0), b = f64x2.splat(0), p = f64x2.splat(0), q = f64x2.splat(0);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const v = v128.load(x + j);
    const d = f64x2.sub(low(v), s), e = f64x2.sub(high(v), s);
    a = f64x2.add(a, d);
    b = f64x2.add(b, e);
    p = f64x2.add(p, f64x2.mul(d, d));
    q = f64x2.add(q, f64x2.mul(e, e));
  }
  let sum = total64(f64x2.add(a, b)), squares = total64(f64x2.add(p, q));
  for (; j < bytes; j += 4) {
    const d = <f64>load<f32>(x + j) - shift;
    sum += d;
    squares += d * d;
  }
  store<f64>(SUMS, sum);
  store<f64>(SUMS, squares, 8);
}

/** Σx². */
function power(x: usize, n: i32): f64 {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2;
  let p = f64x2.splat(0), q = f64x2.splat(0);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const v = v128.load(x + j), d = low(v), e = high(v);
    p = f64x2.add(p, f64x2.mul(d, d));
    q = f64x2.add(q, f64x2.mul(e, e));
  }
  let squares = total64(f64x2.add(p, q));
  for (; j < bytes; j += 4) {
    const d = <f64>load<f32>(x + j);
    squares += d * d;
  }
  return squares;
}

/** y ← ((x − hi) − lo) · r · γ + β, where γ and β may be missing. */
// @ts-ignore: decorators are AssemblyScript's
@inline function write(
  x: usize, gamma: usize, beta: usize, y: usize, n: i32, hi: f32, lo: f32, r: f32,
  centered: bool, gained: bool, shifted: bool,
): void {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2;
  const h = f32x4.splat(hi), l = f32x4.splat(lo), s = f32x4.splat(r);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    let v = v128.load(x + j);
    if (centered) v = f32x4.sub(f32x4.sub(v, h), l);
    v = f32x4.mul(v, s);
    if (gained) v = f32x4.mul(v, v128.load(gamma + j));
    if (shifted) v = f32x4.add(v, v128.load(beta + j));
    v128.store(y + j, v);
  }
  for (; j < bytes; j += 4) {
    let v = load<f32>(x + j);
    if (centered) v = v - hi - lo;
    v *= r;
    if (gained) v *= load<f32>(gamma + j);
    if (shifted) v += load<f32>(beta + j);
    store<f32>(y + j, v);
  }
}

function writeCentered(x: usize, y: usize, n: i32, hi: f32, lo: f32, r: f32): void {
  write(x, 0, 0, y, n, hi, lo, r, true, false, false);
}
function writeCenteredGained(x: usize, gamma: usize, y: usize, n: i32, hi: f32, lo: f32, r: f32): void {
  write(x, gamma, 0, y, n, hi, lo, r, true, true, false);
}
function writeCenteredShifted(x: usize, beta: usize, y: usize, n: i32, hi: f32, lo: f32, r: f32): void {
  write(x, 0, beta, y, n, hi, lo, r, true, false, true);
}
function writeCenteredBoth(
  x: usize, gamma: usize, beta: usize, y: usize, n: i32, hi: f32, lo: f32, r: f32,
): void {
  write(x, gamma, beta, y, n, hi, lo, r, true, true, true);
}
function writePlain(x: usize, y: usize, n: i32, r: f32): void {
  write(x, 0, 0, y, n, 0, 0, r, false, false, false);
}
function writeGained(x: usize, gamma: usize, y: usize, n: i32, r: f32): void {
  write(x, gamma, 0, y, n, 0, 0, r, false, true, false);
}
function writeShifted(x: usize, beta: usize, y: usize, n: i32, r: f32): void {
  write(x, 0, beta, y, n, 0, 0, r, false, false, true);
}
function writeBoth(x: usize, gamma: usize, beta: usize, y: usize, n: i32, r: f32): void {
  write(x, gamma, beta, y, n, 0, 0, r, false, true, true);
}

/** The same in float64, for rows whose numbers would leave the range of float32 on the way. */
function writeWide(x: usize, gamma: usize, beta: usize, y: usize, n: i32, center: f64, root: f64): void {
  for (let j: usize = 0, bytes = <usize>n << 2; j < bytes; j += 4) {
    let v = (<f64>load<f32>(x + j) - center) / root;
    if (gamma) v *= <f64>load<f32>(gamma + j);
    if (beta) v += <f64>load<f32>(beta + j);
    store<f32>(y + j, <f32>v);
  }
}

/**
 * Whether 2⁻¹⁰⁰ < |v| < 2¹⁰⁰. A factor in this range, and numbers that it belongs to, neither overflow nor lose
 * digits: whatever is below the smallest normal number counts for less than 2⁻¹²⁶ · 2¹⁰⁰ beside numbers near 1.
 */
export function safe(v: f64): bool {
  return abs<f64>(v) > 7.888609052210118e-31 && abs<f64>(v) < 1.2676506002282294e30;
}

/**
 * y ← x̂ · γ + β for rows of n, with x̂ = (x − x̄) / N; γ and β may be at 0, which leaves them out. `centered`: whether
 * x̄ is taken off, or is 0; `sum`: whether N is of the sum of the squares, or of their mean; `bound`: see measure.
 * Always 0, the count of rows left undone.
 *
 * Float64 holds all squares of float32, so nothing overflows or vanishes in the statistics, and one pass is enough:
 * n·var = Σd² − (Σd)²/n with d = x − x₀, where Σd² = n·var + n·(x₀ − x̄)² and (x₀ − x̄)² ≤ n·var, since x₀ is one of
 * the row: cancellation magnifies the rounding of float64 by n + 1 at most. A row that loses more than ten bits to it
 * is passed over again with x̄ in the place of x₀. A constant row has d = 0, and so x̂ = 0, exactly.
 *
 * x̄ is split into two float32, hi + lo. Where x is near hi, x − hi is exact, so that only differences are rounded.
 */
export function normalizeRows32(
  x: usize, gamma: usize, beta: usize, y: usize, measures: usize, rows: i32, n: i32,
  centered: bool, sum: bool, bound: i32, epsilon: f64,
): i32 {
  const bytes = <usize>n << 2, count = <f64>n;
  for (let i: i32 = 0; i < rows; i++, x += bytes, y += bytes, measures += MEASURES) {
    let center: f64 = 0, squares: f64;
    if (centered) {
      center = <f64>load<f32>(x);
      moments(x, n, center);
      squares = reduced(count);
      const mean = center + load<f64>(SUMS) / count;
      if (squares < load<f64>(SUMS, 8) * 0.0009765625) {
        moments(x, n, mean);
        squares = reduced(count);
      }
      center = mean;
    } else squares = power(x, n);
    const root = measure(measures, center, 0, sum ? squares : squares / count, bound, epsilon);
    const inverse = 1 / root, hi = <f32>center, lo = <f32>(center - <f64>hi), r = <f32>inverse;
    if (!safe(inverse) || !(abs<f32>(hi) < 1.2676506e30)) {
      writeWide(x, gamma, beta, y, n, center, root);
    } else if (centered) {
      if (gamma) {
        if (beta) writeCenteredBoth(x, gamma, beta, y, n, hi, lo, r);
        else writeCenteredGained(x, gamma, y, n, hi, lo, r);
      } else if (beta) writeCenteredShifted(x, beta, y, n, hi, lo, r);
      else writeCentered(x, y, n, hi, lo, r);
    } else if (gamma) {
      if (beta) writeBoth(x, gamma, beta, y, n, r);
      else writeGained(x, gamma, y, n, r);
    } else if (beta) writeShifted(x, beta, y, n, r);
    else writePlain(x, y, n, r);
  }
  return 0;
}

/** n·var of the sums of a pass; never below 0, where rounding may take it. */
function reduced(n: f64): f64 {
  const sum = load<f64>(SUMS), squares = load<f64>(SUMS, 8);
  return max<f64>(0, squares - (sum * sum) / n);
}

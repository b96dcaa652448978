// Normalization of rows of float32, forward: statistics in float64, then one pass of float32 vectors.
import { MEASURES, center as centerOf, measure, root as rootOf } from './measures';
import { high, low, madd32, madd64, total64, unit } from './vectors';

/** Two sums that a loop hands back. */
const SUMS: usize = memory.data(16);

/** Σx and Σx², in eight sums: fewer would wait for each other. */
function sums(x: usize, n: i32): void {
  const pairs = <usize>(n & ~7) << 2, bytes = <usize>n << 2;
  let a = f64x2.splat(0), b = f64x2.splat(0), p = f64x2.splat(0), q = f64x2.splat(0);
  let s = f64x2.splat(0), t = f64x2.splat(0);
  let j: usize = 0;
  for (; j < pairs; j += 32) {
    const v = v128.load(x + j), d = low(v), e = high(v);
    const w = v128.load(x + j, 16), f = low(w), g = high(w);
    a = f64x2.add(f64x2.add(a, d), f);
    b = f64x2.add(f64x2.add(b, e), g);
    p = madd64(d, d, p);
    q = madd64(e, e, q);
    s = madd64(f, f, s);
    t = madd64(g, g, t);
  }
  let sum = total64(f64x2.add(a, b)), squares = total64(f64x2.add(f64x2.add(p, q), f64x2.add(s, t)));
  for (; j < bytes; j += 4) {
    const d = <f64>load<f32>(x + j);
    sum += d;
    squares += d * d;
  }
  store<f64>(SUMS, sum);
  store<f64>(SUMS, squares, 8);
}

/** Σd and Σd² for d = x − shift. */
function moments(x: usize, n: i32, shift: f64): void {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2, s = f64x2.splat(shift);
  let a = f64x2.splat(0), b = f64x2.splat(0), p = f64x2.splat(0), q = f64x2.splat(0);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const v = v128.load(x + j), d = f64x2.sub(low(v), s), e = f64x2.sub(high(v), s);
    a = f64x2.add(a, d);
    b = f64x2.add(b, e);
    p = madd64(d, d, p);
    q = madd64(e, e, q);
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

/** Σx², in four sums: two would wait for each other. */
function power(x: usize, n: i32): f64 {
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
  return squares;
}

/** x̂ · γ + β of a vector. */
@inline function made(
  x: v128, gamma: v128, beta: v128, hi: v128, less: v128, r: v128, centered: bool, gained: bool, shifted: bool,
): v128 {
  const v = centered ? unit(x, hi, less, r) : f32x4.mul(x, r);
  if (gained && shifted) return madd32(v, gamma, beta);
  if (gained) return f32x4.mul(v, gamma);
  return shifted ? f32x4.add(v, beta) : v;
}

/**
 * y ← ((x − hi) − lo) · r · γ + β, where γ and β may be missing. Four vectors at a time: the addresses of four arrays
 * take as long as the sums.
 */
@inline function write(
  x: usize, gamma: usize, beta: usize, y: usize, n: i32, hi: f32, lo: f32, r: f32,
  centered: bool, gained: bool, shifted: bool,
): void {
  const fours = <usize>(n & ~15) << 2, whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2;
  const h = f32x4.splat(hi), l = f32x4.splat(-lo * r), s = f32x4.splat(r);
  let j: usize = 0;
  for (; j < fours; j += 64) {
    const at = x + j, to = y + j, g = gamma + j, b = beta + j;
    const g0 = gained ? v128.load(g) : s, g1 = gained ? v128.load(g, 16) : s;
    const g2 = gained ? v128.load(g, 32) : s, g3 = gained ? v128.load(g, 48) : s;
    const b0 = shifted ? v128.load(b) : s, b1 = shifted ? v128.load(b, 16) : s;
    const b2 = shifted ? v128.load(b, 32) : s, b3 = shifted ? v128.load(b, 48) : s;
    v128.store(to, made(v128.load(at), g0, b0, h, l, s, centered, gained, shifted));
    v128.store(to, made(v128.load(at, 16), g1, b1, h, l, s, centered, gained, shifted), 16);
    v128.store(to, made(v128.load(at, 32), g2, b2, h, l, s, centered, gained, shifted), 32);
    v128.store(to, made(v128.load(at, 48), g3, b3, h, l, s, centered, gained, shifted), 48);
  }
  for (; j < whole; j += 16) {
    const g = gained ? v128.load(gamma + j) : s, b = shifted ? v128.load(beta + j) : s;
    v128.store(y + j, made(v128.load(x + j), g, b, h, l, s, centered, gained, shifted));
  }
  // What is left goes the way of the vectors, so that no number of a row is rounded otherwise than its neighbours.
  for (; j < bytes; j += 4) {
    const g = gained ? v128.load32_splat(gamma + j) : s, b = shifted ? v128.load32_splat(beta + j) : s;
    const v = made(v128.load32_splat(x + j), g, b, h, l, s, centered, gained, shifted);
    store<f32>(y + j, f32x4.extract_lane(v, 0));
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
 * The measures of a row. Float64 holds all squares of float32, so nothing overflows or vanishes, and one pass is enough
 * where n·var = Σx² − (Σx)²/n cancels little. A row that loses more than ten bits to it is passed over again with
 * d = x − x̄ in the place of x. A constant row has d = 0, since Σx is exact for it, and so x̂ = 0, exactly.
 */
function measureRow(
  x: usize, n: i32, measures: usize, centered: bool, sum: bool, bound: i32, epsilon: f64,
): void {
  const count = <f64>n;
  let center: f64 = 0, squares: f64;
  if (centered) {
    sums(x, n);
    center = load<f64>(SUMS) / count;
    squares = reduced(count);
    if (squares < load<f64>(SUMS, 8) * 0.0009765625) {
      moments(x, n, center);
      center += load<f64>(SUMS) / count;
      squares = reduced(count);
    }
  } else squares = power(x, n);
  measure(measures, center, 0, sum ? squares : squares / count, bound, epsilon);
}

/** n·var of the sums of a pass; never below 0, where rounding may take it. */
function reduced(n: f64): f64 {
  const sum = load<f64>(SUMS), squares = load<f64>(SUMS, 8);
  return max<f64>(0, squares - (sum * sum) / n);
}

/**
 * y ← x̂ · γ + β for rows of n, with x̂ = (x − x̄) / N; γ and β may be at 0, which leaves them out. `centered`: whether
 * x̄ is taken off, or is 0; `sum`: whether N is of the sum of the squares, or of their mean; `bound`: see measure.
 * Always 0, the count of rows left undone.
 *
 * x̄ is split into two float32, hi + lo. Where x is near hi, x − hi is exact, so that only differences are rounded.
 *
 * A row is measured before the last one is written: the root and the quotients of a row, one of which waits for the
 * other, are found while the sums of the next are taken.
 */
export function normalizeRows32(
  x: usize, gamma: usize, beta: usize, y: usize, measures: usize, rows: i32, n: i32,
  centered: bool, sum: bool, bound: i32, epsilon: f64,
): i32 {
  const bytes = <usize>n << 2;
  if (rows > 0) measureRow(x, n, measures, centered, sum, bound, epsilon);
  for (let left = rows; left > 0; left--, x += bytes, y += bytes, measures += MEASURES) {
    const center = centerOf(measures), root = rootOf(measures), inverse = 1 / root;
    const hi = <f32>center, lo = <f32>(center - <f64>hi), r = <f32>inverse;
    if (left > 1) measureRow(x + bytes, n, measures + MEASURES, centered, sum, bound, epsilon);
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

// Normalization of rows of float32, forward: one pass for the statistics, then one that writes.
import { MEASURES, center as centerOf, measure, root as rootOf } from './measures';
import { exactPower, moments, peak, power, squares, sum, sums } from './sums32';
import { madd32 } from './vectors';

/** x̂ · γ + β of a vector. */
@inline function made(
  x: v128, gamma: v128, beta: v128, center: v128, r: v128, centered: bool, gained: bool, shifted: bool,
): v128 {
  const v = f32x4.mul(centered ? f32x4.sub(x, center) : x, r);
  if (gained && shifted) return madd32(v, gamma, beta);
  if (gained) return f32x4.mul(v, gamma);
  return shifted ? f32x4.add(v, beta) : v;
}

/**
 * y ← (x − center) · r · γ + β, where γ and β may be missing. Four vectors at a time: the addresses of four arrays
 * take as long as the sums.
 */
@inline function write(
  x: usize, gamma: usize, beta: usize, y: usize, n: i32, center: f32, r: f32,
  centered: bool, gained: bool, shifted: bool,
): void {
  const fours = <usize>(n & ~15) << 2, whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2;
  const c = f32x4.splat(center), s = f32x4.splat(r);
  let j: usize = 0;
  for (; j < fours; j += 64) {
    const at = x + j, to = y + j, g = gamma + j, b = beta + j;
    const g0 = gained ? v128.load(g) : s, g1 = gained ? v128.load(g, 16) : s;
    const g2 = gained ? v128.load(g, 32) : s, g3 = gained ? v128.load(g, 48) : s;
    const b0 = shifted ? v128.load(b) : s, b1 = shifted ? v128.load(b, 16) : s;
    const b2 = shifted ? v128.load(b, 32) : s, b3 = shifted ? v128.load(b, 48) : s;
    v128.store(to, made(v128.load(at), g0, b0, c, s, centered, gained, shifted));
    v128.store(to, made(v128.load(at, 16), g1, b1, c, s, centered, gained, shifted), 16);
    v128.store(to, made(v128.load(at, 32), g2, b2, c, s, centered, gained, shifted), 32);
    v128.store(to, made(v128.load(at, 48), g3, b3, c, s, centered, gained, shifted), 48);
  }
  for (; j < whole; j += 16) {
    const g = gained ? v128.load(gamma + j) : s, b = shifted ? v128.load(beta + j) : s;
    v128.store(y + j, made(v128.load(x + j), g, b, c, s, centered, gained, shifted));
  }
  // The rest is computed as the vectors are, so that all numbers of a row are rounded alike.
  for (; j < bytes; j += 4) {
    const g = gained ? v128.load32_splat(gamma + j) : s, b = shifted ? v128.load32_splat(beta + j) : s;
    const v = made(v128.load32_splat(x + j), g, b, c, s, centered, gained, shifted);
    store<f32>(y + j, f32x4.extract_lane(v, 0));
  }
}

function writeCentered(x: usize, y: usize, n: i32, center: f32, r: f32): void {
  write(x, 0, 0, y, n, center, r, true, false, false);
}
function writeCenteredGained(x: usize, gamma: usize, y: usize, n: i32, center: f32, r: f32): void {
  write(x, gamma, 0, y, n, center, r, true, true, false);
}
function writeCenteredShifted(x: usize, beta: usize, y: usize, n: i32, center: f32, r: f32): void {
  write(x, 0, beta, y, n, center, r, true, false, true);
}
function writeCenteredBoth(
  x: usize, gamma: usize, beta: usize, y: usize, n: i32, center: f32, r: f32,
): void {
  write(x, gamma, beta, y, n, center, r, true, true, true);
}
function writePlain(x: usize, y: usize, n: i32, r: f32): void {
  write(x, 0, 0, y, n, 0, r, false, false, false);
}
function writeGained(x: usize, gamma: usize, y: usize, n: i32, r: f32): void {
  write(x, gamma, 0, y, n, 0, r, false, true, false);
}
function writeShifted(x: usize, beta: usize, y: usize, n: i32, r: f32): void {
  write(x, 0, beta, y, n, 0, r, false, false, true);
}
function writeBoth(x: usize, gamma: usize, beta: usize, y: usize, n: i32, r: f32): void {
  write(x, gamma, beta, y, n, 0, r, false, true, true);
}

/** y ← x − center. */
export function less(x: usize, center: f32, y: usize, n: i32): void {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2, c = f32x4.splat(center);
  let j: usize = 0;
  for (; j < whole; j += 16) v128.store(y + j, f32x4.sub(v128.load(x + j), c));
  for (; j < bytes; j += 4) store<f32>(y + j, load<f32>(x + j) - center);
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
 * digits: a number below the smallest normal one counts for less than 2⁻¹²⁶ · 2¹⁰⁰ relative to numbers near 1.
 */
export function safe(v: f64): bool {
  return abs<f64>(v) > 7.888609052210118e-31 && abs<f64>(v) < 1.2676506002282294e30;
}

/**
 * Returns the mean of a row, and writes n·var or Σx². One pass of x and x² is enough if the mean is no larger
 * than the deviation: then n·var = Σx² − (Σx)²/n cancels one bit, and the mean is rounded to float32, to half a bit of
 * the deviation. Otherwise the row is passed over again with d = x − x̄ in the place of x. A sum that no single square
 * may exceed is `exact`, so that no |x̂| is above 1.
 */
function statistics(x: usize, n: i32, centered: bool, exact: bool): f64 {
  if (!centered) {
    if (exact) exactPower(x, n);
    else power(x, n);
    total = squares();
    return 0;
  }
  const count = <f64>n;
  sums(x, n);
  const mean = sum() / count;
  total = squares() - sum() * mean;
  const shift = <f32>mean;
  if (mean * mean * count <= total) return <f64>shift;
  moments(x, n, shift);
  const off = sum() / count;
  total = squares() - sum() * off;
  return <f64>shift + off;
}

/** n·var or Σx² of the last row. */
let total: f64 = 0;

/** Writes the measures of a row. If its squares may have left the range of float32, it is scaled into y first. */
function measureRow(
  x: usize, y: usize, n: i32, measures: usize, centered: bool, ofSum: bool, bound: i32, epsilon: f64,
): void {
  const count = <f64>n;
  let center = statistics(x, n, centered, ofSum);
  // Whether squares of n float32 with this sum neither overflowed nor lost digits that count.
  if (!(total > 1e-27 * count && total < 1e38)) {
    const most = peak(x, n);
    // A row that is not finite, or all 0, has no scale.
    if (most > 0 && most < Infinity) {
      const size = powerOf(<f64>most);
      scale(x, y, n, 1 / size);
      center = statistics(y, n, centered, ofSum) * size;
      total = max<f64>(0, total) * size * size;
    }
  }
  measure(measures, center, 0, ofSum ? total : total / count, bound, epsilon);
}

/** The largest power of two that is no larger than a positive normal number. */
export function powerOf(v: f64): f64 {
  return reinterpret<f64>(reinterpret<u64>(v) & 0x7ff0000000000000);
}

/** y ← x·factor for a power of two, which may be too large or too small for float32. */
export function scale(x: usize, y: usize, n: i32, factor: f64): void {
  for (let j: usize = 0, bytes = <usize>n << 2; j < bytes; j += 4) {
    store<f32>(y + j, <f32>(<f64>load<f32>(x + j) * factor));
  }
}

/**
 * y ← x̂ · γ + β for rows of n, with x̂ = (x − x̄) / N; γ and β may be at 0, which leaves them out. `centered`: whether
 * x̄ is subtracted; `ofSum`: whether N is of the sum of the squares, or of their mean; `bound`: see measureOf. y must be no
 * part of x. Returns 0: no row of float32 is far. A negative `bound` takes the measures as they are.
 *
 * x̄ is split into two float32, hi + lo. If x is near hi, x − hi is exact, so that only differences are rounded. lo is 0 in
 * most rows; in others x − hi is written first, and lo subtracted from that.
 *
 * A row is measured before the last one is written: the root and the quotients of a row, one of which waits for the
 * other, are found while the sums of the next are taken.
 */
export function normalizeRows32(
  x: usize, gamma: usize, beta: usize, y: usize, measures: usize, rows: i32, n: i32,
  centered: bool, ofSum: bool, bound: i32, epsilon: f64,
): i32 {
  const bytes = <usize>n << 2;
  if (rows > 0 && bound >= 0) measureRow(x, y, n, measures, centered, ofSum, bound, epsilon);
  for (let left = rows; left > 0; left--, x += bytes, y += bytes, measures += MEASURES) {
    const center = centerOf(measures), root = rootOf(measures), inverse = 1 / root;
    const hi = <f32>center, lo = <f32>(center - <f64>hi), r = <f32>inverse;
    if (left > 1 && bound >= 0) measureRow(x + bytes, y + bytes, n, measures + MEASURES, centered, ofSum, bound, epsilon);
    if (!safe(inverse) || !(abs<f32>(hi) < 1.2676506e30)) {
      writeWide(x, gamma, beta, y, n, center, root);
    } else if (centered) {
      const far = lo != 0, from = far ? y : x, off = far ? lo : hi;
      if (far) less(x, hi, y, n);
      if (gamma) {
        if (beta) writeCenteredBoth(from, gamma, beta, y, n, off, r);
        else writeCenteredGained(from, gamma, y, n, off, r);
      } else if (beta) writeCenteredShifted(from, beta, y, n, off, r);
      else writeCentered(from, y, n, off, r);
    } else if (gamma) {
      if (beta) writeBoth(x, gamma, beta, y, n, r);
      else writeGained(x, gamma, y, n, r);
    } else if (beta) writeShifted(x, beta, y, n, r);
    else writePlain(x, y, n, r);
  }
  return 0;
}

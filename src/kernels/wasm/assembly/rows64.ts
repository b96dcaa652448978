// Normalization of rows of float64, forward: two passes of statistics, then one that writes.
import { MEASURES, markFar, measure, squared } from './measures';
import { total64 } from './vectors';

/** Two sums that a loop hands back. */
const SUMS: usize = memory.data(16);

/** Below this the squares of a row may have vanished, above the next they may soon overflow. */
const LEAST: f64 = 1e-270;
const MOST: f64 = 1e300;

/** Σd and Σd² for d = x − shift. */
function moments(x: usize, n: i32, shift: f64): void {
  const whole = <usize>(n & ~3) << 3, bytes = <usize>n << 3, s = f64x2.splat(shift);
  let a = f64x2.splat(0), b = f64x2.splat(0), p = f64x2.splat(0), q = f64x2.splat(0);
  let j: usize = 0;
  for (; j < whole; j += 32) {
    const d = f64x2.sub(v128.load(x + j), s), e = f64x2.sub(v128.load(x + j, 16), s);
    a = f64x2.add(a, d);
    b = f64x2.add(b, e);
    p = f64x2.add(p, f64x2.mul(d, d));
    q = f64x2.add(q, f64x2.mul(e, e));
  }
  let sum = total64(f64x2.add(a, b)), squares = total64(f64x2.add(p, q));
  for (; j < bytes; j += 8) {
    const d = load<f64>(x + j) - shift;
    sum += d;
    squares += d * d;
  }
  store<f64>(SUMS, sum);
  store<f64>(SUMS, squares, 8);
}

/** y ← ((x − center) − rest) / N · γ + β, where γ and β may be missing. */
@inline function write(
  x: usize, gamma: usize, beta: usize, y: usize, n: i32, center: f64, rest: f64, root: f64,
  gained: bool, shifted: bool,
): void {
  const whole = <usize>(n & ~1) << 3, bytes = <usize>n << 3;
  const c = f64x2.splat(center), l = f64x2.splat(rest), s = f64x2.splat(root);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    let v = f64x2.div(f64x2.sub(f64x2.sub(v128.load(x + j), c), l), s);
    if (gained) v = f64x2.mul(v, v128.load(gamma + j));
    if (shifted) v = f64x2.add(v, v128.load(beta + j));
    v128.store(y + j, v);
  }
  if (j < bytes) {
    let v = (load<f64>(x + j) - center - rest) / root;
    if (gained) v *= load<f64>(gamma + j);
    if (shifted) v += load<f64>(beta + j);
    store<f64>(y + j, v);
  }
}

function writePlain(x: usize, y: usize, n: i32, center: f64, rest: f64, root: f64): void {
  write(x, 0, 0, y, n, center, rest, root, false, false);
}
function writeGained(x: usize, gamma: usize, y: usize, n: i32, center: f64, rest: f64, root: f64): void {
  write(x, gamma, 0, y, n, center, rest, root, true, false);
}
function writeShifted(x: usize, beta: usize, y: usize, n: i32, center: f64, rest: f64, root: f64): void {
  write(x, 0, beta, y, n, center, rest, root, false, true);
}
function writeBoth(
  x: usize, gamma: usize, beta: usize, y: usize, n: i32, center: f64, rest: f64, root: f64,
): void {
  write(x, gamma, beta, y, n, center, rest, root, true, true);
}

/**
 * normalizeRows32 in float64, where the statistics need more care. The mean is subtracted in two steps, as center and
 * rest: center is x₀ + Σ(x − x₀)/n rounded, and rest the mean of x − center. The second pass sums the squares as well:
 * n·var = Σd² − (Σd)²/n with d = x − center, in which almost nothing cancels. A constant row has d = 0 in both passes.
 *
 * Rows whose squares may have left the range of float64, and rows with a NaN or an infinity, are far: they are marked in
 * the measures, their y is not written, and their count is returned.
 */
export function normalizeRows64(
  x: usize, gamma: usize, beta: usize, y: usize, measures: usize, rows: i32, n: i32,
  centered: bool, sum: bool, bound: i32, epsilon: f64,
): i32 {
  const bytes = <usize>n << 3, count = <f64>n, others = squared(bound, epsilon);
  let far: i32 = 0;
  for (let i: i32 = 0; i < rows; i++, x += bytes, y += bytes, measures += MEASURES) {
    let center: f64 = 0, rest: f64 = 0;
    if (centered) {
      const first = load<f64>(x);
      moments(x, n, first);
      center = first + load<f64>(SUMS) / count;
    }
    moments(x, n, center);
    let squares = load<f64>(SUMS, 8);
    if (centered) {
      const off = load<f64>(SUMS);
      rest = off / count;
      squares = max<f64>(0, squares - off * rest);
    }
    const size = sum ? squares : squares / count;
    const root = measure(measures, center, rest, size, bound, epsilon);
    if (!(size + others > LEAST && squares < MOST)) {
      markFar(measures, 8);
      far++;
      continue;
    }
    if (gamma) {
      if (beta) writeBoth(x, gamma, beta, y, n, center, rest, root);
      else writeGained(x, gamma, y, n, center, rest, root);
    } else if (beta) writeShifted(x, beta, y, n, center, rest, root);
    else writePlain(x, y, n, center, rest, root);
  }
  return far;
}

// Normalization of columns of float32, forward: in data of outer × n × inner, a group is n numbers that are inner
// apart. Neighbouring groups are computed in the lanes of one vector; nothing is transposed.
import { moments, nearMeans, powers as powersOf } from './columns32-sums';
import { measureOf, rootOf } from './measures';
import { powerOf, safe } from './rows32';
import { madd32 } from './vectors';

/**
 * Four rows at a time take a third less, since the values of the columns are read once, unless blocks are larger than this:
 * then four streams wait for the memory, while one would be fetched ahead.
 */
export const LARGE: usize = 1 << 23;

@inline function made(x: usize, hi: v128, s: v128, t: v128): v128 {
  return madd32(f32x4.sub(v128.load(x), hi), s, t);
}

/** y ← (x − hi) · s + t, with these three for every column: one row. */
function write(x: usize, y: usize, inner: i32, his: usize, ss: usize, ts: usize): void {
  const fours = <usize>(inner & ~15) << 2, bytes = <usize>inner << 2;
  let j: usize = 0;
  for (; j < fours; j += 64) {
    const from = x + j, to = y + j, h = his + j, s = ss + j, t = ts + j;
    v128.store(to, madd32(f32x4.sub(v128.load(from), v128.load(h)), v128.load(s), v128.load(t)));
    v128.store(to, madd32(f32x4.sub(v128.load(from, 16), v128.load(h, 16)), v128.load(s, 16), v128.load(t, 16)), 16);
    v128.store(to, madd32(f32x4.sub(v128.load(from, 32), v128.load(h, 32)), v128.load(s, 32), v128.load(t, 32)), 32);
    v128.store(to, madd32(f32x4.sub(v128.load(from, 48), v128.load(h, 48)), v128.load(s, 48), v128.load(t, 48)), 48);
  }
  for (; j < bytes; j += 4) {
    const d = f32x4.sub(v128.load32_splat(x + j), v128.load32_splat(his + j));
    store<f32>(y + j, f32x4.extract_lane(madd32(d, v128.load32_splat(ss + j), v128.load32_splat(ts + j)), 0));
  }
}

/** The same of four rows, whole vectors alone. */
function write4(x: usize, y: usize, inner: i32, his: usize, ss: usize, ts: usize): void {
  const step = <usize>inner << 2, whole = step & ~15, ahead = y - x;
  for (let j: usize = 0; j < whole; j += 16) {
    const h = v128.load(his + j), s = v128.load(ss + j), t = v128.load(ts + j);
    let at = x + j;
    v128.store(at + ahead, made(at, h, s, t));
    at += step;
    v128.store(at + ahead, made(at, h, s, t));
    at += step;
    v128.store(at + ahead, made(at, h, s, t));
    at += step;
    v128.store(at + ahead, made(at, h, s, t));
  }
}

function writeAll(x: usize, y: usize, n: i32, inner: i32, his: usize, ss: usize, ts: usize): void {
  const step = <usize>inner << 2, whole = step & ~15, all = <usize>n * step;
  const fours = all <= LARGE ? all - all % (4 * step) : 0;
  for (let i: usize = 0; i < fours; i += 4 * step) write4(x + i, y + i, inner, his, ss, ts);
  for (let i: usize = 0; i < all; i += step) {
    const from = i < fours ? whole : 0, at = i + from;
    if (from < step) write(x + at, y + at, <i32>(step - from) >> 2, his + from, ss + from, ts + from);
  }
}

/** One column in float64, if intermediate results would leave the range of float32. */
function writeWide(x: usize, y: usize, n: i32, step: usize, center: f64, root: f64, gamma: usize, beta: usize): void {
  for (let i: i32 = 0; i < n; i++, x += step, y += step) {
    let v = (<f64>load<f32>(x) - center) / root;
    if (gamma) v *= <f64>load<f32>(gamma);
    if (beta) v += <f64>load<f32>(beta);
    store<f32>(y, <f32>v);
  }
}

/** Whether r, r·γ and x̄ leave the formula of float32 its digits. */
@inline export function narrow(inverse: f64, factor: f64, center: f64): bool {
  return safe(inverse) && (factor == 0 || safe(factor)) && abs<f64>(center) < 1.2676506e30;
}

/**
 * The means of columns, and n·var or Σx² of each. One pass of d = x − shift is enough if the shift is within two
 * deviations of the mean, as the mean of eight numbers nearly always is: then n·var = Σd² − (Σd)²/n cancels two bits.
 * If one column is farther off, a second pass takes the means for shifts. If no mean is subtracted, a
 * sum is one that no single square may exceed, and is in float64, so that no |x̂| is above 1.
 */
function statistics(
  x: usize, n: i32, inner: i32, centers: usize, powers: usize, sums: usize, shifts: usize, centered: bool,
): void {
  const step = <usize>inner << 2;
  if (!centered) {
    memory.fill(centers, 0, 2 * step);
    powersOf(x, n, step, powers);
    return;
  }
  nearMeans(x, n, step, shifts);
  moments(x, n, step, shifts, sums, powers);
  if (!finish(centers, shifts, sums, powers, inner, <f64>n)) {
    for (let j: usize = 0; j < step; j += 4) store<f32>(shifts + j, <f32>load<f64>(centers + j + j));
    moments(x, n, step, shifts, sums, powers);
    finish(centers, shifts, sums, powers, inner, <f64>n);
  }
}

/** Computes means, and n·var from Σd²; false if some shift was more than two deviations away from the mean. */
function finish(centers: usize, shifts: usize, sums: usize, squares: usize, inner: i32, n: f64): bool {
  let near = true;
  for (let j: usize = 0, step = <usize>inner << 2; j < step; j += 4) {
    const at = j + j, total = load<f64>(sums + at), off = total / n;
    const left = max<f64>(0, load<f64>(squares + at) - total * off);
    store<f64>(centers + at, <f64>load<f32>(shifts + j) + off);
    store<f64>(squares + at, left);
    if (off * off * n > 4 * left) near = false;
  }
  return near;
}

/**
 * The divisors of the columns for which no square leaves the range of float32, each a power of two; false if all are 1. A
 * constant column has no squares, and a column that is not finite has no scale.
 */
function findSizes(x: usize, n: i32, inner: i32, powers: usize, sizes: usize, centered: bool): bool {
  const step = <usize>inner << 2, count = <f64>n;
  let any = false;
  for (let j: usize = 0; j < step; j += 4) {
    const power = load<f64>(powers + j + j), first = load<f32>(x + j);
    let size: f64 = 1;
    if (!(power > 1e-27 * count && power < 1e38)) {
      let most: f32 = 0, same = true;
      for (let i: i32 = 0, at = x + j; i < n; i++, at += step) {
        const v = load<f32>(at);
        most = max<f32>(most, abs<f32>(v));
        if (v != first) same = false;
      }
      if (most > 0 && most < Infinity && !(centered && same)) {
        size = powerOf(<f64>most);
        any = true;
      }
    }
    store<f64>(sizes + j + j, size);
  }
  return any;
}

/** The same statistics of columns divided by their sizes, which are laid into y; and multiplied by them again. */
function scaledStatistics(
  x: usize, y: usize, n: i32, inner: i32, centers: usize, powers: usize, sums: usize, shifts: usize, sizes: usize,
  centered: bool,
): void {
  const step = <usize>inner << 2, all = <usize>n * step;
  for (let i: usize = 0; i < all; i += step) {
    for (let j: usize = 0; j < step; j += 4) {
      store<f32>(y + i + j, <f32>(<f64>load<f32>(x + i + j) / load<f64>(sizes + j + j)));
    }
  }
  statistics(y, n, inner, centers, powers, sums, shifts, centered);
  for (let at: usize = 0; at < 2 * step; at += 8) {
    const size = load<f64>(sizes + at);
    store<f64>(centers + at, load<f64>(centers + at) * size);
    store<f64>(powers + at, load<f64>(powers + at) * size * size);
  }
}

/** The bytes of work space for columns of either dtype, forward and backward. */
export function columnsWork(inner: i32): f64 {
  return 48 * <f64>inner;
}

/**
 * y ← x̂ · γ + β for the columns of outer blocks of n × inner; γ and β hold one number a column of a block, or are at 0.
 * Statistics, and all else, are as in normalizeRows32. The measures are seven runs of outer · inner float64, in the
 * order of those of a row. y must be no part of x.
 */
export function normalizeColumns32(
  x: usize, gamma: usize, beta: usize, y: usize, measures: usize, work: usize, outer: i32, n: i32, inner: i32,
  centered: bool, sum: bool, bound: i32, epsilon: f64,
): i32 {
  const run = <usize>outer * <usize>inner << 3, step = <usize>inner << 2, count = <f64>n;
  const ss = work + step, ts = ss + step;
  for (let o: i32 = 0; o < outer; o++) {
    const centers = measures + (<usize>o * <usize>inner << 3), powers = centers + run, sums = centers + 4 * run;
    statistics(x, n, inner, centers, powers, sums, work, centered);
    if (findSizes(x, n, inner, powers, ss, centered)) {
      scaledStatistics(x, y, n, inner, centers, powers, sums, work, ss, centered);
    }
    let unsafe: i32 = 0;
    for (let j: i32 = 0; j < inner; j++) {
      const at = <usize>j << 2, group = centers + at + at;
      const center = load<f64>(group), squares = load<f64>(group + run);
      const root = measureOf(group, run, center, 0, sum ? squares : squares / count, bound, epsilon);
      const inverse = 1 / root, factor = gamma ? inverse * <f64>load<f32>(gamma + at) : inverse;
      const hi = <f32>center, lo = center - <f64>hi, shift = beta ? <f64>load<f32>(beta + at) : -0.0;
      store<f32>(work + at, hi);
      store<f32>(ss + at, <f32>factor);
      // t holds the difference of x − hi and x − x̄. −0 added to any number changes nothing.
      store<f32>(ts + at, <f32>(lo == 0 ? shift : shift - lo * factor));
      if (!narrow(inverse, factor, center)) unsafe++;
    }
    writeAll(x, y, n, inner, work, ss, ts);
    for (let j: i32 = 0; unsafe > 0 && j < inner; j++) {
      const at = <usize>j << 2, group = centers + at + at, center = load<f64>(group), root = rootOf(group, run);
      const inverse = 1 / root, factor = gamma ? inverse * <f64>load<f32>(gamma + at) : inverse;
      if (narrow(inverse, factor, center)) continue;
      writeWide(x + at, y + at, n, step, center, root, gamma ? gamma + at : 0, beta ? beta + at : 0);
      unsafe--;
    }
    x += <usize>n * step;
    y += <usize>n * step;
  }
  return 0;
}

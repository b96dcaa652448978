// Normalization of columns of float32, forward: in data of outer × n × inner, a group is the n numbers that lie inner
// apart. Groups beside each other are computed in the lanes of one vector; nothing is transposed.
import { measureOf, rootOf } from './measures';
import { safe } from './rows32';
import { high, low } from './vectors';

/** So many rows are passed over before sums are put back. */
const BLOCK: i32 = 4;

/** Σx and Σx² of four rows added to those of the columns, whole vectors alone. A loop of four turns would take longer. */
function sums4(x: usize, step: usize, inner: i32, sums: usize, squares: usize): void {
  const whole = <usize>(inner & ~3) << 2;
  for (let j: usize = 0; j < whole; j += 16) {
    const at = j + j, first = x + j, second = first + step, third = second + step;
    let v = v128.load(first), d = low(v), e = high(v);
    let a = f64x2.add(v128.load(sums + at), d), b = f64x2.add(v128.load(sums + at, 16), e);
    let p = f64x2.add(v128.load(squares + at), f64x2.mul(d, d));
    let q = f64x2.add(v128.load(squares + at, 16), f64x2.mul(e, e));
    v = v128.load(second);
    d = low(v);
    e = high(v);
    a = f64x2.add(a, d);
    b = f64x2.add(b, e);
    p = f64x2.add(p, f64x2.mul(d, d));
    q = f64x2.add(q, f64x2.mul(e, e));
    v = v128.load(third);
    d = low(v);
    e = high(v);
    a = f64x2.add(a, d);
    b = f64x2.add(b, e);
    p = f64x2.add(p, f64x2.mul(d, d));
    q = f64x2.add(q, f64x2.mul(e, e));
    v = v128.load(third + step);
    d = low(v);
    e = high(v);
    v128.store(sums + at, f64x2.add(a, d));
    v128.store(sums + at, f64x2.add(b, e), 16);
    v128.store(squares + at, f64x2.add(p, f64x2.mul(d, d)));
    v128.store(squares + at, f64x2.add(q, f64x2.mul(e, e)), 16);
  }
}

/** Σd and Σd² of some rows for d = x − shift, in the same order, from the column on whose bytes start at `j`. */
function moments(
  x: usize, step: usize, rows: i32, inner: i32, shift: usize, sums: usize, squares: usize, j: usize,
): void {
  const whole = <usize>(inner & ~3) << 2, bytes = <usize>inner << 2;
  for (; j < whole; j += 16) {
    const at = j + j, s = v128.load(shift + at), t = v128.load(shift + at, 16);
    let a = v128.load(sums + at), b = v128.load(sums + at, 16);
    let p = v128.load(squares + at), q = v128.load(squares + at, 16);
    for (let r = rows, from = x + j; r > 0; r--, from += step) {
      const v = v128.load(from), d = f64x2.sub(low(v), s), e = f64x2.sub(high(v), t);
      a = f64x2.add(a, d);
      b = f64x2.add(b, e);
      p = f64x2.add(p, f64x2.mul(d, d));
      q = f64x2.add(q, f64x2.mul(e, e));
    }
    v128.store(sums + at, a);
    v128.store(sums + at, b, 16);
    v128.store(squares + at, p);
    v128.store(squares + at, q, 16);
  }
  for (; j < bytes; j += 4) {
    const at = j + j, s = load<f64>(shift + at);
    let a = load<f64>(sums + at), p = load<f64>(squares + at);
    for (let r = rows, from = x + j; r > 0; r--, from += step) {
      const d = <f64>load<f32>(from) - s;
      a += d;
      p += d * d;
    }
    store<f64>(sums + at, a);
    store<f64>(squares + at, p);
  }
}

/** Σd and Σd² of all rows; `near`: the shifts are 0, and need not be taken off. */
function allMoments(x: usize, n: i32, inner: i32, shift: usize, sums: usize, squares: usize, near: bool): void {
  const step = <usize>inner << 2, wide = <usize>inner << 3, whole = <usize>(inner & ~3) << 2;
  memory.fill(sums, 0, wide);
  memory.fill(squares, 0, wide);
  for (let i: i32 = 0; i < n; i += BLOCK) {
    const from = x + <usize>i * step;
    let j: usize = 0;
    if (near && n - i >= BLOCK) {
      sums4(from, step, inner, sums, squares);
      j = whole;
    }
    if (j < step) moments(from, step, min(BLOCK, n - i), inner, shift, sums, squares, j);
  }
}

/** y ← (x − hi) · s + t, with these three for every column. Four vectors at a time: there are five addresses. */
function write(x: usize, y: usize, inner: i32, his: usize, ss: usize, ts: usize): void {
  const fours = <usize>(inner & ~15) << 2, whole = <usize>(inner & ~3) << 2, bytes = <usize>inner << 2;
  let j: usize = 0;
  for (; j < fours; j += 64) {
    const from = x + j, to = y + j, h = his + j, s = ss + j, t = ts + j;
    const a = f32x4.mul(f32x4.sub(v128.load(from), v128.load(h)), v128.load(s));
    v128.store(to, f32x4.add(a, v128.load(t)));
    const b = f32x4.mul(f32x4.sub(v128.load(from, 16), v128.load(h, 16)), v128.load(s, 16));
    v128.store(to, f32x4.add(b, v128.load(t, 16)), 16);
    const c = f32x4.mul(f32x4.sub(v128.load(from, 32), v128.load(h, 32)), v128.load(s, 32));
    v128.store(to, f32x4.add(c, v128.load(t, 32)), 32);
    const d = f32x4.mul(f32x4.sub(v128.load(from, 48), v128.load(h, 48)), v128.load(s, 48));
    v128.store(to, f32x4.add(d, v128.load(t, 48)), 48);
  }
  for (; j < whole; j += 16) {
    const d = f32x4.mul(f32x4.sub(v128.load(x + j), v128.load(his + j)), v128.load(ss + j));
    v128.store(y + j, f32x4.add(d, v128.load(ts + j)));
  }
  for (; j < bytes; j += 4) {
    store<f32>(y + j, (load<f32>(x + j) - load<f32>(his + j)) * load<f32>(ss + j) + load<f32>(ts + j));
  }
}

/** One column in float64, where its numbers would leave the range of float32 on the way. */
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
 * y ← x̂ · γ + β for the columns of outer blocks of n × inner; γ and β hold one number a column of a block, or are at 0.
 * Statistics, and all else, are as in normalizeRows32. The measures are five runs of outer · inner float64, in the order
 * of the five of a row. `work` is room for 12 · inner bytes. y must be no part of x.
 */
export function normalizeColumns32(
  x: usize, gamma: usize, beta: usize, y: usize, measures: usize, work: usize, outer: i32, n: i32, inner: i32,
  centered: bool, sum: bool, bound: i32, epsilon: f64,
): i32 {
  const run = <usize>outer * <usize>inner << 3, step = <usize>inner << 2, count = <f64>n;
  const ss = work + step, ts = ss + step;
  for (let o: i32 = 0; o < outer; o++) {
    const centers = measures + (<usize>o * <usize>inner << 3), powers = centers + run, sums = centers + 4 * run;
    memory.fill(centers, 0, <usize>inner << 3);
    allMoments(x, n, inner, centers, sums, powers, true);
    if (centered && finish(centers, sums, powers, inner, count)) {
      allMoments(x, n, inner, centers, sums, powers, false);
      finish(centers, sums, powers, inner, count);
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
      // What x − hi lacks of x − x̄ is in t. −0 is what adds nothing to any number.
      store<f32>(ts + at, <f32>(lo == 0 ? shift : shift - lo * factor));
      if (!narrow(inverse, factor, center)) unsafe++;
    }
    for (let i: i32 = 0; i < n; i++) {
      write(x + <usize>i * step, y + <usize>i * step, inner, work, ss, ts);
    }
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

/** Makes means of shifts and n·var of squares; true where some column lost more than ten bits. */
function finish(centers: usize, sums: usize, squares: usize, inner: i32, n: f64): bool {
  let lost = false;
  for (let at: usize = 0, wide = <usize>inner << 3; at < wide; at += 8) {
    const total = load<f64>(sums + at), all = load<f64>(squares + at);
    const left = max<f64>(0, all - (total * total) / n);
    store<f64>(centers + at, load<f64>(centers + at) + total / n);
    store<f64>(squares + at, left);
    if (left < all * 0.0009765625) lost = true;
  }
  return lost;
}

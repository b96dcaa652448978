// The sums of columns of float32 and of their squares. Eight rows are added in float32 before they are added to float64.
import { high, low } from './vectors';

/** So many rows are added in float32. */
const BLOCK: i32 = 8;

@inline function read(x: usize, alone: bool): v128 {
  return alone ? v128.load32_splat(x) : v128.load(x);
}

/** Adds four float32 to four float64, or one to one. */
@inline function addTo(sums: usize, v: v128, alone: bool): void {
  if (alone) {
    store<f64>(sums, load<f64>(sums) + <f64>f32x4.extract_lane(v, 0));
  } else {
    v128.store(sums, f64x2.add(v128.load(sums), low(v)));
    v128.store(sums, f64x2.add(v128.load(sums, 16), high(v)), 16);
  }
}

/** Adds Σd and Σd² of eight rows, for d = x − shift, to those of four columns, or of one. */
@inline function add8(x: usize, step: usize, shift: usize, sums: usize, squares: usize, alone: bool): void {
  const s = read(shift, alone);
  let d = f32x4.sub(read(x, alone), s), a = d, p = f32x4.mul(d, d);
  x += step;
  d = f32x4.sub(read(x, alone), s);
  a = f32x4.add(a, d);
  p = f32x4.add(p, f32x4.mul(d, d));
  x += step;
  d = f32x4.sub(read(x, alone), s);
  a = f32x4.add(a, d);
  p = f32x4.add(p, f32x4.mul(d, d));
  x += step;
  d = f32x4.sub(read(x, alone), s);
  a = f32x4.add(a, d);
  p = f32x4.add(p, f32x4.mul(d, d));
  x += step;
  d = f32x4.sub(read(x, alone), s);
  a = f32x4.add(a, d);
  p = f32x4.add(p, f32x4.mul(d, d));
  x += step;
  d = f32x4.sub(read(x, alone), s);
  a = f32x4.add(a, d);
  p = f32x4.add(p, f32x4.mul(d, d));
  x += step;
  d = f32x4.sub(read(x, alone), s);
  a = f32x4.add(a, d);
  p = f32x4.add(p, f32x4.mul(d, d));
  x += step;
  d = f32x4.sub(read(x, alone), s);
  a = f32x4.add(a, d);
  p = f32x4.add(p, f32x4.mul(d, d));
  addTo(sums, a, alone);
  addTo(squares, p, alone);
}

/** The same of any rows in float64, which holds each difference and its square. */
@inline function addWide(
  x: usize, step: usize, rows: i32, shift: usize, sums: usize, squares: usize, alone: bool,
): void {
  const s = read(shift, alone), t = low(s), u = high(s);
  let a = alone ? v128.load64_zero(sums) : v128.load(sums), p = alone ? v128.load64_zero(squares) : v128.load(squares);
  let b = alone ? a : v128.load(sums, 16), q = alone ? p : v128.load(squares, 16);
  for (let r = rows; r > 0; r--, x += step) {
    const v = read(x, alone), d = f64x2.sub(low(v), t);
    a = f64x2.add(a, d);
    p = f64x2.add(p, f64x2.mul(d, d));
    if (!alone) {
      const e = f64x2.sub(high(v), u);
      b = f64x2.add(b, e);
      q = f64x2.add(q, f64x2.mul(e, e));
    }
  }
  if (alone) {
    v128.store64_lane(sums, a, 0);
    v128.store64_lane(squares, p, 0);
  } else {
    v128.store(sums, a);
    v128.store(sums, b, 16);
    v128.store(squares, p);
    v128.store(squares, q, 16);
  }
}

function block(x: usize, step: usize, shift: usize, sums: usize, squares: usize): void {
  const whole = step & ~15;
  let j: usize = 0;
  for (; j < whole; j += 16) add8(x + j, step, shift + j, sums + j + j, squares + j + j, false);
  for (; j < step; j += 4) add8(x + j, step, shift + j, sums + j + j, squares + j + j, true);
}

function wide(x: usize, step: usize, rows: i32, shift: usize, sums: usize, squares: usize): void {
  const whole = step & ~15;
  let j: usize = 0;
  for (; j < whole; j += 16) addWide(x + j, step, rows, shift + j, sums + j + j, squares + j + j, false);
  for (; j < step; j += 4) addWide(x + j, step, rows, shift + j, sums + j + j, squares + j + j, true);
}

/** Σd and Σd² of the columns of n rows that lie `step` bytes apart, for d = x − shift. */
export function moments(x: usize, n: i32, step: usize, shift: usize, sums: usize, squares: usize): void {
  memory.fill(sums, 0, 2 * step);
  memory.fill(squares, 0, 2 * step);
  let left = n;
  for (; left >= BLOCK; left -= BLOCK, x += BLOCK * step) block(x, step, shift, sums, squares);
  if (left > 0) wide(x, step, left, shift, sums, squares);
}

/** Adds the squares of four rows to sums in float64, whole vectors alone. */
function powers4(x: usize, step: usize, squares: usize): void {
  const whole = step & ~15;
  for (let j: usize = 0; j < whole; j += 16, squares += 32) {
    let at = x + j, v = v128.load(at), a = low(v), b = high(v);
    let p = f64x2.add(v128.load(squares), f64x2.mul(a, a)), q = f64x2.add(v128.load(squares, 16), f64x2.mul(b, b));
    at += step;
    v = v128.load(at);
    a = low(v);
    b = high(v);
    p = f64x2.add(p, f64x2.mul(a, a));
    q = f64x2.add(q, f64x2.mul(b, b));
    at += step;
    v = v128.load(at);
    a = low(v);
    b = high(v);
    p = f64x2.add(p, f64x2.mul(a, a));
    q = f64x2.add(q, f64x2.mul(b, b));
    at += step;
    v = v128.load(at);
    a = low(v);
    b = high(v);
    v128.store(squares, f64x2.add(p, f64x2.mul(a, a)));
    v128.store(squares, f64x2.add(q, f64x2.mul(b, b)), 16);
  }
}

/** Σx² of the columns, all in float64. */
export function powers(x: usize, n: i32, step: usize, squares: usize): void {
  const whole = step & ~15;
  memory.fill(squares, 0, 2 * step);
  for (let i: i32 = 0; i < n; i++, x += step) {
    let from: usize = 0;
    if (i + 4 <= n && !(i & 3)) powers4(x, step, squares);
    if (i < (n & ~3)) from = whole;
    for (let j = from; j < step; j += 4) {
      const v = <f64>load<f32>(x + j), to = squares + j + j;
      store<f64>(to, load<f64>(to) + v * v);
    }
  }
}

/**
 * A number near the mean of each column: the mean of eight numbers, or one of fewer. Of a constant column it is the
 * constant, exactly, since eight of them are added in pairs. Where their sum is past the largest number, eighths are added.
 */
export function nearMeans(x: usize, n: i32, step: usize, shift: usize): void {
  if (n < BLOCK) {
    memory.copy(shift, x, step);
    return;
  }
  for (let j: usize = 0; j < step; j += 4) {
    let mean = sumOf8(x + j, step, 1) * 0.125;
    if (!(abs<f32>(mean) < Infinity)) mean = sumOf8(x + j, step, 0.125);
    store<f32>(shift + j, mean);
  }
}

@inline function sumOf8(x: usize, step: usize, factor: f32): f32 {
  const a = factor * load<f32>(x) + factor * load<f32>(x + step);
  const b = factor * load<f32>(x + 2 * step) + factor * load<f32>(x + 3 * step);
  const c = factor * load<f32>(x + 4 * step) + factor * load<f32>(x + 5 * step);
  const d = factor * load<f32>(x + 6 * step) + factor * load<f32>(x + 7 * step);
  return a + b + (c + d);
}

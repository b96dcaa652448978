// The maximum and minimum of rows, and their backward pass.

/** The larger or smaller in one instruction; the first if they are equal, or if one is NaN. */
@inline function farther<T extends number>(a: v128, b: v128, most: bool): v128 {
  return most ? v128.pmax<T>(a, b) : v128.pmin<T>(a, b);
}

@inline function fartherOne<T extends number>(a: T, b: T, most: bool): T {
  return most ? max<T>(a, b) : min<T>(a, b);
}

/** The largest of n numbers, or the smallest; of none, −∞ or ∞. A NaN wins. */
@inline export function extreme<T extends number>(x: usize, n: i32, most: bool): T {
  const size = sizeof<T>(), bytes = <usize>n * size, whole = bytes & ~31;
  let best: T = most ? <T>-Infinity : <T>Infinity;
  let a = v128.splat<T>(best), b = a, odd = v128.ne<T>(a, a);
  let j: usize = 0;
  for (; j < whole; j += 32) {
    const v = v128.load(x + j), w = v128.load(x + j, 16);
    a = farther<T>(a, v, most);
    b = farther<T>(b, w, most);
    odd = v128.or(odd, v128.or(v128.ne<T>(v, v), v128.ne<T>(w, w)));
  }
  if (v128.any_true(odd)) return <T>NaN;
  a = farther<T>(a, b, most);
  a = farther<T>(a, v128.shuffle<i32>(a, a, 2, 3, 0, 1), most);
  best = v128.extract_lane<T>(a, 0);
  if (size == 4) best = fartherOne<T>(best, v128.extract_lane<T>(a, 1), most);
  for (; j < bytes; j += size) best = fartherOne<T>(best, load<T>(x + j), most);
  return best;
}

export function largest32(x: usize, n: i32): f32 {
  return extreme<f32>(x, n, true);
}

function largest64(x: usize, n: i32): f64 {
  return extreme<f64>(x, n, true);
}

function smallest32(x: usize, n: i32): f32 {
  return extreme<f32>(x, n, false);
}

function smallest64(x: usize, n: i32): f64 {
  return extreme<f64>(x, n, false);
}

/** The largest of every row of n, into float64. */
export function maxRows32(x: usize, out: usize, rows: i32, n: i32): void {
  for (let i: i32 = 0; i < rows; i++, x += <usize>n << 2, out += 8) store<f64>(out, <f64>largest32(x, n));
}

export function maxRows64(x: usize, out: usize, rows: i32, n: i32): void {
  for (let i: i32 = 0; i < rows; i++, x += <usize>n << 3, out += 8) store<f64>(out, <f64>largest64(x, n));
}

/** The smallest of every row of n, into float64. */
export function minRows32(x: usize, out: usize, rows: i32, n: i32): void {
  for (let i: i32 = 0; i < rows; i++, x += <usize>n << 2, out += 8) store<f64>(out, <f64>smallest32(x, n));
}

export function minRows64(x: usize, out: usize, rows: i32, n: i32): void {
  for (let i: i32 = 0; i < rows; i++, x += <usize>n << 3, out += 8) store<f64>(out, <f64>smallest64(x, n));
}

/** The count of n numbers that equal a value; lanes of I are as wide as those of T. */
@inline function count<T extends number, I extends number>(x: usize, n: i32, value: T): i32 {
  const size = sizeof<T>(), bytes = <usize>n * size, whole = bytes & ~15, wanted = v128.splat<T>(value);
  let found = v128.splat<i32>(0);
  let j: usize = 0;
  for (; j < whole; j += 16) found = v128.sub<I>(found, v128.eq<T>(v128.load(x + j), wanted));
  let total = <i32>v128.extract_lane<I>(found, 0) + <i32>v128.extract_lane<I>(found, 1);
  if (size == 4) total += <i32>v128.extract_lane<I>(found, 2) + <i32>v128.extract_lane<I>(found, 3);
  for (; j < bytes; j += size) if (load<T>(x + j) == value) total++;
  return total;
}

/** out ← share if x equals a value, otherwise 0. */
@inline function place<T extends number>(x: usize, out: usize, n: i32, value: T, share: T): void {
  const size = sizeof<T>(), bytes = <usize>n * size, whole = bytes & ~15;
  const wanted = v128.splat<T>(value), shares = v128.splat<T>(share);
  let j: usize = 0;
  for (; j < whole; j += 16) v128.store(out + j, v128.and(shares, v128.eq<T>(v128.load(x + j), wanted)));
  for (; j < bytes; j += size) store<T>(out + j, load<T>(x + j) == value ? share : <T>0);
}

/** The gradient of an extreme of every row, shared among the elements that equal it; NaN if none does. */
@inline function back<T extends number, I extends number>(
  x: usize, extreme: usize, gradient: usize, out: usize, rows: i32, n: i32,
): void {
  const size = sizeof<T>(), bytes = <usize>n * size;
  for (let i: i32 = 0; i < rows; i++, x += bytes, out += bytes, extreme += size, gradient += size) {
    const value = load<T>(extreme), total = count<T, I>(x, n, value);
    if (total) place<T>(x, out, n, value, <T>(<f64>load<T>(gradient) / <f64>total));
    else for (let j: usize = 0; j < bytes; j += size) store<T>(out + j, <T>NaN);
  }
}

export function extremeRowsBack32(
  x: usize, extreme: usize, gradient: usize, out: usize, rows: i32, n: i32,
): void {
  back<f32, i32>(x, extreme, gradient, out, rows, n);
}

export function extremeRowsBack64(
  x: usize, extreme: usize, gradient: usize, out: usize, rows: i32, n: i32,
): void {
  back<f64, i64>(x, extreme, gradient, out, rows, n);
}

// Reductions. Sums are taken in float64 whatever the dtype; a NaN wins over every number.
import { high, low, total64 } from './vectors';

/** So many rows are passed over before the sums of columns are put back. */
const BLOCK: i32 = 8;

/** The rounding error of sum + value (Knuth's two-sum); see src/kernels/js/reduce.ts. */
@inline function lossOf(sum: v128, value: v128): v128 {
  const next = f64x2.add(sum, value), added = f64x2.sub(next, sum);
  return f64x2.add(f64x2.sub(sum, f64x2.sub(next, added)), f64x2.sub(value, added));
}

@inline function lossOfOne(sum: f64, value: f64): f64 {
  const next = sum + value, added = next - sum;
  return sum - (next - added) + (value - added);
}

/** A sum plus the rounding errors of its additions, which are NaN if the sum is infinite, and then ignored. */
@inline function corrected(sum: f64, lost: f64): f64 {
  return abs<f64>(lost) < Infinity ? sum + lost : sum;
}

/** Σ x·y of float64, corrected by the rounding errors of the additions: the sum of rounded products is nearly exact. */
export function dot64(x: usize, y: usize, n: i32): f64 {
  const bytes = <usize>n << 3, whole = bytes & ~31;
  let a = f64x2.splat(0), b = a, lostA = a, lostB = a;
  let j: usize = 0;
  for (; j < whole; j += 32) {
    const v = f64x2.mul(v128.load(x + j), v128.load(y + j)), w = f64x2.mul(v128.load(x + j, 16), v128.load(y + j, 16));
    lostA = f64x2.add(lostA, lossOf(a, v));
    lostB = f64x2.add(lostB, lossOf(b, w));
    a = f64x2.add(a, v);
    b = f64x2.add(b, w);
  }
  let lost = total64(f64x2.add(f64x2.add(lostA, lossOf(a, b)), lostB));
  a = f64x2.add(a, b);
  let sum = f64x2.extract_lane(a, 0);
  const other = f64x2.extract_lane(a, 1);
  lost += lossOfOne(sum, other);
  sum += other;
  for (; j < bytes; j += 8) {
    const value = load<f64>(x + j) * load<f64>(y + j);
    lost += lossOfOne(sum, value);
    sum += value;
  }
  return corrected(sum, lost);
}

/** Σ x, or Σ x·y. */
@inline function total<T extends number>(x: usize, y: usize, n: i32, product: bool): f64 {
  const size = sizeof<T>(), bytes = <usize>n * size, whole = bytes & ~31;
  let a = f64x2.splat(0), b = f64x2.splat(0), c = f64x2.splat(0), d = f64x2.splat(0);
  let j: usize = 0;
  for (; j < whole; j += 32) {
    const v = v128.load(x + j), w = v128.load(x + j, 16);
    if (size == 4) {
      if (product) {
        const p = v128.load(y + j), q = v128.load(y + j, 16);
        a = f64x2.add(a, f64x2.mul(low(v), low(p)));
        b = f64x2.add(b, f64x2.mul(high(v), high(p)));
        c = f64x2.add(c, f64x2.mul(low(w), low(q)));
        d = f64x2.add(d, f64x2.mul(high(w), high(q)));
      } else {
        a = f64x2.add(a, low(v));
        b = f64x2.add(b, high(v));
        c = f64x2.add(c, low(w));
        d = f64x2.add(d, high(w));
      }
    } else {
      a = f64x2.add(a, product ? f64x2.mul(v, v128.load(y + j)) : v);
      b = f64x2.add(b, product ? f64x2.mul(w, v128.load(y + j, 16)) : w);
    }
  }
  let sum = total64(f64x2.add(f64x2.add(a, b), f64x2.add(c, d)));
  for (; j < bytes; j += size) sum += <f64>load<T>(x + j) * (product ? <f64>load<T>(y + j) : 1);
  return sum;
}

export function sum32(x: usize, n: i32): f64 {
  return total<f32>(x, 0, n, false);
}

export function sum64(x: usize, n: i32): f64 {
  return total<f64>(x, 0, n, false);
}

/** Σ x·y. */
export function dot32(x: usize, y: usize, n: i32): f64 {
  return total<f32>(x, y, n, true);
}

/** Whether no |x| is above the limit, or NaN. */
@inline function within<T extends number>(x: usize, n: i32, limit: T): bool {
  const size = sizeof<T>(), bytes = <usize>n * size, whole = bytes & ~31, most = v128.splat<T>(limit);
  let a = v128.eq<T>(most, most), b = a;
  let j: usize = 0;
  for (; j < whole; j += 32) {
    a = v128.and(a, v128.le<T>(v128.abs<T>(v128.load(x + j)), most));
    b = v128.and(b, v128.le<T>(v128.abs<T>(v128.load(x + j, 16)), most));
  }
  for (; j < bytes; j += size) if (!(abs<T>(load<T>(x + j)) <= limit)) return false;
  return v128.all_true<i32>(v128.and(a, b));
}

export function within32(x: usize, n: i32, limit: f64): bool {
  return within<f32>(x, n, <f32>limit);
}

export function within64(x: usize, n: i32, limit: f64): bool {
  return within<f64>(x, n, limit);
}

/** The sum of every row of n, into float64. */
export function sumRows32(x: usize, out: usize, rows: i32, n: i32): void {
  for (let i: i32 = 0; i < rows; i++, x += <usize>n << 2, out += 8) store<f64>(out, sum32(x, n));
}

export function sumRows64(x: usize, out: usize, rows: i32, n: i32): void {
  for (let i: i32 = 0; i < rows; i++, x += <usize>n << 3, out += 8) store<f64>(out, sum64(x, n));
}

const SUM: i32 = 0;
const MAX: i32 = 1;

@inline function combine(op: i32, a: v128, b: v128): v128 {
  if (op == SUM) return f64x2.add(a, b);
  return op == MAX ? f64x2.max(a, b) : f64x2.min(a, b);
}

@inline function combineOne(op: i32, a: f64, b: f64): f64 {
  if (op == SUM) return a + b;
  return op == MAX ? max<f64>(a, b) : min<f64>(a, b);
}

/** Accumulates some rows in the results of the columns, in float64. */
@inline function block<T extends number>(op: i32, x: usize, rows: i32, inner: i32, out: usize): void {
  const size = sizeof<T>(), step = <usize>inner * size, whole = step & ~15;
  let j: usize = 0;
  for (; j < whole; j += 16, out += 128 / size) {
    if (size == 4) {
      let a = v128.load(out), b = v128.load(out, 16);
      for (let r = rows, from = x + j; r > 0; r--, from += step) {
        const v = v128.load(from);
        a = combine(op, a, low(v));
        b = combine(op, b, high(v));
      }
      v128.store(out, a);
      v128.store(out, b, 16);
    } else {
      let a = v128.load(out);
      for (let r = rows, from = x + j; r > 0; r--, from += step) a = combine(op, a, v128.load(from));
      v128.store(out, a);
    }
  }
  for (; j < step; j += size, out += 8) {
    let a = load<f64>(out);
    for (let r = rows, from = x + j; r > 0; r--, from += step) a = combineOne(op, a, <f64>load<T>(from));
    store<f64>(out, a);
  }
}

@inline function columns<T extends number>(op: i32, x: usize, out: usize, outer: i32, n: i32, inner: i32): void {
  const step = <usize>inner * sizeof<T>();
  for (let o: i32 = 0; o < outer; o++, out += <usize>inner << 3) {
    const start: f64 = op == SUM ? 0 : op == MAX ? -Infinity : Infinity;
    for (let j: i32 = 0; j < inner; j++) store<f64>(out + (<usize>j << 3), start);
    for (let i: i32 = 0; i < n; i += BLOCK) {
      const some = min(BLOCK, n - i);
      block<T>(op, x, some, inner, out);
      x += <usize>some * step;
    }
  }
}

/** In outer blocks of n × inner, over the n: outer · inner float64. */
export function sumColumns32(x: usize, out: usize, outer: i32, n: i32, inner: i32): void {
  columns<f32>(SUM, x, out, outer, n, inner);
}

/** The same for float64, corrected by rounding errors: `lost` is work space for `inner` float64. */
export function sumColumns64(x: usize, out: usize, outer: i32, n: i32, inner: i32, lost: usize): void {
  const step = <usize>inner << 3;
  for (let o: i32 = 0; o < outer; o++, out += step) {
    memory.fill(out, 0, step);
    memory.fill(lost, 0, step);
    for (let i: i32 = 0; i < n; i += BLOCK) {
      const some = min(BLOCK, n - i);
      compensatedBlock(x, some, step, out, lost);
      x += <usize>some * step;
    }
    for (let j: usize = 0; j < step; j += 8) store<f64>(out + j, corrected(load<f64>(out + j), load<f64>(lost + j)));
  }
}

/** Accumulates some rows in the sums of the columns, and the rounding errors of that in theirs. */
function compensatedBlock(x: usize, rows: i32, step: usize, out: usize, lost: usize): void {
  const whole = step & ~15;
  let j: usize = 0;
  for (; j < whole; j += 16) {
    let a = v128.load(out + j), b = v128.load(lost + j);
    for (let r = rows, from = x + j; r > 0; r--, from += step) {
      const v = v128.load(from);
      b = f64x2.add(b, lossOf(a, v));
      a = f64x2.add(a, v);
    }
    v128.store(out + j, a);
    v128.store(lost + j, b);
  }
  if (j == step) return;
  let a = load<f64>(out + j), b = load<f64>(lost + j);
  for (let r = rows, from = x + j; r > 0; r--, from += step) {
    const v = load<f64>(from);
    b += lossOfOne(a, v);
    a += v;
  }
  store<f64>(out + j, a);
  store<f64>(lost + j, b);
}

export function maxColumns32(x: usize, out: usize, outer: i32, n: i32, inner: i32): void {
  columns<f32>(MAX, x, out, outer, n, inner);
}

export function maxColumns64(x: usize, out: usize, outer: i32, n: i32, inner: i32): void {
  columns<f64>(MAX, x, out, outer, n, inner);
}

export function minColumns32(x: usize, out: usize, outer: i32, n: i32, inner: i32): void {
  columns<f32>(2, x, out, outer, n, inner);
}

export function minColumns64(x: usize, out: usize, outer: i32, n: i32, inner: i32): void {
  columns<f64>(2, x, out, outer, n, inner);
}

// Operations of one operand, or of two without broadcasting. Data has no gaps, and out may be an operand.
import { high, low, narrow } from './vectors';

const ABS: i32 = 0;
const SQRT: i32 = 1;
const SQUARE: i32 = 2;
const RELU: i32 = 3;

@inline function lanes<T extends number>(op: i32, v: v128): v128 {
  if (op == ABS) return v128.abs<T>(v);
  if (op == SQRT) return v128.sqrt<T>(v);
  if (op == SQUARE) return v128.mul<T>(v, v);
  // A NaN is not below 0, and stays.
  return v128.andnot(v, v128.le<T>(v, v128.splat<T>(<T>0)));
}

/** Writes f of n numbers; the last few are computed in a vector that is not written whole. */
@inline function each<T extends number>(op: i32, x: usize, out: usize, n: i32): void {
  const size = sizeof<T>(), bytes = <usize>n * size, whole = bytes & ~15;
  let j: usize = 0;
  for (; j < whole; j += 16) v128.store(out + j, lanes<T>(op, v128.load(x + j)));
  for (; j < bytes; j += size) {
    store<T>(out + j, v128.extract_lane<T>(lanes<T>(op, v128.splat<T>(load<T>(x + j))), 0));
  }
}

export function absolute32(x: usize, out: usize, n: i32): void {
  each<f32>(ABS, x, out, n);
}

export function absolute64(x: usize, out: usize, n: i32): void {
  each<f64>(ABS, x, out, n);
}

export function root32(x: usize, out: usize, n: i32): void {
  each<f32>(SQRT, x, out, n);
}

export function root64(x: usize, out: usize, n: i32): void {
  each<f64>(SQRT, x, out, n);
}

export function square32(x: usize, out: usize, n: i32): void {
  each<f32>(SQUARE, x, out, n);
}

export function square64(x: usize, out: usize, n: i32): void {
  each<f64>(SQUARE, x, out, n);
}

export function relu32(x: usize, out: usize, n: i32): void {
  each<f32>(RELU, x, out, n);
}

export function relu64(x: usize, out: usize, n: i32): void {
  each<f64>(RELU, x, out, n);
}

/** The gradient of relu: g if x is above 0 or NaN, otherwise 0. */
@inline function gate<T extends number>(g: usize, x: usize, out: usize, n: i32): void {
  const size = sizeof<T>(), bytes = <usize>n * size, whole = bytes & ~15, zero = v128.splat<T>(<T>0);
  let j: usize = 0;
  for (; j < whole; j += 16) v128.store(out + j, v128.andnot(v128.load(g + j), v128.le<T>(v128.load(x + j), zero)));
  for (; j < bytes; j += size) store<T>(out + j, load<T>(x + j) <= <T>0 ? <T>0 : load<T>(g + j));
}

export function reluBack32(g: usize, x: usize, out: usize, n: i32): void {
  gate<f32>(g, x, out, n);
}

export function reluBack64(g: usize, x: usize, out: usize, n: i32): void {
  gate<f64>(g, x, out, n);
}

/** max(from, min(x, to)); a NaN stays. */
@inline function clip<T extends number>(x: usize, out: usize, n: i32, from: T, to: T): void {
  const size = sizeof<T>(), bytes = <usize>n * size, whole = bytes & ~15;
  const least = v128.splat<T>(from), most = v128.splat<T>(to);
  let j: usize = 0;
  for (; j < whole; j += 16) v128.store(out + j, v128.max<T>(least, v128.min<T>(v128.load(x + j), most)));
  for (; j < bytes; j += size) store<T>(out + j, max<T>(from, min<T>(load<T>(x + j), to)));
}

export function clamp32(x: usize, out: usize, n: i32, from: f64, to: f64): void {
  clip<f32>(x, out, n, <f32>from, <f32>to);
}

export function clamp64(x: usize, out: usize, n: i32, from: f64, to: f64): void {
  clip<f64>(x, out, n, from, to);
}

/** a·x in float64 lanes, rounded once: a need not be a float32. */
function scaleWide(x: usize, out: usize, n: i32, a: f64): void {
  const bytes = <usize>n << 2, whole = bytes & ~15, f = f64x2.splat(a);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const v = v128.load(x + j);
    v128.store(out + j, narrow(f64x2.mul(low(v), f), f64x2.mul(high(v), f)));
  }
  for (; j < bytes; j += 4) store<f32>(out + j, <f32>(a * <f64>load<f32>(x + j)));
}

@inline function scale<T extends number>(x: usize, out: usize, n: i32, a: T): void {
  const size = sizeof<T>(), bytes = <usize>n * size, whole = bytes & ~15, f = v128.splat<T>(a);
  let j: usize = 0;
  for (; j < whole; j += 16) v128.store(out + j, v128.mul<T>(v128.load(x + j), f));
  for (; j < bytes; j += size) store<T>(out + j, <T>(load<T>(x + j) * a));
}

/** a·x. */
export function scale32(x: usize, out: usize, n: i32, a: f64): void {
  if (<f64><f32>a == a) scale<f32>(x, out, n, <f32>a);
  else scaleWide(x, out, n, a);
}

export function scale64(x: usize, out: usize, n: i32, a: f64): void {
  scale<f64>(x, out, n, a);
}

/** a·x + b, rounded once. */
export function affine32(x: usize, out: usize, n: i32, a: f64, b: f64): void {
  const bytes = <usize>n << 2, whole = bytes & ~15, f = f64x2.splat(a), s = f64x2.splat(b);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const v = v128.load(x + j);
    v128.store(out + j, narrow(f64x2.add(f64x2.mul(low(v), f), s), f64x2.add(f64x2.mul(high(v), f), s)));
  }
  for (; j < bytes; j += 4) store<f32>(out + j, <f32>(a * <f64>load<f32>(x + j) + b));
}

export function affine64(x: usize, out: usize, n: i32, a: f64, b: f64): void {
  const bytes = <usize>n << 3, whole = bytes & ~15, f = f64x2.splat(a), s = f64x2.splat(b);
  let j: usize = 0;
  for (; j < whole; j += 16) v128.store(out + j, f64x2.add(f64x2.mul(v128.load(x + j), f), s));
  if (j < bytes) store<f64>(out + j, a * load<f64>(x + j) + b);
}

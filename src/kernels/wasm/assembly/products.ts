// Sums of two products, of which one factor is the same for whole columns of a block.
import { madd } from './vectors';

/** One row: out ← a·s + b·t, or a·s + t. */
@inline function row<T extends number>(a: usize, s: usize, b: usize, t: usize, out: usize, inner: i32, both: bool): void {
  const size = sizeof<T>(), bytes = <usize>inner * size, pairs = bytes & ~31;
  let j: usize = 0;
  for (; j < pairs; j += 32) {
    const p = a + j, q = s + j, r = b + j, u = t + j, to = out + j;
    const v = both ? v128.mul<T>(v128.load(r), v128.load(u)) : v128.load(u);
    const w = both ? v128.mul<T>(v128.load(r, 16), v128.load(u, 16)) : v128.load(u, 16);
    v128.store(to, madd<T>(v128.load(p), v128.load(q), v));
    v128.store(to, madd<T>(v128.load(p, 16), v128.load(q, 16), w), 16);
  }
  for (; j < bytes; j += size) {
    const u = splat<T>(t + j), v = both ? v128.mul<T>(splat<T>(b + j), u) : u;
    store<T>(out + j, v128.extract_lane<T>(madd<T>(splat<T>(a + j), splat<T>(s + j), v), 0));
  }
}

@inline function splat<T extends number>(at: usize): v128 {
  return v128.load_splat<T>(at);
}

function both32(a: usize, s: usize, b: usize, t: usize, out: usize, inner: i32): void {
  row<f32>(a, s, b, t, out, inner, true);
}
function one32(a: usize, s: usize, t: usize, out: usize, inner: i32): void {
  row<f32>(a, s, 0, t, out, inner, false);
}
function both64(a: usize, s: usize, b: usize, t: usize, out: usize, inner: i32): void {
  row<f64>(a, s, b, t, out, inner, true);
}
function one64(a: usize, s: usize, t: usize, out: usize, inner: i32): void {
  row<f64>(a, s, 0, t, out, inner, false);
}

/**
 * out ← a ⊙ s + b ⊙ t for blocks of n × inner, or a ⊙ s + t if b is at 0. s and t hold one number a column; those of
 * the next block are `sStep` and `tStep` numbers further on.
 */
@inline function products<T extends number>(
  a: usize, s: usize, sStep: i32, b: usize, t: usize, tStep: i32, out: usize, outer: i32, n: i32, inner: i32,
): void {
  const size = sizeof<T>(), bytes = <usize>inner * size;
  for (let o: i32 = 0; o < outer; o++, s += <usize>sStep * size, t += <usize>tStep * size) {
    for (let i: i32 = 0; i < n; i++, a += bytes, out += bytes) {
      if (b) {
        if (size == 4) both32(a, s, b, t, out, inner);
        else both64(a, s, b, t, out, inner);
        b += bytes;
      } else if (size == 4) one32(a, s, t, out, inner);
      else one64(a, s, t, out, inner);
    }
  }
}

export function sumOfProducts32(
  a: usize, s: usize, sStep: i32, b: usize, t: usize, tStep: i32, out: usize, outer: i32, n: i32, inner: i32,
): void {
  products<f32>(a, s, sStep, b, t, tStep, out, outer, n, inner);
}

export function sumOfProducts64(
  a: usize, s: usize, sStep: i32, b: usize, t: usize, tStep: i32, out: usize, outer: i32, n: i32, inner: i32,
): void {
  products<f64>(a, s, sStep, b, t, tStep, out, outer, n, inner);
}

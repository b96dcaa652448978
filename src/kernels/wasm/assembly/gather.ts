// Blocks taken out of outer × n blocks by int32 indices, and put back.
import { high, low } from './vectors';

/** out ← the picked blocks of `bytes` each; any dtype. Indices are within 0 … n − 1. */
export function gather(x: usize, out: usize, picks: usize, count: i32, outer: i32, n: i32, bytes: i32): void {
  for (let o: i32 = 0; o < outer; o++, x += <usize>n * <usize>bytes) {
    for (let i: i32 = 0; i < count; i++, out += bytes) {
      memory.copy(out, x + <usize>load<i32>(picks + (<usize>i << 2)) * <usize>bytes, bytes);
    }
  }
}

/** Adds every block of x to the place in `sums`, which are float64, that it was picked from. */
export function scatterAdd32(x: usize, sums: usize, picks: usize, count: i32, outer: i32, n: i32, inner: i32): void {
  const bytes = <usize>inner << 2, whole = bytes & ~15;
  for (let o: i32 = 0; o < outer; o++, sums += (<usize>n * <usize>inner) << 3) {
    for (let i: i32 = 0; i < count; i++, x += bytes) {
      const to = sums + ((<usize>load<i32>(picks + (<usize>i << 2)) * <usize>inner) << 3);
      let j: usize = 0;
      for (; j < whole; j += 16) {
        const v = v128.load(x + j), at = to + j + j;
        v128.store(at, f64x2.add(v128.load(at), low(v)));
        v128.store(at, f64x2.add(v128.load(at, 16), high(v)), 16);
      }
      for (; j < bytes; j += 4) store<f64>(to + j + j, load<f64>(to + j + j) + <f64>load<f32>(x + j));
    }
  }
}

export function scatterAdd64(x: usize, sums: usize, picks: usize, count: i32, outer: i32, n: i32, inner: i32): void {
  const bytes = <usize>inner << 3, whole = bytes & ~15;
  for (let o: i32 = 0; o < outer; o++, sums += <usize>n * bytes) {
    for (let i: i32 = 0; i < count; i++, x += bytes) {
      const to = sums + <usize>load<i32>(picks + (<usize>i << 2)) * bytes;
      let j: usize = 0;
      for (; j < whole; j += 16) v128.store(to + j, f64x2.add(v128.load(to + j), v128.load(x + j)));
      if (j < bytes) store<f64>(to + j, load<f64>(to + j) + load<f64>(x + j));
    }
  }
}

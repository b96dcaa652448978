// Sums in float32 on their way to sums in float64.
import { high, low } from './vectors';

/** Adds four float32 to four float64. */
@inline export function addTo(sums: usize, v: v128): void {
  v128.store(sums, f64x2.add(v128.load(sums), low(v)));
  v128.store(sums, f64x2.add(v128.load(sums, 16), high(v)), 16);
}

/** Adds n float32 to as many float64, and leaves zeros. */
export function flush(from: usize, sums: usize, n: i32): void {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2, none = f32x4.splat(0);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const v = v128.load(from + j), to = sums + j + j;
    v128.store(to, f64x2.add(v128.load(to), low(v)));
    v128.store(to, f64x2.add(v128.load(to, 16), high(v)), 16);
    v128.store(from + j, none);
  }
  for (; j < bytes; j += 4) {
    const at = sums + j + j;
    store<f64>(at, load<f64>(at) + <f64>load<f32>(from + j));
    store<f32>(from + j, 0);
  }
}

/** Whether n float64 hold neither an infinity nor a NaN. */
export function finite(sums: usize, n: i32): bool {
  let none: f64 = 0;
  for (let j: usize = 0, wide = <usize>n << 3; j < wide; j += 8) none += load<f64>(sums + j) * 0;
  return none == 0;
}

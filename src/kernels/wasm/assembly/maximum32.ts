// The backward pass of max(x, level) over float32, with one level for each column.
import { addTo } from './partials';

/** ofX ← g where x is above its level, half of it where both are equal, and 0 below; ofLevel += what is left of g. */
export function maximumBack32(g: usize, x: usize, level: usize, ofX: usize, ofLevel: usize, rows: i32, n: i32): void {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2;
  for (let i: i32 = 0; i < rows; i++, g += bytes, x += bytes, ofX += bytes) {
    let j: usize = 0;
    for (; j < whole; j += 16) {
      const e = v128.load(g + j), v = v128.load(x + j), l = v128.load(level + j), below = f32x4.lt(v, l);
      const tie = f32x4.eq(v, l), half = f32x4.mul(e, f32x4.splat(0.5));
      v128.store(ofX + j, v128.bitselect(half, v128.andnot(e, below), tie));
      addTo(ofLevel + j + j, v128.bitselect(half, v128.and(e, below), tie));
    }
    for (; j < bytes; j += 4) {
      const e = load<f32>(g + j), v = load<f32>(x + j), l = load<f32>(level + j), at = ofLevel + j + j;
      const left: f32 = v < l ? e : v == l ? e * 0.5 : 0;
      store<f32>(ofX + j, v < l ? 0 : v == l ? left : e);
      store<f64>(at, load<f64>(at) + <f64>left);
    }
  }
}

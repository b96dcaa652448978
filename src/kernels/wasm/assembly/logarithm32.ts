// The natural logarithm in float32.
import { madd32 } from './vectors';
import { each32 } from './whole';

const CONSTANTS: usize = memory.data<f32>([0.693359375, -0.00021219444, 0.23585173, 0.2853715878, 0.4000033739, 0.6666666564]);

@inline function k(i: i32): v128 {
  return v128.load_splat<f32>(CONSTANTS + (<usize>i << 2));
}

/**
 * ln x for x = 2ⁿ·(1 + f) with √½ ≤ 1 + f < √2, of normal numbers: ln(1 + f) = f − f²/2 + z·(f²/2 + z²·p(z²)) with
 * z = f / (2 + f), where f is exact and all that follows is smaller.
 */
@inline function log(x: v128, H: v128, W: v128, a: v128, b: v128, c: v128, d: v128, one: v128): v128 {
  // Taking the bits of √½ off first makes the exponent that of the nearest power.
  const bits = i32x4.sub(x, i32x4.splat(0x3f3504f3));
  const n = f32x4.convert_i32x4_s(i32x4.shr_s(bits, 23));
  const f = f32x4.sub(i32x4.add(v128.and(bits, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3)), one);
  const z = f32x4.div(f, f32x4.add(f, f32x4.splat(2))), w = f32x4.mul(z, z);
  const p = f32x4.mul(madd32(madd32(madd32(a, w, b), w, c), w, d), w);
  const half = f32x4.mul(f32x4.mul(f, f), f32x4.splat(0.5));
  const less = f32x4.sub(half, madd32(z, f32x4.add(half, p), f32x4.mul(n, W)));
  return f32x4.add(f32x4.mul(n, H), f32x4.sub(f, less));
}

function logLoop(x: usize, out: usize, bytes: usize): void {
  const H = k(0), W = k(1), a = k(2), b = k(3), c = k(4), d = k(5), one = f32x4.splat(1);
  const least = i32x4.splat(0x00800000), span = i32x4.splat(0x7f000000);
  for (let j: usize = 0; j < bytes; j += 16) {
    const v = v128.load(x + j), normal = i32x4.lt_u(i32x4.sub(v, least), span);
    v128.store(out + j, i32x4.all_true(normal) ? log(v, H, W, a, b, c, d, one) : wideLog(v));
  }
}

/** ln x of any x: subnormal numbers are scaled by 2²⁴; 0 gives −∞, and negative x NaN. */
function wideLog(x: v128): v128 {
  const small = f32x4.lt(x, f32x4.splat(1.1754943508222875e-38));
  const most = v128.bitselect(f32x4.mul(x, f32x4.splat(16777216)), x, small);
  let y = log(most, k(0), k(1), k(2), k(3), k(4), k(5), f32x4.splat(1));
  y = f32x4.sub(y, v128.and(small, f32x4.splat(16.635532333438686)));
  // ∞ and NaN are their own logarithms; below 0, and at it, there is none.
  y = v128.bitselect(y, x, f32x4.lt(x, f32x4.splat(Infinity)));
  y = v128.bitselect(f32x4.splat(NaN), y, f32x4.lt(x, f32x4.splat(0)));
  return v128.bitselect(f32x4.splat(-Infinity), y, f32x4.eq(x, f32x4.splat(0)));
}

export function log32(x: usize, out: usize, n: i32): void {
  each32(logLoop, x, out, n);
}

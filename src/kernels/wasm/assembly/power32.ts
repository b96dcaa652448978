// The powers of e in float32. x = n·ln 2 + r with a whole n and |r| ≤ ½ ln 2, eʳ = 1 + r + r²·p(r) with p of degree 4,
// minimax to 2⁻²⁸, and eˣ = 2ⁿ · eʳ. n is found by adding 3·2²² + 127, after which the last bits of the sum are n + 127,
// the exponent of 2ⁿ. ln 2 is subtracted in two parts, of which the first has so few digits that n times it is exact.
// Constants are loaded into locals before a loop: written into it, each would be made anew at every use.
import { madd32 } from './vectors';

const CONSTANTS: usize = memory.data<f32>([
  1.4426950408889634, 12583039, 0.693359375, -0.00021219444,
  0.001381417356, 0.008368921839, 0.04166840799, 0.1666651894, 0.4999999333, -0.0, 1, -3.4028234663852886e38,
]);

/** Constant number i, in all lanes. */
@inline export function k(i: i32): v128 {
  return v128.load_splat<f32>(CONSTANTS + (<usize>i << 2));
}

/** eʳ − 1, where x = n·ln 2 + r. */
@inline export function rest(x: v128, n: v128, H: v128, W: v128, a: v128, b: v128, c: v128, d: v128, e: v128): v128 {
  return series(f32x4.sub(f32x4.sub(x, f32x4.mul(n, H)), f32x4.mul(n, W)), a, b, c, d, e);
}

@inline export function series(r: v128, a: v128, b: v128, c: v128, d: v128, e: v128): v128 {
  const p = madd32(madd32(madd32(madd32(a, r, b), r, c), r, d), r, e);
  return madd32(f32x4.mul(r, r), p, r);
}

/** eˣ of four numbers; powers that are not normal numbers take a longer way. */
@inline export function power(x: v128, L: v128, M: v128, H: v128, W: v128, a: v128, b: v128, c: v128, d: v128, e: v128): v128 {
  if (v128.any_true(f32x4.gt(f32x4.abs(x), f32x4.splat(87.3)))) return widePower(x);
  return near(x, L, M, H, W, a, b, c, d, e);
}

/** e^−|z| of four numbers. */
@inline export function decay(z: v128, L: v128, M: v128, H: v128, W: v128, a: v128, b: v128, c: v128, d: v128, e: v128): v128 {
  const x = v128.or(z, f32x4.splat(-0.0));
  return isNear(x) ? near(x, L, M, H, W, a, b, c, d, e) : widePower(x);
}

/** eˣ of four numbers, whose powers are normal numbers. */
@inline export function near(x: v128, L: v128, M: v128, H: v128, W: v128, a: v128, b: v128, c: v128, d: v128, e: v128): v128 {
  const t = madd32(x, L, M), s = i32x4.shl(t, 23);
  return madd32(s, rest(x, f32x4.sub(t, M), H, W, a, b, c, d, e), s);
}

/** Whether `near` can take four numbers, none of which is above 0. */
@inline export function isNear(x: v128): bool {
  return !v128.any_true(f32x4.lt(x, f32x4.splat(-87.3)));
}

/** 2ⁿ · (1 + y), where t = n + M: the power is taken in two steps, since it may be no normal number. */
@inline export function scaled(t: v128, y: v128): v128 {
  const n = i32x4.sub(t, i32x4.splat(0x4b40007f)), half = i32x4.shr_s(n, 1), bias = i32x4.splat(127);
  const s = i32x4.shl(i32x4.add(half, bias), 23), u = i32x4.shl(i32x4.add(i32x4.sub(n, half), bias), 23);
  return f32x4.mul(madd32(s, y, s), u);
}

/** eˣ anywhere: below −104 it is 0, above 89 it is ∞. */
export function widePower(x: v128): v128 {
  const L = k(0), M = k(1), H = k(2), W = k(3), a = k(4), b = k(5), c = k(6), d = k(7), e = k(8);
  x = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-104)), f32x4.splat(89));
  const t = madd32(x, L, M);
  return scaled(t, rest(x, f32x4.sub(t, M), H, W, a, b, c, d, e));
}

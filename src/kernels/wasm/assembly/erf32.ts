// The error function in float32, and its slope times a gradient. Both are a short polynomial if x² < 2, where most numbers
// lie; a vector with others takes a longer way for these alone, so that no number depends on its neighbours.
import { k, series } from './power32';
import { madd32 } from './vectors';

// erf x = x·p(x²), p minimax to 2⁻²⁷ for x² < 2.
const SMALL: usize = memory.data<f32>([
  -6.291763352e-6, 9.644355236e-5, -0.0008166990136, 0.005189280475, -0.02684864567, 0.112833498, -0.3761259579,
  1.12837916,
]);

// 1 − erf x = r(x − MIDDLE), r minimax to 2⁻²⁵ from 1 to MOST, beyond which erf is 1 to the last bit.
const MIDDLE: f32 = 2.46875;
const MOST: f32 = 3.93;
const FAR: usize = memory.data<f32>([
  9.124668578e-6, -2.446238171e-5, -5.406680605e-5, 0.0002970489892, -0.0003675565253, -0.0004887191873,
  0.002934381368, -0.00664282725, 0.009610821783, -0.009491491664, 0.006282151964, -0.002544049707, 0.0004805789523,
]);

// 2/√π · e^−z = q(z − 1)², q minimax to 2⁻³⁰ for z < 2: half the exponent, from the middle on, cancels least.
const BELL: usize = memory.data<f32>([
  -9.917978642e-7, 1.410554962e-5, -0.0001678032138, 0.00167775844, -0.01342266318, 0.08053606037,
  -0.322144184, 0.6442883647,
]);

/** erf x if x² ≥ 2. */
function erfFar(x: v128): v128 {
  const a = f32x4.sub(f32x4.pmin(f32x4.abs(x), f32x4.splat(MOST)), f32x4.splat(MIDDLE));
  let r = v128.load_splat<f32>(FAR);
  r = madd32(r, a, v128.load_splat<f32>(FAR, 4));
  r = madd32(r, a, v128.load_splat<f32>(FAR, 8));
  r = madd32(r, a, v128.load_splat<f32>(FAR, 12));
  r = madd32(r, a, v128.load_splat<f32>(FAR, 16));
  r = madd32(r, a, v128.load_splat<f32>(FAR, 20));
  r = madd32(r, a, v128.load_splat<f32>(FAR, 24));
  r = madd32(r, a, v128.load_splat<f32>(FAR, 28));
  r = madd32(r, a, v128.load_splat<f32>(FAR, 32));
  r = madd32(r, a, v128.load_splat<f32>(FAR, 36));
  r = madd32(r, a, v128.load_splat<f32>(FAR, 40));
  r = madd32(r, a, v128.load_splat<f32>(FAR, 44));
  r = madd32(r, a, v128.load_splat<f32>(FAR, 48));
  return v128.or(f32x4.sub(f32x4.splat(1), r), v128.and(x, i32x4.splat(0x80000000)));
}

/** erf of four numbers. */
@inline export function erf(x: v128): v128 {
  const z = f32x4.mul(x, x), isFar = f32x4.ge(z, f32x4.splat(2));
  let p = v128.load_splat<f32>(SMALL);
  p = madd32(p, z, v128.load_splat<f32>(SMALL, 4));
  p = madd32(p, z, v128.load_splat<f32>(SMALL, 8));
  p = madd32(p, z, v128.load_splat<f32>(SMALL, 12));
  p = madd32(p, z, v128.load_splat<f32>(SMALL, 16));
  p = madd32(p, z, v128.load_splat<f32>(SMALL, 20));
  p = madd32(p, z, v128.load_splat<f32>(SMALL, 24));
  p = f32x4.mul(madd32(p, z, v128.load_splat<f32>(SMALL, 28)), x);
  return v128.any_true(isFar) ? v128.bitselect(erfFar(x), p, isFar) : p;
}

/**
 * g · 2/√π · e^−x² if x² ≥ 2; 0 from 13.2 on, where it is below 10⁻⁷⁵ g. x² would round, and e make much of it: the
 * first twelve digits of x are squared exactly, and the rest of x², which is small, is taken to r. The power is taken in
 * two steps with g between, since it may be no normal number although the product is.
 */
function slopeFar(g: v128, x: v128): v128 {
  const L = k(0), M = k(1), H = k(2), W = k(3), most = f32x4.splat(13.2);
  const size = f32x4.pmin(f32x4.abs(x), most), some = v128.and(size, i32x4.splat(0xfffff000));
  const square = f32x4.neg(f32x4.mul(some, some));
  const left = f32x4.neg(f32x4.mul(f32x4.sub(size, some), f32x4.add(size, some)));
  const t = madd32(f32x4.add(square, left), L, M), n = f32x4.sub(t, M);
  const r = f32x4.add(f32x4.sub(f32x4.sub(square, f32x4.mul(n, H)), f32x4.mul(n, W)), left);
  const y = series(r, k(4), k(5), k(6), k(7), k(8));
  const power = i32x4.sub(t, i32x4.splat(0x4b40007f)), half = i32x4.shr_s(power, 1), bias = i32x4.splat(127);
  const s = i32x4.shl(i32x4.add(half, bias), 23), u = i32x4.shl(i32x4.add(i32x4.sub(power, half), bias), 23);
  const grown = f32x4.mul(g, f32x4.mul(madd32(s, y, s), f32x4.splat(1.1283791670955126)));
  return v128.andnot(f32x4.mul(grown, u), f32x4.ge(size, most));
}

/** g · 2/√π · e^−x² of four numbers. */
@inline export function erfSlope(g: v128, x: v128): v128 {
  const z = f32x4.mul(x, x), isFar = f32x4.ge(z, f32x4.splat(2)), v = f32x4.sub(z, f32x4.splat(1));
  let q = v128.load_splat<f32>(BELL);
  q = madd32(q, v, v128.load_splat<f32>(BELL, 4));
  q = madd32(q, v, v128.load_splat<f32>(BELL, 8));
  q = madd32(q, v, v128.load_splat<f32>(BELL, 12));
  q = madd32(q, v, v128.load_splat<f32>(BELL, 16));
  q = madd32(q, v, v128.load_splat<f32>(BELL, 20));
  q = madd32(q, v, v128.load_splat<f32>(BELL, 24));
  q = madd32(q, v, v128.load_splat<f32>(BELL, 28));
  q = f32x4.mul(g, f32x4.mul(q, q));
  return v128.any_true(isFar) ? v128.bitselect(slopeFar(g, x), q, isFar) : q;
}

/** Both as functions, for loops whose length does not repay a copy of their own. */
export function erfOf(x: v128): v128 {
  return erf(x);
}

export function slopeOf(g: v128, x: v128): v128 {
  return erfSlope(g, x);
}

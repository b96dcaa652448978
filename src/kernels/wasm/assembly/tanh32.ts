// tanh in float32, and its backward pass. x = n·½ ln 2 + y with a whole n and |y| ≤ ¼ ln 2. With s = 2ⁿ, the tanh
// of the first part is (s − 1) / (s + 1), and that of the second is h = y·(1 + y²·p(y²)), p minimax to 2⁻³². That of the
// sum is (s − 1 + h·(s + 1)) / (s + 1 + h·(s − 1)): one quotient, of which neither side cancels much. Where n is 0, it is
// 2h / 2, so that a small x is its own tanh, to the bit. For −x it is the same times −1/s over the same times 1/s, so
// that it is odd, to the bit. Beyond 9.02, s − 1 and s + 1 are the same number. It is at most 2.5 units in the last place
// off. n is found as in power32.ts, by adding 3·2²² + 127.
import { madd32, nmadd32 } from './vectors';
import { each32, each32Back } from './whole';

const CONSTANTS: usize = memory.data<f32>([
  2.8853900817779268, 12583039, 0.34657359027997264, -0.05272604897618294, 0.13331180810928345, -0.33333322405815125,
  1, 10, -10,
]);

/** Constant number i, in all lanes, to be loaded before a loop. */
@inline export function c(i: i32): v128 {
  return v128.load_splat<f32>(CONSTANTS + (<usize>i << 2));
}

/**
 * tanh x of four numbers. ½ ln 2 is so near to a float32 that n times it needs no second part: where n is large, what the
 * product rounds counts for next to nothing. 1 − s is taken off, since to add s − 1 makes +0 of −0.
 */
@inline export function tanh(
  x: v128, L: v128, M: v128, H: v128, p: v128, q: v128, r: v128, one: v128, most: v128, least: v128,
): v128 {
  const v = f32x4.pmax(f32x4.pmin(x, most), least), t = madd32(v, L, M), s = i32x4.shl(t, 23);
  const y = nmadd32(f32x4.sub(t, M), H, v), z = f32x4.mul(y, y);
  const h = f32x4.mul(y, madd32(madd32(madd32(p, z, q), z, r), z, one));
  const less = f32x4.sub(one, s), more = f32x4.add(one, s);
  return f32x4.div(f32x4.sub(f32x4.mul(h, more), less), nmadd32(h, less, more));
}

function tanhLoop(x: usize, out: usize, bytes: usize): void {
  const L = c(0), M = c(1), H = c(2), p = c(3), q = c(4), r = c(5), one = c(6), most = c(7), least = c(8);
  for (let j: usize = 0; j < bytes; j += 16) {
    v128.store(out + j, tanh(v128.load(x + j), L, M, H, p, q, r, one, most, least));
  }
}

export function tanh32(x: usize, out: usize, n: i32): void {
  each32(tanhLoop, x, out, n);
}

/** The slope of tanh, from its value y: (1 − y)(1 + y), where 1 − y is exact near 1. */
@inline export function slope(y: v128, one: v128): v128 {
  return f32x4.mul(f32x4.sub(one, y), f32x4.add(one, y));
}

function tanhBackLoop(g: usize, y: usize, out: usize, bytes: usize): void {
  const one = c(6);
  for (let j: usize = 0; j < bytes; j += 16) {
    v128.store(out + j, f32x4.mul(v128.load(g + j), slope(v128.load(y + j), one)));
  }
}

export function tanhBack32(g: usize, y: usize, out: usize, n: i32): void {
  each32Back(tanhBackLoop, g, y, out, n);
}

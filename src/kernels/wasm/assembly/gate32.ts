// y = a·φ(z) over float32, for φ(z) = z·σ(z) or σ(z), and its backward pass, which reads q = e^−|z|.
import { share } from './exponential32';
import { decay, k } from './power32';

/** φ of a vector: z·σ, and 0 at −∞, or σ. */
@inline function opened(z: v128, s: v128, silu: bool): v128 {
  return silu ? v128.andnot(f32x4.mul(z, s), f32x4.eq(z, f32x4.splat(-Infinity))) : s;
}

@inline function gateLoop(a: usize, z: usize, q: usize, y: usize, n: i32, silu: bool): void {
  const L = k(0), M = k(1), H = k(2), W = k(3), c0 = k(4), c1 = k(5), c2 = k(6), c3 = k(7), c4 = k(8);
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2, one = f32x4.splat(1);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const v = v128.load(z + j), t = decay(v, L, M, H, W, c0, c1, c2, c3, c4);
    v128.store(q + j, t);
    v128.store(y + j, f32x4.mul(v128.load(a + j), opened(v, share(v, t, one), silu)));
  }
  for (; j < bytes; j += 4) {
    const v = v128.load32_splat(z + j), t = decay(v, L, M, H, W, c0, c1, c2, c3, c4);
    store<f32>(q + j, f32x4.extract_lane(t, 0));
    store<f32>(y + j, load<f32>(a + j) * f32x4.extract_lane(opened(v, share(v, t, one), silu), 0));
  }
}

export function gate32(a: usize, z: usize, q: usize, y: usize, n: i32, silu: bool): void {
  if (silu) gateLoop(a, z, q, y, n, true);
  else gateLoop(a, z, q, y, n, false);
}

/** φ′ of a vector from σ(z) and σ(−z): σ(z)·(1 + z·σ(−z)), where the second term is 0 at infinity, or σ(z)·σ(−z). */
@inline function slope(z: v128, s: v128, other: v128, one: v128, silu: bool): v128 {
  if (!silu) return f32x4.mul(s, other);
  const turn = v128.andnot(f32x4.mul(z, other), f32x4.eq(f32x4.abs(z), f32x4.splat(Infinity)));
  return f32x4.mul(s, f32x4.add(one, turn));
}

@inline function gateBackLoop(
  g: usize, a: usize, z: usize, q: usize, ofA: usize, ofZ: usize, n: i32, silu: bool,
): void {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2, one = f32x4.splat(1);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const v = v128.load(z + j), t = v128.load(q + j), r = f32x4.div(one, f32x4.add(one, t)), u = f32x4.mul(t, r);
    const less = i32x4.shr_s(v, 31), s = v128.bitselect(u, r, less), other = v128.bitselect(r, u, less);
    const e = v128.load(g + j);
    v128.store(ofA + j, f32x4.mul(e, opened(v, s, silu)));
    v128.store(ofZ + j, f32x4.mul(f32x4.mul(e, v128.load(a + j)), slope(v, s, other, one, silu)));
  }
  for (; j < bytes; j += 4) {
    const v = v128.load32_splat(z + j), t = v128.load32_splat(q + j), r = f32x4.div(one, f32x4.add(one, t)), u = f32x4.mul(t, r);
    const less = i32x4.shr_s(v, 31), s = v128.bitselect(u, r, less), other = v128.bitselect(r, u, less);
    const e = load<f32>(g + j);
    store<f32>(ofA + j, e * f32x4.extract_lane(opened(v, s, silu), 0));
    store<f32>(ofZ + j, e * load<f32>(a + j) * f32x4.extract_lane(slope(v, s, other, one, silu), 0));
  }
}

/** ofA ← g·φ(z), ofZ ← g·a·φ′(z). */
export function gateBack32(
  g: usize, a: usize, z: usize, q: usize, ofA: usize, ofZ: usize, n: i32, silu: bool,
): void {
  if (silu) gateBackLoop(g, a, z, q, ofA, ofZ, n, true);
  else gateBackLoop(g, a, z, q, ofA, ofZ, n, false);
}

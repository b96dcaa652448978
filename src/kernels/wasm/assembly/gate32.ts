// y = a·φ(z) over float32, for φ(z) = z·σ(z) or σ(z), and its backward pass, which reads q = e^−|z|.
import { share } from './exponential32';
import { decay, isNear, k, near } from './power32';
import { madd32 } from './vectors';

/** The bytes that are computed at a time without a look at their size; in longer stretches, one large z slows down more others. */
const STRETCH: usize = 256;

/** φ of a vector: z·σ, and 0 at −∞, or σ. */
@inline function opened(z: v128, s: v128, silu: bool): v128 {
  return silu ? v128.andnot(f32x4.mul(z, s), f32x4.eq(z, f32x4.splat(-Infinity))) : s;
}

/** A stretch is computed as if no z were large, which takes a tenth less time, and again, by the longer way, if one was. */
export function gate32(a: usize, z: usize, q: usize, y: usize, n: i32, silu: bool): void {
  const L = k(0), M = k(1), H = k(2), W = k(3), c0 = k(4), c1 = k(5), c2 = k(6), c3 = k(7), c4 = k(8);
  const sign = k(9), one = k(10), bytes = <usize>n << 2;
  for (let j: usize = 0; j < bytes;) {
    const from = j, end = min(j + STRETCH, bytes);
    let most = sign;
    for (; j + 16 <= end; j += 16) {
      const v = v128.load(z + j), x = v128.or(v, sign), t = near(x, L, M, H, W, c0, c1, c2, c3, c4), s = share(v, t, one);
      most = f32x4.pmin(most, x);
      v128.store(q + j, t);
      v128.store(y + j, f32x4.mul(v128.load(a + j), silu ? f32x4.mul(v, s) : s));
    }
    if (!isNear(most)) j = from;
    for (; j < end; j += 4) {
      const v = v128.load32_splat(z + j), t = decay(v, L, M, H, W, c0, c1, c2, c3, c4);
      store<f32>(q + j, f32x4.extract_lane(t, 0));
      store<f32>(y + j, load<f32>(a + j) * f32x4.extract_lane(opened(v, share(v, t, one), silu), 0));
    }
  }
}

/**
 * ofA ← g·φ(z), ofZ ← g·a·φ′(z), where φ′ is σ(z)·σ(−z) for σ, and σ(z) + z·σ(z)·σ(−z) for z·σ. Where one of its factors is
 * 0, an infinite z is made finite. Returns whether all are finite, since to read them again takes longer.
 */
export function gateBack32(
  g: usize, a: usize, z: usize, q: usize, ofA: usize, ofZ: usize, n: i32, silu: bool,
): bool {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2;
  const one = k(10), least = k(11), most = f32x4.neg(least), zero = f32x4.splat(0);
  let sum = zero, j: usize = 0;
  for (; j < whole; j += 16) {
    const w = v128.load(z + j), t = v128.load(q + j), e = v128.load(g + j);
    const r = f32x4.div(one, f32x4.add(one, t)), u = f32x4.mul(t, r), turn = f32x4.mul(r, u);
    const s = v128.bitselect(u, r, i32x4.shr_s(w, 31)), m = f32x4.pmax(w, least);
    const x = f32x4.mul(e, silu ? f32x4.mul(m, s) : s);
    const y = f32x4.mul(f32x4.mul(e, v128.load(a + j)), silu ? f32x4.add(s, f32x4.mul(f32x4.pmin(m, most), turn)) : turn);
    sum = madd32(x, zero, madd32(y, zero, sum));
    v128.store(ofA + j, x);
    v128.store(ofZ + j, y);
  }
  for (; j < bytes; j += 4) {
    const w = v128.load32_splat(z + j), t = v128.load32_splat(q + j), e = v128.load32_splat(g + j);
    const r = f32x4.div(one, f32x4.add(one, t)), u = f32x4.mul(t, r), turn = f32x4.mul(r, u);
    const s = v128.bitselect(u, r, i32x4.shr_s(w, 31)), m = f32x4.pmax(w, least);
    const x = f32x4.mul(e, silu ? f32x4.mul(m, s) : s);
    const y = f32x4.mul(f32x4.mul(e, v128.load32_splat(a + j)), silu ? f32x4.add(s, f32x4.mul(f32x4.pmin(m, most), turn)) : turn);
    sum = madd32(x, zero, madd32(y, zero, sum));
    store<f32>(ofA + j, f32x4.extract_lane(x, 0));
    store<f32>(ofZ + j, f32x4.extract_lane(y, 0));
  }
  return !v128.any_true(f32x4.ne(sum, sum));
}

// Functions of the normal distribution in float32: erf, and GELU in both of its forms; erf32.ts has erf itself. Φ(−a) = e^−a²/2 · h(a) for
// a ≥ 0, with h(a) = t·p(t) for t = 1 / (1 + 0.3a), where p is minimax to 2⁻²⁸ up to a = 14.5, past which Φ(−a) is 0.
import { erfOf, slopeOf } from './erf32';
import { share } from './exponential32';
import { decay, k, scaled, series } from './power32';
import { madd32 } from './vectors';
import { each32, each32Back } from './whole';

const TAIL: usize = memory.data<f32>([
  -0.02062346596, 0.1124355961, -0.2282135594, 0.1917844803, -0.07942344587,
  0.09615680834, 0.07838965782, 0.110235423, 0.1195718141, 0.1196866898,
]);

/** h(a). */
@inline function tail(a: v128): v128 {
  const one = f32x4.splat(1), t = f32x4.div(one, madd32(a, f32x4.splat(0.3), one));
  let p = v128.load_splat<f32>(TAIL);
  p = madd32(p, t, v128.load_splat<f32>(TAIL, 4));
  p = madd32(p, t, v128.load_splat<f32>(TAIL, 8));
  p = madd32(p, t, v128.load_splat<f32>(TAIL, 12));
  p = madd32(p, t, v128.load_splat<f32>(TAIL, 16));
  p = madd32(p, t, v128.load_splat<f32>(TAIL, 20));
  p = madd32(p, t, v128.load_splat<f32>(TAIL, 24));
  p = madd32(p, t, v128.load_splat<f32>(TAIL, 28));
  p = madd32(p, t, v128.load_splat<f32>(TAIL, 32));
  p = madd32(p, t, v128.load_splat<f32>(TAIL, 36));
  return f32x4.mul(p, t);
}

/**
 * e^−f·x² for f·x² ≤ 128 and f of one bit. x² would round, and e make much of it: the first twelve digits of x are squared
 * exactly, and the rest of x², which is small, is taken to r.
 */
@inline function bell(x: v128, f: v128, L: v128, M: v128, H: v128, W: v128, a: v128, b: v128, c: v128, d: v128, e: v128): v128 {
  const some = v128.and(x, i32x4.splat(0xfffff000));
  const most = f32x4.neg(f32x4.mul(f, f32x4.mul(some, some)));
  const left = f32x4.neg(f32x4.mul(f, f32x4.mul(f32x4.sub(x, some), f32x4.add(x, some))));
  const t = madd32(f32x4.add(most, left), L, M), n = f32x4.sub(t, M);
  const r = f32x4.add(f32x4.sub(f32x4.sub(most, f32x4.mul(n, H)), f32x4.mul(n, W)), left);
  return scaled(t, series(r, a, b, c, d, e));
}

function erfLoop(x: usize, out: usize, bytes: usize): void {
  for (let j: usize = 0; j < bytes; j += 16) v128.store(out + j, erfOf(v128.load(x + j)));
}

export function erf32(x: usize, out: usize, n: i32): void {
  each32(erfLoop, x, out, n);
}

function erfBackLoop(g: usize, x: usize, out: usize, bytes: usize): void {
  for (let j: usize = 0; j < bytes; j += 16) v128.store(out + j, slopeOf(v128.load(g + j), v128.load(x + j)));
}

export function erfBack32(g: usize, x: usize, out: usize, n: i32): void {
  each32Back(erfBackLoop, g, x, out, n);
}

/** x·Φ(x), and 0 at −∞. */
function geluLoop(x: usize, out: usize, bytes: usize): void {
  const L = k(0), M = k(1), H = k(2), W = k(3), a = k(4), b = k(5), c = k(6), d = k(7), e = k(8);
  const one = f32x4.splat(1), half = f32x4.splat(0.5), zero = f32x4.splat(0);
  for (let j: usize = 0; j < bytes; j += 16) {
    const v = v128.load(x + j);
    const size = f32x4.pmin(f32x4.abs(v), f32x4.splat(16));
    const left = f32x4.mul(bell(size, half, L, M, H, W, a, b, c, d, e), tail(size));
    const y = f32x4.mul(v, v128.bitselect(left, f32x4.sub(one, left), f32x4.lt(v, zero)));
    v128.store(out + j, v128.andnot(y, f32x4.eq(v, f32x4.splat(-Infinity))));
  }
}

export function gelu32(x: usize, out: usize, n: i32): void {
  each32(geluLoop, x, out, n);
}

/** Φ(x) + x·e^−x²/2 / √2π; past 16 the power is 0, and so is the second term. */
function geluBackLoop(g: usize, x: usize, out: usize, bytes: usize): void {
  const L = k(0), M = k(1), H = k(2), W = k(3), a = k(4), b = k(5), c = k(6), d = k(7), e = k(8);
  const one = f32x4.splat(1), half = f32x4.splat(0.5), zero = f32x4.splat(0);
  for (let j: usize = 0; j < bytes; j += 16) {
    const v = v128.load(x + j);
    const size = f32x4.pmin(f32x4.abs(v), f32x4.splat(16)), q = bell(size, half, L, M, H, W, a, b, c, d, e);
    const left = f32x4.mul(q, tail(size)), turn = f32x4.mul(f32x4.mul(size, q), f32x4.splat(0.3989422804014327));
    const slope = v128.bitselect(f32x4.sub(left, turn), f32x4.add(f32x4.sub(one, left), turn), f32x4.lt(v, zero));
    v128.store(out + j, f32x4.mul(v128.load(g + j), slope));
  }
}

export function geluBack32(g: usize, x: usize, out: usize, n: i32): void {
  each32Back(geluBackLoop, g, x, out, n);
}

/**
 * ½x(1 + tanh z) = x·σ(2z), z = √(2/π)·(x + 0.044715x³). The rounding of 2z, some 3 units, counts |2z|-fold if σ is
 * small: for very negative x, where y is tiny relative to x, it has fewer digits than elsewhere.
 */
function geluTanhLoop(x: usize, out: usize, bytes: usize): void {
  const L = k(0), M = k(1), H = k(2), W = k(3), a = k(4), b = k(5), c = k(6), d = k(7), e = k(8);
  const one = f32x4.splat(1);
  const steep = f32x4.splat(1.5957691216057308), cubic = f32x4.splat(0.07135481627260025);
  for (let j: usize = 0; j < bytes; j += 16) {
    const v = v128.load(x + j);
    const w = f32x4.mul(v, madd32(f32x4.mul(v, v), cubic, steep)), q = decay(w, L, M, H, W, a, b, c, d, e);
    const y = f32x4.mul(v, share(w, q, one));
    v128.store(out + j, v128.andnot(y, f32x4.eq(v, f32x4.splat(-Infinity))));
  }
}

export function geluTanh32(x: usize, out: usize, n: i32): void {
  each32(geluTanhLoop, x, out, n);
}

/** σ(w)·(1 + σ(−w)·x·w′), where beyond ±16 the slope is 0 or 1. */
function geluTanhBackLoop(g: usize, x: usize, out: usize, bytes: usize): void {
  const L = k(0), M = k(1), H = k(2), W = k(3), a = k(4), b = k(5), c = k(6), d = k(7), e = k(8);
  const one = f32x4.splat(1);
  const steep = f32x4.splat(1.5957691216057308), cubic = f32x4.splat(0.07135481627260025);
  for (let j: usize = 0; j < bytes; j += 16) {
    const v = v128.load(x + j);
    const u = f32x4.pmax(f32x4.pmin(v, f32x4.splat(16)), f32x4.splat(-16)), z = f32x4.mul(u, u);
    const w = f32x4.mul(u, madd32(z, cubic, steep));
    const q = decay(w, L, M, H, W, a, b, c, d, e);
    const steeper = f32x4.mul(u, madd32(z, f32x4.mul(cubic, f32x4.splat(3)), steep));
    const slope = f32x4.mul(share(w, q, one), madd32(share(f32x4.neg(w), q, one), steeper, one));
    v128.store(out + j, f32x4.mul(v128.load(g + j), slope));
  }
}

export function geluTanhBack32(g: usize, x: usize, out: usize, n: i32): void {
  each32Back(geluTanhBackLoop, g, x, out, n);
}

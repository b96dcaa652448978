// Functions of e to some power, in float32, with their slopes times the gradient g.
import { decay, k, power } from './power32';
import { madd32 } from './vectors';
import { each32, each32Back } from './whole';

/** σ(x) from q = e^−|x|: 1 / (1 + q) or q / (1 + q), so that neither side overflows or cancels. */
@inline export function share(x: v128, q: v128, one: v128): v128 {
  return f32x4.div(v128.bitselect(q, one, i32x4.shr_s(x, 31)), f32x4.add(one, q));
}

function expLoop(x: usize, out: usize, bytes: usize): void {
  const L = k(0), M = k(1), H = k(2), W = k(3), a = k(4), b = k(5), c = k(6), d = k(7), e = k(8);
  for (let j: usize = 0; j < bytes; j += 16) {
    const v = v128.load(x + j);
    v128.store(out + j, power(v, L, M, H, W, a, b, c, d, e));
  }
}

export function exp32(x: usize, out: usize, n: i32): void {
  each32(expLoop, x, out, n);
}

function sigmoidLoop(x: usize, out: usize, bytes: usize): void {
  const L = k(0), M = k(1), H = k(2), W = k(3), a = k(4), b = k(5), c = k(6), d = k(7), e = k(8);
  const one = f32x4.splat(1);
  for (let j: usize = 0; j < bytes; j += 16) {
    const v = v128.load(x + j);
    v128.store(out + j, share(v, decay(v, L, M, H, W, a, b, c, d, e), one));
  }
}

export function sigmoid32(x: usize, out: usize, n: i32): void {
  each32(sigmoidLoop, x, out, n);
}

/** σ(x)·σ(−x) = q / (1 + q)². */
function sigmoidBackLoop(g: usize, x: usize, out: usize, bytes: usize): void {
  const L = k(0), M = k(1), H = k(2), W = k(3), a = k(4), b = k(5), c = k(6), d = k(7), e = k(8);
  const one = f32x4.splat(1);
  for (let j: usize = 0; j < bytes; j += 16) {
    const v = v128.load(x + j);
    const q = decay(v, L, M, H, W, a, b, c, d, e), w = f32x4.add(one, q);
    v128.store(out + j, f32x4.mul(v128.load(g + j), f32x4.div(f32x4.div(q, w), w)));
  }
}

export function sigmoidBack32(g: usize, x: usize, out: usize, n: i32): void {
  each32Back(sigmoidBackLoop, g, x, out, n);
}

/** x·σ(x), and 0 at −∞. */
function siluLoop(x: usize, out: usize, bytes: usize): void {
  const L = k(0), M = k(1), H = k(2), W = k(3), a = k(4), b = k(5), c = k(6), d = k(7), e = k(8);
  const one = f32x4.splat(1);
  for (let j: usize = 0; j < bytes; j += 16) {
    const v = v128.load(x + j);
    const y = f32x4.mul(v, share(v, decay(v, L, M, H, W, a, b, c, d, e), one));
    v128.store(out + j, v128.andnot(y, f32x4.eq(v, f32x4.splat(-Infinity))));
  }
}

export function silu32(x: usize, out: usize, n: i32): void {
  each32(siluLoop, x, out, n);
}

/** σ(x)·(1 + x·σ(−x)), where the second term is 0 at infinity. */
function siluBackLoop(g: usize, x: usize, out: usize, bytes: usize): void {
  const L = k(0), M = k(1), H = k(2), W = k(3), a = k(4), b = k(5), c = k(6), d = k(7), e = k(8);
  const one = f32x4.splat(1);
  for (let j: usize = 0; j < bytes; j += 16) {
    const v = v128.load(x + j);
    const q = decay(v, L, M, H, W, a, b, c, d, e);
    let turn = f32x4.mul(v, share(f32x4.neg(v), q, one));
    turn = v128.andnot(turn, f32x4.eq(f32x4.abs(v), f32x4.splat(Infinity)));
    v128.store(out + j, f32x4.mul(v128.load(g + j), f32x4.mul(share(v, q, one), f32x4.add(one, turn))));
  }
}

export function siluBack32(g: usize, x: usize, out: usize, n: i32): void {
  each32Back(siluBackLoop, g, x, out, n);
}

const LOG1P: usize = memory.data<f32>([0.1215046674, 0.1071382917, 0.1430844237, 0.1999943887, 0.3333333781]);

/** max(x, 0) + ln(1 + q), and ln(1 + q) = 2 artanh z = 2z·(1 + z²·p(z²)) with z = q / (2 + q) ≤ ⅓; p is minimax to 2⁻³³. */
function softplusLoop(x: usize, out: usize, bytes: usize): void {
  const L = k(0), M = k(1), H = k(2), W = k(3), a = k(4), b = k(5), c = k(6), d = k(7), e = k(8);
  const two = f32x4.splat(2), half = f32x4.splat(0.5);
  const l4 = v128.load_splat<f32>(LOG1P), l3 = v128.load_splat<f32>(LOG1P, 4);
  const l2 = v128.load_splat<f32>(LOG1P, 8), l1 = v128.load_splat<f32>(LOG1P, 12), l0 = v128.load_splat<f32>(LOG1P, 16);
  for (let j: usize = 0; j < bytes; j += 16) {
    const v = v128.load(x + j);
    const q = decay(v, L, M, H, W, a, b, c, d, e), twice = f32x4.mul(q, f32x4.div(two, f32x4.add(two, q)));
    const z = f32x4.mul(twice, half), w = f32x4.mul(z, z);
    const p = madd32(madd32(madd32(madd32(l4, w, l3), w, l2), w, l1), w, l0);
    const l = madd32(f32x4.mul(twice, w), p, twice);
    v128.store(out + j, f32x4.add(f32x4.max(v, f32x4.splat(0)), l));
  }
}

export function softplus32(x: usize, out: usize, n: i32): void {
  each32(softplusLoop, x, out, n);
}

/** σ(x). */
function softplusBackLoop(g: usize, x: usize, out: usize, bytes: usize): void {
  const L = k(0), M = k(1), H = k(2), W = k(3), a = k(4), b = k(5), c = k(6), d = k(7), e = k(8);
  const one = f32x4.splat(1);
  for (let j: usize = 0; j < bytes; j += 16) {
    const v = v128.load(x + j);
    v128.store(out + j, f32x4.mul(v128.load(g + j), share(v, decay(v, L, M, H, W, a, b, c, d, e), one)));
  }
}

export function softplusBack32(g: usize, x: usize, out: usize, n: i32): void {
  each32Back(softplusBackLoop, g, x, out, n);
}

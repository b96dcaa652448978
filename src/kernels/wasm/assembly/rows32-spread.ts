// The two loops of the backward pass of a row of float32. Where x̂ = d·r and d = x − x̄, neither is kept: d is a difference
// alone, and r goes into the factors.
import { difference, high, low, madd32, total64 } from './vectors';

/** Σg and Σg·d of a row, which a loop hands back. */
const SUMS: usize = memory.data(16);

/** Hands both back. */
@inline export function keep(sum: f64, turn: f64): void {
  store<f64>(SUMS, sum);
  store<f64>(SUMS, turn, 8);
}

/** The Σg of the last call. */
@inline export function pulled(): f64 {
  return load<f64>(SUMS);
}

/** The Σg·d of the last call. */
@inline export function turned(): f64 {
  return load<f64>(SUMS, 8);
}

/**
 * Σg, if `centered`, and Σg·d for g = dy·γ and d = x − center. Products are in float32, and so are sums of four of them,
 * in pairs; all others are in float64. To promote each takes longer than all the rest.
 */
@inline function pulls(
  dy: usize, x: usize, gamma: usize, n: i32, center: f32, centered: bool, gained: bool,
): void {
  const fours = <usize>(n & ~15) << 2, whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2, c = f32x4.splat(center);
  let a = f64x2.splat(0), b = f64x2.splat(0), p = f64x2.splat(0), q = f64x2.splat(0);
  let j: usize = 0;
  for (; j < fours; j += 64) {
    const from = dy + j, by = gamma + j, at = x + j;
    const e0 = v128.load(from), g0 = gained ? f32x4.mul(e0, v128.load(by)) : e0;
    const d0 = difference(v128.load(at), c, centered), t0 = f32x4.mul(g0, d0);
    const e1 = v128.load(from, 16), g1 = gained ? f32x4.mul(e1, v128.load(by, 16)) : e1;
    const d1 = difference(v128.load(at, 16), c, centered), t1 = madd32(g1, d1, t0);
    const e2 = v128.load(from, 32), g2 = gained ? f32x4.mul(e2, v128.load(by, 32)) : e2;
    const d2 = difference(v128.load(at, 32), c, centered), t2 = f32x4.mul(g2, d2);
    const e3 = v128.load(from, 48), g3 = gained ? f32x4.mul(e3, v128.load(by, 48)) : e3;
    const d3 = difference(v128.load(at, 48), c, centered), t3 = madd32(g3, d3, t2);
    if (centered) {
      const g = f32x4.add(f32x4.add(g0, g1), f32x4.add(g2, g3));
      a = f64x2.add(a, low(g));
      b = f64x2.add(b, high(g));
    }
    const t = f32x4.add(t1, t3);
    p = f64x2.add(p, low(t));
    q = f64x2.add(q, high(t));
  }
  for (; j < whole; j += 16) {
    const e = v128.load(dy + j), g = gained ? f32x4.mul(e, v128.load(gamma + j)) : e;
    const t = f32x4.mul(g, difference(v128.load(x + j), c, centered));
    if (centered) {
      a = f64x2.add(a, low(g));
      b = f64x2.add(b, high(g));
    }
    p = f64x2.add(p, low(t));
    q = f64x2.add(q, high(t));
  }
  let sum = total64(f64x2.add(a, b)), turn = total64(f64x2.add(p, q));
  for (; j < bytes; j += 4) {
    const e = load<f32>(dy + j), g = gained ? e * load<f32>(gamma + j) : e, v = load<f32>(x + j);
    sum += <f64>g;
    turn += <f64>(g * (centered ? v - center : v));
  }
  keep(sum, turn);
}

function pullsPlain(dy: usize, x: usize, n: i32): void {
  pulls(dy, x, 0, n, 0, false, false);
}
function pullsGained(dy: usize, x: usize, gamma: usize, n: i32): void {
  pulls(dy, x, gamma, n, 0, false, true);
}
function pullsCentered(dy: usize, x: usize, n: i32, center: f32): void {
  pulls(dy, x, 0, n, center, true, false);
}
function pullsBoth(dy: usize, x: usize, gamma: usize, n: i32, center: f32): void {
  pulls(dy, x, gamma, n, center, true, true);
}

/** The sums of a row, for `pulled` and `turned`. */
export function pull(dy: usize, x: usize, gamma: usize, n: i32, center: f32, centered: bool): void {
  if (centered) {
    if (gamma) pullsBoth(dy, x, gamma, n, center);
    else pullsCentered(dy, x, n, center);
  } else if (gamma) pullsGained(dy, x, gamma, n);
  else pullsPlain(dy, x, n);
}

/** g + offset + d·along. */
@inline function pushed(g: v128, d: v128, offset: v128, along: v128, centered: bool): v128 {
  return madd32(d, along, centered ? f32x4.add(g, offset) : g);
}

/**
 * dx ← dy·r·γ + offset + d·along for d = x − center; if it `gathers`, dγ += dy·r·d and, if `centered`, dβ += dy in
 * float32. Without a center there is no offset.
 */
@inline function spreads(
  dy: usize, x: usize, gamma: usize, dx: usize, dgamma: usize, dbeta: usize, n: i32,
  center: f32, r: f32, offset: f32, along: f32, centered: bool, gained: bool, gathers: bool,
): void {
  const eights = <usize>(n & ~31) << 2, whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2;
  const c = f32x4.splat(center), s = f32x4.splat(r), o = f32x4.splat(offset), k = f32x4.splat(along);
  let j: usize = 0;
  for (; j < eights; j += 128) {
    const from = dy + j, at = x + j, by = gamma + j, to = dx + j, a = dgamma + j, b = dbeta + j;
    const e0 = v128.load(from), d0 = difference(v128.load(at), c, centered), g0 = f32x4.mul(e0, s);
    if (gathers) {
      v128.store(a, madd32(g0, d0, v128.load(a)));
      if (centered) v128.store(b, f32x4.add(v128.load(b), e0));
    }
    v128.store(to, pushed(gained ? f32x4.mul(g0, v128.load(by)) : g0, d0, o, k, centered));
    const e1 = v128.load(from, 16), d1 = difference(v128.load(at, 16), c, centered), g1 = f32x4.mul(e1, s);
    if (gathers) {
      v128.store(a, madd32(g1, d1, v128.load(a, 16)), 16);
      if (centered) v128.store(b, f32x4.add(v128.load(b, 16), e1), 16);
    }
    v128.store(to, pushed(gained ? f32x4.mul(g1, v128.load(by, 16)) : g1, d1, o, k, centered), 16);
    const e2 = v128.load(from, 32), d2 = difference(v128.load(at, 32), c, centered), g2 = f32x4.mul(e2, s);
    if (gathers) {
      v128.store(a, madd32(g2, d2, v128.load(a, 32)), 32);
      if (centered) v128.store(b, f32x4.add(v128.load(b, 32), e2), 32);
    }
    v128.store(to, pushed(gained ? f32x4.mul(g2, v128.load(by, 32)) : g2, d2, o, k, centered), 32);
    const e3 = v128.load(from, 48), d3 = difference(v128.load(at, 48), c, centered), g3 = f32x4.mul(e3, s);
    if (gathers) {
      v128.store(a, madd32(g3, d3, v128.load(a, 48)), 48);
      if (centered) v128.store(b, f32x4.add(v128.load(b, 48), e3), 48);
    }
    v128.store(to, pushed(gained ? f32x4.mul(g3, v128.load(by, 48)) : g3, d3, o, k, centered), 48);
    const e4 = v128.load(from, 64), d4 = difference(v128.load(at, 64), c, centered), g4 = f32x4.mul(e4, s);
    if (gathers) {
      v128.store(a, madd32(g4, d4, v128.load(a, 64)), 64);
      if (centered) v128.store(b, f32x4.add(v128.load(b, 64), e4), 64);
    }
    v128.store(to, pushed(gained ? f32x4.mul(g4, v128.load(by, 64)) : g4, d4, o, k, centered), 64);
    const e5 = v128.load(from, 80), d5 = difference(v128.load(at, 80), c, centered), g5 = f32x4.mul(e5, s);
    if (gathers) {
      v128.store(a, madd32(g5, d5, v128.load(a, 80)), 80);
      if (centered) v128.store(b, f32x4.add(v128.load(b, 80), e5), 80);
    }
    v128.store(to, pushed(gained ? f32x4.mul(g5, v128.load(by, 80)) : g5, d5, o, k, centered), 80);
    const e6 = v128.load(from, 96), d6 = difference(v128.load(at, 96), c, centered), g6 = f32x4.mul(e6, s);
    if (gathers) {
      v128.store(a, madd32(g6, d6, v128.load(a, 96)), 96);
      if (centered) v128.store(b, f32x4.add(v128.load(b, 96), e6), 96);
    }
    v128.store(to, pushed(gained ? f32x4.mul(g6, v128.load(by, 96)) : g6, d6, o, k, centered), 96);
    const e7 = v128.load(from, 112), d7 = difference(v128.load(at, 112), c, centered), g7 = f32x4.mul(e7, s);
    if (gathers) {
      v128.store(a, madd32(g7, d7, v128.load(a, 112)), 112);
      if (centered) v128.store(b, f32x4.add(v128.load(b, 112), e7), 112);
    }
    v128.store(to, pushed(gained ? f32x4.mul(g7, v128.load(by, 112)) : g7, d7, o, k, centered), 112);
  }
  for (; j < whole; j += 16) {
    const e = v128.load(dy + j), d = difference(v128.load(x + j), c, centered), g = f32x4.mul(e, s);
    if (gathers) {
      v128.store(dgamma + j, madd32(g, d, v128.load(dgamma + j)));
      if (centered) v128.store(dbeta + j, f32x4.add(v128.load(dbeta + j), e));
    }
    v128.store(dx + j, pushed(gained ? f32x4.mul(g, v128.load(gamma + j)) : g, d, o, k, centered));
  }
  // The rest is computed as the vectors are, so that all numbers of a row are rounded alike.
  for (; j < bytes; j += 4) {
    const e = v128.load32_splat(dy + j), d = difference(v128.load32_splat(x + j), c, centered), g = f32x4.mul(e, s);
    if (gathers) {
      store<f32>(dgamma + j, f32x4.extract_lane(madd32(g, d, v128.load32_splat(dgamma + j)), 0));
      if (centered) store<f32>(dbeta + j, load<f32>(dbeta + j) + f32x4.extract_lane(e, 0));
    }
    const h = gained ? f32x4.mul(g, v128.load32_splat(gamma + j)) : g;
    store<f32>(dx + j, f32x4.extract_lane(pushed(h, d, o, k, centered), 0));
  }
}

function spreadsPlain(dy: usize, x: usize, dx: usize, n: i32, r: f32, along: f32): void {
  spreads(dy, x, 0, dx, 0, 0, n, 0, r, 0, along, false, false, false);
}
function spreadsGained(dy: usize, x: usize, gamma: usize, dx: usize, n: i32, r: f32, along: f32): void {
  spreads(dy, x, gamma, dx, 0, 0, n, 0, r, 0, along, false, true, false);
}
function spreadsCentered(
  dy: usize, x: usize, dx: usize, n: i32, center: f32, r: f32, offset: f32, along: f32,
): void {
  spreads(dy, x, 0, dx, 0, 0, n, center, r, offset, along, true, false, false);
}
function spreadsBoth(
  dy: usize, x: usize, gamma: usize, dx: usize, n: i32, center: f32, r: f32, offset: f32, along: f32,
): void {
  spreads(dy, x, gamma, dx, 0, 0, n, center, r, offset, along, true, true, false);
}
function gathersGained(
  dy: usize, x: usize, gamma: usize, dx: usize, dgamma: usize, n: i32, r: f32, along: f32,
): void {
  spreads(dy, x, gamma, dx, dgamma, 0, n, 0, r, 0, along, false, true, true);
}
function gathersBoth(
  dy: usize, x: usize, gamma: usize, dx: usize, dgamma: usize, dbeta: usize, n: i32,
  center: f32, r: f32, offset: f32, along: f32,
): void {
  spreads(dy, x, gamma, dx, dgamma, dbeta, n, center, r, offset, along, true, true, true);
}

/** dx of a row. */
export function spread(
  dy: usize, x: usize, gamma: usize, dx: usize, n: i32, center: f32, r: f32, offset: f32, along: f32, centered: bool,
): void {
  if (centered) {
    if (gamma) spreadsBoth(dy, x, gamma, dx, n, center, r, offset, along);
    else spreadsCentered(dy, x, dx, n, center, r, offset, along);
  } else if (gamma) spreadsGained(dy, x, gamma, dx, n, r, along);
  else spreadsPlain(dy, x, dx, n, r, along);
}

/** The same, and accumulates the row's part of dγ and, if it is `centered`, of dβ. */
export function gather(
  dy: usize, x: usize, gamma: usize, dx: usize, dgamma: usize, dbeta: usize, n: i32,
  center: f32, r: f32, offset: f32, along: f32, centered: bool,
): void {
  if (centered) gathersBoth(dy, x, gamma, dx, dgamma, dbeta, n, center, r, offset, along);
  else gathersGained(dy, x, gamma, dx, dgamma, n, r, along);
}

/**
 * Whether each product dy·γ of a row, times 4096, is finite: so a factor r between 1 and 2 leaves it so, and what is taken off
 * the products, which is as large as the largest at most, or √n times that.
 */
export function bounded(dy: usize, gamma: usize, n: i32): bool {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2, zero = f32x4.splat(0), large = f32x4.splat(4096);
  let none = zero, rest: f32 = 0;
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const e = v128.load(dy + j), g = gamma ? f32x4.mul(e, v128.load(gamma + j)) : e;
    none = f32x4.add(none, f32x4.mul(f32x4.mul(g, large), zero));
  }
  for (; j < bytes; j += 4) {
    const g = gamma ? load<f32>(dy + j) * load<f32>(gamma + j) : load<f32>(dy + j);
    rest += g * 4096 * 0;
  }
  return rest == 0 && !v128.any_true(f32x4.ne(none, zero));
}

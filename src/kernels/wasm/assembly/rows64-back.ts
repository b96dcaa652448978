// Normalization of rows of float64, backward.
import { MEASURES, center as centerOf, isFar, live as liveOf, rest as restOf, root as rootOf } from './measures';
import { total64 } from './vectors';

/** Σg and Σg·x̂ of a row, which its loop hands back. */
const SUMS: usize = memory.data(16);

/** Σg and Σg·x̂ for g = dy · γ: with x − x̄ itself a product may leave the range of numbers, or vanish. */
@inline function pulls(
  dy: usize, x: usize, gamma: usize, n: i32, center: f64, rest: f64, r: f64, gained: bool,
): void {
  const whole = <usize>(n & ~3) << 3, bytes = <usize>n << 3;
  const c = f64x2.splat(center), l = f64x2.splat(rest), s = f64x2.splat(r);
  let a = f64x2.splat(0), b = f64x2.splat(0), p = f64x2.splat(0), q = f64x2.splat(0);
  let j: usize = 0;
  for (; j < whole; j += 32) {
    let g = v128.load(dy + j), h = v128.load(dy + j, 16);
    if (gained) {
      g = f64x2.mul(g, v128.load(gamma + j));
      h = f64x2.mul(h, v128.load(gamma + j, 16));
    }
    a = f64x2.add(a, g);
    b = f64x2.add(b, h);
    p = f64x2.add(p, f64x2.mul(g, f64x2.mul(f64x2.sub(f64x2.sub(v128.load(x + j), c), l), s)));
    q = f64x2.add(q, f64x2.mul(h, f64x2.mul(f64x2.sub(f64x2.sub(v128.load(x + j, 16), c), l), s)));
  }
  let sum = total64(f64x2.add(a, b)), radial = total64(f64x2.add(p, q));
  for (; j < bytes; j += 8) {
    let g = load<f64>(dy + j);
    if (gained) g *= load<f64>(gamma + j);
    sum += g;
    radial += g * ((load<f64>(x + j) - center - rest) * r);
  }
  store<f64>(SUMS, sum);
  store<f64>(SUMS, radial, 8);
}

function pullsPlain(dy: usize, x: usize, n: i32, center: f64, rest: f64, r: f64): void {
  pulls(dy, x, 0, n, center, rest, r, false);
}
function pullsGained(dy: usize, x: usize, gamma: usize, n: i32, center: f64, rest: f64, r: f64): void {
  pulls(dy, x, gamma, n, center, rest, r, true);
}

@inline function addTo(sums: usize, v: v128): void {
  v128.store(sums, f64x2.add(v128.load(sums), v));
}

/** dx ← (g − offset − x̂·radial)·r + x̂·push. */
@inline function spread(
  dy: usize, x: usize, gamma: usize, dx: usize, n: i32, center: f64, rest: f64, r: f64,
  offset: f64, radial: f64, push: f64, gained: bool,
): void {
  const whole = <usize>(n & ~1) << 3, bytes = <usize>n << 3;
  const m = f64x2.splat(center), l = f64x2.splat(rest), s = f64x2.splat(r);
  const o = f64x2.splat(offset), c = f64x2.splat(radial), k = f64x2.splat(push);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const v = f64x2.mul(f64x2.sub(f64x2.sub(v128.load(x + j), m), l), s);
    let g = v128.load(dy + j);
    if (gained) g = f64x2.mul(g, v128.load(gamma + j));
    g = f64x2.mul(f64x2.sub(f64x2.sub(g, o), f64x2.mul(v, c)), s);
    v128.store(dx + j, f64x2.add(g, f64x2.mul(v, k)));
  }
  if (j < bytes) {
    const v = (load<f64>(x + j) - center - rest) * r;
    let g = load<f64>(dy + j);
    if (gained) g *= load<f64>(gamma + j);
    store<f64>(dx + j, (g - offset - v * radial) * r + v * push);
  }
}

function spreadPlain(
  dy: usize, x: usize, dx: usize, n: i32, center: f64, rest: f64, r: f64, offset: f64, radial: f64, push: f64,
): void {
  spread(dy, x, 0, dx, n, center, rest, r, offset, radial, push, false);
}
function spreadGained(
  dy: usize, x: usize, gamma: usize, dx: usize, n: i32, center: f64, rest: f64, r: f64,
  offset: f64, radial: f64, push: f64,
): void {
  spread(dy, x, gamma, dx, n, center, rest, r, offset, radial, push, true);
}

/** dγ += dy·x̂. */
function ofGain(dy: usize, x: usize, dgamma: usize, n: i32, center: f64, rest: f64, r: f64): void {
  const whole = <usize>(n & ~1) << 3, bytes = <usize>n << 3;
  const m = f64x2.splat(center), l = f64x2.splat(rest), s = f64x2.splat(r);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const v = f64x2.mul(f64x2.sub(f64x2.sub(v128.load(x + j), m), l), s);
    addTo(dgamma + j, f64x2.mul(v128.load(dy + j), v));
  }
  if (j < bytes) {
    const v = (load<f64>(x + j) - center - rest) * r;
    store<f64>(dgamma + j, load<f64>(dgamma + j) + load<f64>(dy + j) * v);
  }
}

/** dβ += dy. */
function ofShift(dy: usize, dbeta: usize, n: i32): void {
  const whole = <usize>(n & ~1) << 3, bytes = <usize>n << 3;
  let j: usize = 0;
  for (; j < whole; j += 16) addTo(dbeta + j, v128.load(dy + j));
  if (j < bytes) store<f64>(dbeta + j, load<f64>(dbeta + j) + load<f64>(dy + j));
}

/**
 * The gradients of normalizeRows64; see normalizeRowsBack32. `ofRoot` is of float64 here, as all the rest, and nothing
 * needs room to work in.
 */
export function normalizeRowsBack64(
  dy: usize, x: usize, gamma: usize, measures: usize, dx: usize, dgamma: usize, dbeta: usize, ofRoot: usize,
  work: usize, rows: i32, n: i32, centered: bool, sum: bool,
): void {
  const bytes = <usize>n << 3, count = <f64>n;
  for (let i: i32 = 0; i < rows; i++, x += bytes, dy += bytes, measures += MEASURES) {
    if (isFar(measures)) continue;
    const live = liveOf(measures), center = centerOf(measures), rest = restOf(measures), r = 1 / rootOf(measures);
    // dx may take the place of dy, so the sums come first.
    if (dgamma) ofGain(dy, x, dgamma, n, center, rest, r);
    if (dbeta) ofShift(dy, dbeta, n);
    if (!dx) continue;
    if (gamma) pullsGained(dy, x, gamma, n, center, rest, r);
    else pullsPlain(dy, x, n, center, rest, r);
    const offset = centered ? load<f64>(SUMS) / count : 0, share: f64 = sum ? 1 : 1 / count;
    const radial = live ? load<f64>(SUMS, 8) * share * live : 0;
    const push = live && ofRoot ? load<f64>(ofRoot + (<usize>i << 3)) * share * live : 0;
    const to = dx + <usize>i * bytes;
    if (gamma) spreadGained(dy, x, gamma, to, n, center, rest, r, offset, radial, push);
    else spreadPlain(dy, x, to, n, center, rest, r, offset, radial, push);
  }
}

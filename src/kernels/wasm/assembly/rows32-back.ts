// Normalization of rows of float32, backward: x̂ is computed again from x, so that nothing of its size is kept.
import { MEASURES, UNDONE, center as centerOf, live as liveOf, root as rootOf } from './measures';
import { safe } from './rows32';
import { high, low, total64 } from './vectors';

/** Σg and Σg·x̂ of a row, which its loop hands back. */
const SUMS: usize = memory.data(16);

// @ts-ignore: decorators are AssemblyScript's
@inline function unit(x: v128, hi: v128, lo: v128, r: v128): v128 {
  return f32x4.mul(f32x4.sub(f32x4.sub(x, hi), lo), r);
}

/** Σg and Σg·x̂ for g = dy · γ; products in float32, sums in float64. */
// @ts-ignore
@inline function pulls(
  dy: usize, x: usize, gamma: usize, n: i32, hi: f32, lo: f32, r: f32, centered: bool, gained: bool,
): void {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2;
  const h = f32x4.splat(hi), l = f32x4.splat(lo), s = f32x4.splat(r);
  let a = f64x2.splat(0), b = f64x2.splat(0), p = f64x2.splat(0), q = f64x2.splat(0);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    let g = v128.load(dy + j);
    if (gained) g = f32x4.mul(g, v128.load(gamma + j));
    const v = v128.load(x + j), t = f32x4.mul(g, centered ? unit(v, h, l, s) : f32x4.mul(v, s));
    if (centered) {
      a = f64x2.add(a, low(g));
      b = f64x2.add(b, high(g));
    }
    p = f64x2.add(p, low(t));
    q = f64x2.add(q, high(t));
  }
  let sum = total64(f64x2.add(a, b)), radial = total64(f64x2.add(p, q));
  for (; j < bytes; j += 4) {
    let g = load<f32>(dy + j);
    if (gained) g *= load<f32>(gamma + j);
    if (centered) sum += <f64>g;
    radial += <f64>(g * ((load<f32>(x + j) - hi - lo) * r));
  }
  store<f64>(SUMS, sum);
  store<f64>(SUMS, radial, 8);
}

function pullsCentered(dy: usize, x: usize, n: i32, hi: f32, lo: f32, r: f32): void {
  pulls(dy, x, 0, n, hi, lo, r, true, false);
}
function pullsCenteredGained(dy: usize, x: usize, gamma: usize, n: i32, hi: f32, lo: f32, r: f32): void {
  pulls(dy, x, gamma, n, hi, lo, r, true, true);
}
function pullsPlain(dy: usize, x: usize, n: i32, r: f32): void {
  pulls(dy, x, 0, n, 0, 0, r, false, false);
}
function pullsGained(dy: usize, x: usize, gamma: usize, n: i32, r: f32): void {
  pulls(dy, x, gamma, n, 0, 0, r, false, true);
}

/** Adds four float32 to four float64. */
// @ts-ignore
@inline function addTo(sums: usize, v: v128): void {
  v128.store(sums, f64x2.add(v128.load(sums), low(v)));
  v128.store(sums, f64x2.add(v128.load(sums, 16), high(v)), 16);
}

/** dx ← (g − offset − x̂·radial)·r, with dγ += dy·x̂ and dβ += dy. */
// @ts-ignore
@inline function spread(
  dy: usize, x: usize, gamma: usize, dx: usize, dgamma: usize, dbeta: usize, n: i32,
  hi: f32, lo: f32, r: f32, offset: f32, radial: f32, gained: bool, ofGain: bool, ofShift: bool,
): void {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2;
  const h = f32x4.splat(hi), l = f32x4.splat(lo), s = f32x4.splat(r);
  const o = f32x4.splat(offset), c = f32x4.splat(radial);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const d = v128.load(dy + j), v = unit(v128.load(x + j), h, l, s);
    const g = gained ? f32x4.mul(d, v128.load(gamma + j)) : d;
    if (ofGain) addTo(dgamma + j + j, f32x4.mul(d, v));
    if (ofShift) addTo(dbeta + j + j, d);
    v128.store(dx + j, f32x4.mul(f32x4.sub(f32x4.sub(g, o), f32x4.mul(v, c)), s));
  }
  for (; j < bytes; j += 4) {
    const d = load<f32>(dy + j), v = (load<f32>(x + j) - hi - lo) * r;
    const g = gained ? d * load<f32>(gamma + j) : d;
    const at = j + j;
    if (ofGain) store<f64>(dgamma + at, load<f64>(dgamma + at) + <f64>(d * v));
    if (ofShift) store<f64>(dbeta + at, load<f64>(dbeta + at) + <f64>d);
    store<f32>(dx + j, (g - offset - v * radial) * r);
  }
}

function spreadPlain(
  dy: usize, x: usize, dx: usize, n: i32, hi: f32, lo: f32, r: f32, offset: f32, radial: f32,
): void {
  spread(dy, x, 0, dx, 0, 0, n, hi, lo, r, offset, radial, false, false, false);
}
function spreadGained(
  dy: usize, x: usize, gamma: usize, dx: usize, n: i32,
  hi: f32, lo: f32, r: f32, offset: f32, radial: f32,
): void {
  spread(dy, x, gamma, dx, 0, 0, n, hi, lo, r, offset, radial, true, false, false);
}
function spreadOfGain(
  dy: usize, x: usize, gamma: usize, dx: usize, dgamma: usize, n: i32,
  hi: f32, lo: f32, r: f32, offset: f32, radial: f32,
): void {
  spread(dy, x, gamma, dx, dgamma, 0, n, hi, lo, r, offset, radial, true, true, false);
}
function spreadOfBoth(
  dy: usize, x: usize, gamma: usize, dx: usize, dgamma: usize, dbeta: usize, n: i32,
  hi: f32, lo: f32, r: f32, offset: f32, radial: f32,
): void {
  spread(dy, x, gamma, dx, dgamma, dbeta, n, hi, lo, r, offset, radial, true, true, true);
}

/** A whole row in float64, for what has no room in float32. */
function wide(
  dy: usize, x: usize, gamma: usize, row: usize, dx: usize, dgamma: usize, dbeta: usize, n: i32,
  centered: bool, share: f64, push: f64,
): void {
  const center = centerOf(row), root = rootOf(row), live = liveOf(row), bytes = <usize>n << 2;
  let sum: f64 = 0, radial: f64 = 0;
  for (let j: usize = 0; j < bytes; j += 4) {
    const d = <f64>load<f32>(dy + j), v = (<f64>load<f32>(x + j) - center) / root, at = j + j;
    const g = gamma ? d * <f64>load<f32>(gamma + j) : d;
    sum += g;
    radial += g * v;
    if (dgamma) store<f64>(dgamma + at, load<f64>(dgamma + at) + d * v);
    if (dbeta) store<f64>(dbeta + at, load<f64>(dbeta + at) + d);
  }
  if (!dx) return;
  const offset = centered ? sum / <f64>n : 0;
  radial = live ? radial * share : 0;
  for (let j: usize = 0; j < bytes; j += 4) {
    const d = <f64>load<f32>(dy + j), v = (<f64>load<f32>(x + j) - center) / root;
    const g = gamma ? d * <f64>load<f32>(gamma + j) : d;
    store<f32>(dx + j, <f32>((g - offset - v * radial) / root + push * v));
  }
}

/** dγ += dy·x̂ and dβ += dy alone, where no gradient of x is wanted or one of the two is. */
function sums(
  dy: usize, x: usize, dgamma: usize, dbeta: usize, n: i32, hi: f32, lo: f32, r: f32,
): void {
  for (let j: usize = 0, bytes = <usize>n << 2; j < bytes; j += 4) {
    const d = load<f32>(dy + j), at = j + j;
    if (dgamma) store<f64>(dgamma + at, load<f64>(dgamma + at) + <f64>(d * ((load<f32>(x + j) - hi - lo) * r)));
    if (dbeta) store<f64>(dbeta + at, load<f64>(dbeta + at) + <f64>d);
  }
}

// @ts-ignore
@inline function fits(v: f64): bool {
  return v == 0 || safe(v);
}

/**
 * The gradients of normalizeRows32 from dy, x and the measures of the rows: dx ← (g − mean(g) − x̂ · total(x̂ g)) / N
 * + live · dN · share · x̂ for g = dy · γ, where mean(g) is taken off if `centered`, and total and share are of the mean
 * (share 1/n) or of the sum (share 1). `ofRoot` holds dN in float32, one number a row. dγ and dβ are float64 sums that
 * are added to, of n numbers each. Rows marked as undone are passed over. dx, dγ, dβ, γ and dN may be at 0, which
 * leaves them out.
 */
export function normalizeRowsBack32(
  dy: usize, x: usize, gamma: usize, measures: usize, dx: usize, dgamma: usize, dbeta: usize, ofRoot: usize,
  rows: i32, n: i32, centered: bool, sum: bool,
): void {
  const bytes = <usize>n << 2, share: f64 = sum ? 1 : 1 / <f64>n;
  for (let i: i32 = 0; i < rows; i++, x += bytes, dy += bytes, measures += MEASURES) {
    const to = dx ? dx + <usize>i * bytes : 0, live = liveOf(measures);
    if (live >= UNDONE) continue;
    const center = centerOf(measures), root = rootOf(measures), inverse = 1 / root;
    const hi = <f32>center, lo = <f32>(center - <f64>hi), r = <f32>inverse;
    const push = live && ofRoot ? <f64>load<f32>(ofRoot + (<usize>i << 2)) * share : 0;
    let narrow = safe(inverse) && abs<f32>(hi) < 1.2676506e30;
    let offset: f64 = 0, radial: f64 = 0;
    if (narrow && to) {
      if (centered) {
        if (gamma) pullsCenteredGained(dy, x, gamma, n, hi, lo, r);
        else pullsCentered(dy, x, n, hi, lo, r);
        offset = load<f64>(SUMS) / <f64>n;
      } else if (gamma) pullsGained(dy, x, gamma, n, r);
      else pullsPlain(dy, x, n, r);
      // What dN adds along x̂ is taken off what is taken away along it: one coefficient for both.
      radial = (live ? load<f64>(SUMS, 8) * share : 0) - push * root;
      narrow = fits(offset) && fits(radial);
    }
    if (!narrow) wide(dy, x, gamma, measures, to, dgamma, dbeta, n, centered, share, push);
    else if (!to) sums(dy, x, dgamma, dbeta, n, hi, lo, r);
    else if (gamma && dgamma && dbeta) {
      spreadOfBoth(dy, x, gamma, to, dgamma, dbeta, n, hi, lo, r, <f32>offset, <f32>radial);
    } else if (gamma && dgamma) {
      spreadOfGain(dy, x, gamma, to, dgamma, n, hi, lo, r, <f32>offset, <f32>radial);
    } else {
      // dx may take the place of dy, so the sums come first.
      if (dgamma || dbeta) sums(dy, x, dgamma, dbeta, n, hi, lo, r);
      if (gamma) spreadGained(dy, x, gamma, to, n, hi, lo, r, <f32>offset, <f32>radial);
      else spreadPlain(dy, x, to, n, hi, lo, r, <f32>offset, <f32>radial);
    }
  }
}

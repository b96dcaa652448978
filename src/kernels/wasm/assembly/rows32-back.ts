// Normalization of rows of float32, backward: x̂ is computed again from x, so that nothing of its size is kept.
import { MEASURES, UNDONE, center as centerOf, live as liveOf, root as rootOf } from './measures';
import { finite, flush } from './partials';
import { safe } from './rows32';
import { sums, wide } from './rows32-apart';
import { high, low, madd32, total64, unit } from './vectors';

/** Σg and Σg·x̂ of a row, which its loop hands back. */
const SUMS: usize = memory.data(16);

/** The numbers of so many rows are added in float32 before they are added to float64. */
const BLOCK: i32 = 8;

/**
 * Σg and Σg·x̂ for g = dy · γ, and x̂ itself, which is put where the second loop finds it. Products are in float32, and
 * so are sums of four of them, in pairs; all others are in float64. To promote each takes longer than all the rest.
 */
@inline function pulls(
  dy: usize, x: usize, gamma: usize, xhat: usize, n: i32, hi: f32, lo: f32, r: f32, centered: bool, gained: bool,
): void {
  const fours = <usize>(n & ~15) << 2, whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2;
  const h = f32x4.splat(hi), l = f32x4.splat(-lo * r), s = f32x4.splat(r);
  let a = f64x2.splat(0), b = f64x2.splat(0), p = f64x2.splat(0), q = f64x2.splat(0);
  let j: usize = 0;
  for (; j < fours; j += 64) {
    const d = dy + j, from = x + j, by = gamma + j, to = xhat + j;
    const x0 = v128.load(from), d0 = v128.load(d), v0 = centered ? unit(x0, h, l, s) : f32x4.mul(x0, s);
    const g0 = gained ? f32x4.mul(d0, v128.load(by)) : d0;
    v128.store(to, v0);
    const t0 = f32x4.mul(g0, v0);
    const x1 = v128.load(from, 16), d1 = v128.load(d, 16), v1 = centered ? unit(x1, h, l, s) : f32x4.mul(x1, s);
    const g1 = gained ? f32x4.mul(d1, v128.load(by, 16)) : d1;
    v128.store(to, v1, 16);
    const t1 = madd32(g1, v1, t0);
    const x2 = v128.load(from, 32), d2 = v128.load(d, 32), v2 = centered ? unit(x2, h, l, s) : f32x4.mul(x2, s);
    const g2 = gained ? f32x4.mul(d2, v128.load(by, 32)) : d2;
    v128.store(to, v2, 32);
    const t2 = f32x4.mul(g2, v2);
    const x3 = v128.load(from, 48), d3 = v128.load(d, 48), v3 = centered ? unit(x3, h, l, s) : f32x4.mul(x3, s);
    const g3 = gained ? f32x4.mul(d3, v128.load(by, 48)) : d3;
    v128.store(to, v3, 48);
    const t3 = madd32(g3, v3, t2);
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
    let g = v128.load(dy + j);
    if (gained) g = f32x4.mul(g, v128.load(gamma + j));
    const from = v128.load(x + j), v = centered ? unit(from, h, l, s) : f32x4.mul(from, s), t = f32x4.mul(g, v);
    v128.store(xhat + j, v);
    if (centered) {
      a = f64x2.add(a, low(g));
      b = f64x2.add(b, high(g));
    }
    p = f64x2.add(p, low(t));
    q = f64x2.add(q, high(t));
  }
  let sum = total64(f64x2.add(a, b)), radial = total64(f64x2.add(p, q));
  for (; j < bytes; j += 4) {
    const from = v128.load32_splat(x + j);
    const v = f32x4.extract_lane(centered ? unit(from, h, l, s) : f32x4.mul(from, s), 0);
    let g = load<f32>(dy + j);
    if (gained) g *= load<f32>(gamma + j);
    store<f32>(xhat + j, v);
    if (centered) sum += <f64>g;
    radial += <f64>(g * v);
  }
  store<f64>(SUMS, sum);
  store<f64>(SUMS, radial, 8);
}

function pullsCentered(dy: usize, x: usize, xhat: usize, n: i32, hi: f32, lo: f32, r: f32): void {
  pulls(dy, x, 0, xhat, n, hi, lo, r, true, false);
}
function pullsCenteredGained(
  dy: usize, x: usize, gamma: usize, xhat: usize, n: i32, hi: f32, lo: f32, r: f32,
): void {
  pulls(dy, x, gamma, xhat, n, hi, lo, r, true, true);
}
function pullsPlain(dy: usize, x: usize, xhat: usize, n: i32, r: f32): void {
  pulls(dy, x, 0, xhat, n, 0, 0, r, false, false);
}
function pullsGained(dy: usize, x: usize, gamma: usize, xhat: usize, n: i32, r: f32): void {
  pulls(dy, x, gamma, xhat, n, 0, 0, r, false, true);
}

/** (g − offset − x̂·radial)·r, where `less` is −radial. */
@inline function apart(g: v128, xhat: v128, offset: v128, less: v128, r: v128, centered: bool): v128 {
  return f32x4.mul(madd32(xhat, less, centered ? f32x4.sub(g, offset) : g), r);
}

/** dx ← (dy·γ − offset − x̂·radial)·r, with dγ += dy·x̂ and dβ += dy in float32. */
@inline function spread(
  dy: usize, gamma: usize, xhat: usize, dx: usize, dgamma: usize, dbeta: usize, n: i32,
  r: f32, offset: f32, radial: f32, gained: bool, centered: bool, ofGain: bool, ofShift: bool,
): void {
  const fours = <usize>(n & ~15) << 2, whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2;
  const s = f32x4.splat(r), o = f32x4.splat(offset), c = f32x4.splat(-radial);
  let j: usize = 0;
  for (; j < fours; j += 64) {
    const from = dy + j, by = gamma + j, units = xhat + j, to = dx + j, a = dgamma + j, b = dbeta + j;
    const d0 = v128.load(from), v0 = v128.load(units);
    if (ofGain) v128.store(a, madd32(d0, v0, v128.load(a)));
    if (ofShift) v128.store(b, f32x4.add(v128.load(b), d0));
    v128.store(to, apart(gained ? f32x4.mul(d0, v128.load(by)) : d0, v0, o, c, s, centered));
    const d1 = v128.load(from, 16), v1 = v128.load(units, 16);
    if (ofGain) v128.store(a, madd32(d1, v1, v128.load(a, 16)), 16);
    if (ofShift) v128.store(b, f32x4.add(v128.load(b, 16), d1), 16);
    v128.store(to, apart(gained ? f32x4.mul(d1, v128.load(by, 16)) : d1, v1, o, c, s, centered), 16);
    const d2 = v128.load(from, 32), v2 = v128.load(units, 32);
    if (ofGain) v128.store(a, madd32(d2, v2, v128.load(a, 32)), 32);
    if (ofShift) v128.store(b, f32x4.add(v128.load(b, 32), d2), 32);
    v128.store(to, apart(gained ? f32x4.mul(d2, v128.load(by, 32)) : d2, v2, o, c, s, centered), 32);
    const d3 = v128.load(from, 48), v3 = v128.load(units, 48);
    if (ofGain) v128.store(a, madd32(d3, v3, v128.load(a, 48)), 48);
    if (ofShift) v128.store(b, f32x4.add(v128.load(b, 48), d3), 48);
    v128.store(to, apart(gained ? f32x4.mul(d3, v128.load(by, 48)) : d3, v3, o, c, s, centered), 48);
  }
  for (; j < whole; j += 16) {
    const d = v128.load(dy + j), v = v128.load(xhat + j);
    if (ofGain) v128.store(dgamma + j, madd32(d, v, v128.load(dgamma + j)));
    if (ofShift) v128.store(dbeta + j, f32x4.add(v128.load(dbeta + j), d));
    v128.store(dx + j, apart(gained ? f32x4.mul(d, v128.load(gamma + j)) : d, v, o, c, s, centered));
  }
  for (; j < bytes; j += 4) {
    const d = v128.load32_splat(dy + j), v = v128.load32_splat(xhat + j);
    if (ofGain) store<f32>(dgamma + j, f32x4.extract_lane(madd32(d, v, v128.load32_splat(dgamma + j)), 0));
    if (ofShift) store<f32>(dbeta + j, load<f32>(dbeta + j) + load<f32>(dy + j));
    const g = gained ? f32x4.mul(d, v128.load32_splat(gamma + j)) : d;
    store<f32>(dx + j, f32x4.extract_lane(apart(g, v, o, c, s, centered), 0));
  }
}

function spreadPlain(dy: usize, xhat: usize, dx: usize, n: i32, r: f32, offset: f32, radial: f32): void {
  spread(dy, 0, xhat, dx, 0, 0, n, r, offset, radial, false, true, false, false);
}
function spreadGained(
  dy: usize, gamma: usize, xhat: usize, dx: usize, n: i32, r: f32, offset: f32, radial: f32,
): void {
  spread(dy, gamma, xhat, dx, 0, 0, n, r, offset, radial, true, true, false, false);
}
function spreadOfGain(
  dy: usize, gamma: usize, xhat: usize, dx: usize, dgamma: usize, n: i32, r: f32, radial: f32,
): void {
  spread(dy, gamma, xhat, dx, dgamma, 0, n, r, 0, radial, true, false, true, false);
}
function spreadOfBoth(
  dy: usize, gamma: usize, xhat: usize, dx: usize, dgamma: usize, dbeta: usize, n: i32,
  r: f32, offset: f32, radial: f32,
): void {
  spread(dy, gamma, xhat, dx, dgamma, dbeta, n, r, offset, radial, true, true, true, true);
}

@inline function fits(v: f64): bool {
  return v == 0 || safe(v);
}

/**
 * dx of a row, and its part of dγ and dβ. Where that was added to the sums in float32, and not to those in float64, it
 * says so.
 */
function back(
  dy: usize, x: usize, gamma: usize, row: usize, dx: usize, dgamma: usize, dbeta: usize,
  xhat: usize, ofGain: usize, ofShift: usize, n: i32, centered: bool, share: f64, ofRoot: f64,
): bool {
  const center = centerOf(row), root = rootOf(row), live = liveOf(row), inverse = 1 / root;
  if (live >= UNDONE) return false;
  const hi = <f32>center, lo = <f32>(center - <f64>hi), r = <f32>inverse, push = live ? ofRoot * share : 0;
  let narrow = safe(inverse) && abs<f32>(hi) < 1.2676506e30;
  let offset: f64 = 0, radial: f64 = 0;
  if (narrow && dx) {
    if (centered) {
      if (gamma) pullsCenteredGained(dy, x, gamma, xhat, n, hi, lo, r);
      else pullsCentered(dy, x, xhat, n, hi, lo, r);
      offset = load<f64>(SUMS) / <f64>n;
    } else if (gamma) pullsGained(dy, x, gamma, xhat, n, r);
    else pullsPlain(dy, x, xhat, n, r);
    // What dN adds along x̂ is taken off what is taken away along it: one coefficient for both.
    radial = (live ? load<f64>(SUMS, 8) * share : 0) - push * root;
    narrow = fits(offset) && fits(radial);
  }
  const o = <f32>offset, c = <f32>radial;
  if (!narrow) wide(dy, x, gamma, row, dx, dgamma, dbeta, n, centered, share, push);
  else if (dx && dx != dy && gamma && dgamma && (dbeta || !centered)) {
    if (dbeta) spreadOfBoth(dy, gamma, xhat, dx, ofGain, ofShift, n, r, o, c);
    else spreadOfGain(dy, gamma, xhat, dx, ofGain, n, r, c);
    return true;
  } else {
    // dx may take the place of dy, so the sums come first.
    if (dgamma || dbeta) sums(dy, x, row, dgamma, dbeta, n);
    if (!dx) return false;
    if (gamma) spreadGained(dy, gamma, xhat, dx, n, r, o, c);
    else spreadPlain(dy, xhat, dx, n, r, o, c);
  }
  return false;
}

/**
 * The gradients of normalizeRows32 from dy, x and the measures of the rows: dx ← (g − mean(g) − x̂ · total(x̂ g)) / N
 * + live · dN · share · x̂ for g = dy · γ, where mean(g) is taken off if `centered`, and total and share are of the mean
 * (share 1/n) or of the sum (share 1). `ofRoot` holds dN in float32, one number a row. dγ and dβ are float64 sums that
 * are added to, of n numbers each. Rows marked as undone are passed over. dx, dγ, dβ, γ and dN may be at 0, which
 * leaves them out. `work` is room for 28 · n + 64 bytes.
 *
 * To add to float64 sums for every row takes a third of the time: rows are added in float32, eight at most. Should the
 * sums have left the range of float32 in between, they are taken again as they were, and all rows are added in float64.
 */
export function normalizeRowsBack32(
  dy: usize, x: usize, gamma: usize, measures: usize, dx: usize, dgamma: usize, dbeta: usize, ofRoot: usize,
  work: usize, rows: i32, n: i32, centered: bool, sum: bool,
): void {
  const bytes = <usize>n << 2, room = (bytes + 15) & ~15, share: f64 = sum ? 1 : 1 / <f64>n;
  const ofGain = work + room, ofShift = ofGain + room, before = ofShift + room;
  memory.fill(ofGain, 0, 2 * room);
  if (dgamma) memory.copy(before, dgamma, 2 * bytes);
  if (dbeta) memory.copy(before + 2 * bytes, dbeta, 2 * bytes);
  let waiting: i32 = 0, gathered = false;
  for (let i: i32 = 0; i < rows; i++) {
    const at = <usize>i * bytes, push: f64 = ofRoot ? <f64>load<f32>(ofRoot + (<usize>i << 2)) : 0;
    const row = measures + <usize>i * MEASURES, to = dx ? dx + at : 0;
    if (back(dy + at, x + at, gamma, row, to, dgamma, dbeta, work, ofGain, ofShift, n, centered, share, push)) {
      waiting++;
      gathered = true;
    }
    if (waiting == BLOCK || (waiting && i == rows - 1)) {
      flush(ofGain, dgamma, n);
      if (dbeta) flush(ofShift, dbeta, n);
      waiting = 0;
    }
  }
  if (!gathered || (finite(dgamma, n) && (!dbeta || finite(dbeta, n)))) return;
  memory.copy(dgamma, before, 2 * bytes);
  if (dbeta) memory.copy(dbeta, before + 2 * bytes, 2 * bytes);
  for (let i: i32 = 0; i < rows; i++) {
    const at = <usize>i * bytes, row = measures + <usize>i * MEASURES;
    if (liveOf(row) < UNDONE) wide(dy + at, x + at, gamma, row, 0, dgamma, dbeta, n, centered, share, 0);
  }
}

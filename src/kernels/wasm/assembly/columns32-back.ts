// Normalization of columns of float32, backward: x̂ is computed again from x, as for rows.
import { LARGE, narrow } from './columns32';
import { liveOf, rootOf } from './measures';
import { safe } from './rows32';
import { high, low } from './vectors';

/** So many rows are added in float32 before they are added to sums in float64. */
const BLOCK: i32 = 8;

/**
 * Adds Σdy and Σdy·(x − hi)·r of eight rows to those of the columns, whole vectors alone. A loop of eight turns would
 * take longer.
 */
function pulls8(
  dy: usize, x: usize, step: usize, inner: i32, his: usize, rs: usize, sums: usize, radials: usize,
): void {
  const whole = <usize>(inner & ~3) << 2, ahead = x - dy;
  for (let j: usize = 0; j < whole; j += 16) {
    const at = j + j, h = v128.load(his + j), s = v128.load(rs + j);
    let from = dy + j, a = v128.load(from), p = pull(a, from + ahead, h, s);
    from += step;
    let d = v128.load(from);
    a = f32x4.add(a, d);
    p = f32x4.add(p, pull(d, from + ahead, h, s));
    from += step;
    d = v128.load(from);
    a = f32x4.add(a, d);
    p = f32x4.add(p, pull(d, from + ahead, h, s));
    from += step;
    d = v128.load(from);
    a = f32x4.add(a, d);
    p = f32x4.add(p, pull(d, from + ahead, h, s));
    from += step;
    d = v128.load(from);
    a = f32x4.add(a, d);
    p = f32x4.add(p, pull(d, from + ahead, h, s));
    from += step;
    d = v128.load(from);
    a = f32x4.add(a, d);
    p = f32x4.add(p, pull(d, from + ahead, h, s));
    from += step;
    d = v128.load(from);
    a = f32x4.add(a, d);
    p = f32x4.add(p, pull(d, from + ahead, h, s));
    from += step;
    d = v128.load(from);
    a = f32x4.add(a, d);
    p = f32x4.add(p, pull(d, from + ahead, h, s));
    v128.store(sums + at, f64x2.add(v128.load(sums + at), low(a)));
    v128.store(sums + at, f64x2.add(v128.load(sums + at, 16), high(a)), 16);
    v128.store(radials + at, f64x2.add(v128.load(radials + at), low(p)));
    v128.store(radials + at, f64x2.add(v128.load(radials + at, 16), high(p)), 16);
  }
}

/** dy·(x − hi)·r. */
@inline function pull(dy: v128, x: usize, hi: v128, r: v128): v128 {
  return f32x4.mul(dy, f32x4.mul(f32x4.sub(v128.load(x), hi), r));
}

/** The same of up to eight rows, in the same order, from the column on whose bytes start at `j`. */
function pulls(
  dy: usize, x: usize, step: usize, rows: i32, inner: i32, his: usize, rs: usize, sums: usize, radials: usize,
  j: usize,
): void {
  for (const bytes = <usize>inner << 2, ahead = x - dy; j < bytes; j += 4) {
    const at = j + j, h = load<f32>(his + j), s = load<f32>(rs + j);
    let from = dy + j, a = load<f32>(from), p = a * ((load<f32>(from + ahead) - h) * s);
    for (let r = rows - 1; r > 0; r--) {
      from += step;
      const d = load<f32>(from);
      a += d;
      p += d * ((load<f32>(from + ahead) - h) * s);
    }
    store<f64>(sums + at, load<f64>(sums + at) + <f64>a);
    store<f64>(radials + at, load<f64>(radials + at) + <f64>p);
  }
}

/** dy·s + t − (x − hi)·k. */
@inline function pushed(dy: v128, x: v128, hi: v128, s: v128, t: v128, k: v128): v128 {
  return f32x4.sub(f32x4.add(f32x4.mul(dy, s), t), f32x4.mul(f32x4.sub(x, hi), k));
}

/**
 * dx ← dy·s + t − (x − hi)·k, with these four for every column: one row. Four vectors at a time, since there are seven
 * addresses, but one after the other: with all read first, and written last, it takes half as long again.
 */
function spread(
  dy: usize, x: usize, dx: usize, inner: i32, his: usize, ss: usize, ts: usize, ks: usize,
): void {
  const fours = <usize>(inner & ~15) << 2, bytes = <usize>inner << 2;
  let j: usize = 0;
  for (; j < fours; j += 64) {
    const from = x + j, g = dy + j, to = dx + j, h = his + j, s = ss + j, t = ts + j, k = ks + j;
    v128.store(to, pushed(
      v128.load(g), v128.load(from), v128.load(h), v128.load(s), v128.load(t), v128.load(k),
    ));
    v128.store(to, pushed(
      v128.load(g, 16), v128.load(from, 16), v128.load(h, 16), v128.load(s, 16), v128.load(t, 16), v128.load(k, 16),
    ), 16);
    v128.store(to, pushed(
      v128.load(g, 32), v128.load(from, 32), v128.load(h, 32), v128.load(s, 32), v128.load(t, 32), v128.load(k, 32),
    ), 32);
    v128.store(to, pushed(
      v128.load(g, 48), v128.load(from, 48), v128.load(h, 48), v128.load(s, 48), v128.load(t, 48), v128.load(k, 48),
    ), 48);
  }
  for (; j < bytes; j += 4) {
    const d = (load<f32>(x + j) - load<f32>(his + j)) * load<f32>(ks + j);
    store<f32>(dx + j, load<f32>(dy + j) * load<f32>(ss + j) + load<f32>(ts + j) - d);
  }
}

/** The same of four rows, whole vectors alone. */
function spread4(
  dy: usize, x: usize, dx: usize, inner: i32, his: usize, ss: usize, ts: usize, ks: usize,
): void {
  const step = <usize>inner << 2, whole = step & ~15, ahead = x - dy, to = dx - dy;
  for (let j: usize = 0; j < whole; j += 16) {
    const h = v128.load(his + j), s = v128.load(ss + j), t = v128.load(ts + j), k = v128.load(ks + j);
    let at = dy + j;
    v128.store(at + to, pushed(v128.load(at), v128.load(at + ahead), h, s, t, k));
    at += step;
    v128.store(at + to, pushed(v128.load(at), v128.load(at + ahead), h, s, t, k));
    at += step;
    v128.store(at + to, pushed(v128.load(at), v128.load(at + ahead), h, s, t, k));
    at += step;
    v128.store(at + to, pushed(v128.load(at), v128.load(at + ahead), h, s, t, k));
  }
}

function spreadAll(
  dy: usize, x: usize, dx: usize, n: i32, inner: i32, his: usize, ss: usize, ts: usize, ks: usize,
): void {
  const step = <usize>inner << 2, whole = step & ~15, all = <usize>n * step;
  const fours = all <= LARGE ? all - all % (4 * step) : 0;
  for (let i: usize = 0; i < fours; i += 4 * step) spread4(dy + i, x + i, dx + i, inner, his, ss, ts, ks);
  for (let i: usize = 0; i < all; i += step) {
    const from = i < fours ? whole : 0, at = i + from;
    if (from < step) {
      const left = <i32>(step - from) >> 2;
      spread(dy + at, x + at, dx + at, left, his + from, ss + from, ts + from, ks + from);
    }
  }
}

/** One column in float64: its sums, put where those of float32 are, and its gradient. */
function wide(
  dy: usize, x: usize, dx: usize, n: i32, step: usize, center: f64, root: f64, gain: f64, push: f64, share: f64,
  centered: bool, sum: usize, radial: usize,
): void {
  const ahead = x - dy;
  let a: f64 = 0, p: f64 = 0;
  for (let i: i32 = 0, from = dy; i < n; i++, from += step) {
    const d = <f64>load<f32>(from);
    a += d;
    p += d * ((<f64>load<f32>(from + ahead) - center) / root);
  }
  store<f64>(sum, a);
  store<f64>(radial, p);
  if (!dx) return;
  const offset = centered ? a / <f64>n : 0;
  // A sum that is not finite counts for nothing if N does not depend on x.
  const along = share ? p * share : 0;
  for (let i: i32 = 0, from = dy; i < n; i++, from += step, dx += step) {
    const v = (<f64>load<f32>(from + ahead) - center) / root;
    store<f32>(dx, <f32>((gain * (<f64>load<f32>(from) - offset - v * along)) / root + push * v));
  }
}

/**
 * The gradients of normalizeColumns32 from dy, x and the measures, as normalizeRowsBack32 has them. `ofRoot` holds one
 * float32 a group, dγ and dβ one float64 a column of a block, which are added to.
 * dx must be no part of dy or x.
 */
export function normalizeColumnsBack32(
  dy: usize, x: usize, gamma: usize, measures: usize, dx: usize, dgamma: usize, dbeta: usize, ofRoot: usize,
  work: usize, outer: i32, n: i32, inner: i32, centered: bool, sum: bool,
): void {
  const run = <usize>outer * <usize>inner << 3, step = <usize>inner << 2, count = <f64>n, all = <usize>n * step;
  const share: f64 = sum ? 1 : 1 / count;
  const whole = <usize>(inner & ~3) << 2;
  const sums = work, radials = work + 2 * step, his = work + 4 * step, rs = his + step;
  const ss = rs + step, ts = ss + step, ks = ts + step;
  for (let o: i32 = 0; o < outer; o++, x += all, dy += all) {
    const centers = measures + (<usize>o * <usize>inner << 3);
    const to = dx ? dx + <usize>o * all : 0;
    memory.fill(work, 0, 4 * step);
    for (let j: usize = 0; j < step; j += 4) {
      store<f32>(his + j, <f32>load<f64>(centers + j + j));
      store<f32>(rs + j, <f32>(1 / rootOf(centers + j + j, run)));
    }
    for (let i: i32 = 0; i < n; i += BLOCK) {
      const at = <usize>i * step;
      let j: usize = 0;
      if (n - i >= BLOCK) {
        pulls8(dy + at, x + at, step, inner, his, rs, sums, radials);
        j = whole;
      }
      if (j < step) pulls(dy + at, x + at, step, min(BLOCK, n - i), inner, his, rs, sums, radials, j);
    }
    for (let j: usize = 0; j < step; j += 4) {
      const at = j + j, root = rootOf(centers + at, run), live = liveOf(centers + at, run), inverse = 1 / root;
      const gain = gamma ? <f64>load<f32>(gamma + j) : 1, factor = gain * inverse, pulled = load<f64>(sums + at);
      // x − hi lacks lo of x − x̄, which all numbers of the column have in common.
      const center = load<f64>(centers + at), lo = center - <f64>load<f32>(his + j);
      const radial = load<f64>(radials + at) - lo * inverse * pulled, offset = centered ? pulled / count : 0;
      const push = pushOf(ofRoot, <usize>o * step + j, live, share);
      const along = ((live ? gain * radial * share * live : 0) - push * root) * inverse, k = along * inverse;
      const t = k * lo - offset * factor;
      store<f64>(radials + at, radial);
      store<f32>(ss + j, <f32>factor);
      store<f32>(ts + j, <f32>t);
      store<f32>(ks + j, <f32>k);
      const narrows = narrow(inverse, factor, center) && fits(offset) && fits(along) && fits(k)
        && abs<f64>(t) < 1.2676506002282294e30 && isFinite(pulled) && isFinite(radial);
      if (!narrows) store<f32>(rs + j, <f32>NaN); // marks a column that is done again
    }
    if (to) spreadAll(dy, x, to, n, inner, his, ss, ts, ks);
    for (let j: usize = 0; j < step; j += 4) {
      const at = j + j, group = centers + at;
      if (isNaN(load<f32>(rs + j))) {
        const live = liveOf(group, run), gain = gamma ? <f64>load<f32>(gamma + j) : 1;
        const push = pushOf(ofRoot, <usize>o * step + j, live, share);
        wide(
          dy + j, x + j, to ? to + j : 0, n, step, load<f64>(group), rootOf(group, run), gain, push,
          share * live, centered, sums + at, radials + at,
        );
      }
      if (dgamma) store<f64>(dgamma + at, load<f64>(dgamma + at) + load<f64>(radials + at));
      if (dbeta) store<f64>(dbeta + at, load<f64>(dbeta + at) + load<f64>(sums + at));
    }
  }
}

/** The part of dx along x̂ that comes from the gradient of N. */
@inline function pushOf(ofRoot: usize, at: usize, live: f64, share: f64): f64 {
  return live && ofRoot ? <f64>load<f32>(ofRoot + at) * share * live : 0;
}

@inline function fits(v: f64): bool {
  return v == 0 || safe(v);
}

// Normalization of columns of float32, backward: x̂ is computed again from x, as for rows.
import { BLOCK, narrow } from './columns32';
import { liveOf, rootOf } from './measures';
import { safe } from './rows32';
import { high, low } from './vectors';

/** Adds Σdy and Σdy·x̂ of some rows to those of the columns. */
function pulls(
  dy: usize, x: usize, step: usize, rows: i32, inner: i32, his: usize, los: usize, rs: usize,
  sums: usize, radials: usize,
): void {
  const whole = <usize>(inner & ~3) << 2, bytes = <usize>inner << 2, ahead = x - dy;
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const at = j + j, h = v128.load(his + j), l = v128.load(los + j), s = v128.load(rs + j);
    let a = v128.load(sums + at), b = v128.load(sums + at, 16);
    let p = v128.load(radials + at), q = v128.load(radials + at, 16);
    for (let r = rows, from = dy + j; r > 0; r--, from += step) {
      const d = v128.load(from), v = f32x4.mul(f32x4.sub(f32x4.sub(v128.load(from + ahead), h), l), s);
      const t = f32x4.mul(d, v);
      a = f64x2.add(a, low(d));
      b = f64x2.add(b, high(d));
      p = f64x2.add(p, low(t));
      q = f64x2.add(q, high(t));
    }
    v128.store(sums + at, a);
    v128.store(sums + at, b, 16);
    v128.store(radials + at, p);
    v128.store(radials + at, q, 16);
  }
  for (; j < bytes; j += 4) {
    const at = j + j, h = load<f32>(his + j), l = load<f32>(los + j), s = load<f32>(rs + j);
    let a = load<f64>(sums + at), p = load<f64>(radials + at);
    for (let r = rows, from = dy + j; r > 0; r--, from += step) {
      const d = load<f32>(from);
      a += <f64>d;
      p += <f64>(d * ((load<f32>(from + ahead) - h - l) * s));
    }
    store<f64>(sums + at, a);
    store<f64>(radials + at, p);
  }
}

/** dx ← (dy − offset)·s − ((x − hi) − lo)·k, with these five for every column. */
function spread(
  dy: usize, x: usize, dx: usize, inner: i32, his: usize, los: usize, offsets: usize, ss: usize, ks: usize,
): void {
  const whole = <usize>(inner & ~3) << 2, bytes = <usize>inner << 2;
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const d = f32x4.sub(f32x4.sub(v128.load(x + j), v128.load(his + j)), v128.load(los + j));
    const g = f32x4.mul(f32x4.sub(v128.load(dy + j), v128.load(offsets + j)), v128.load(ss + j));
    v128.store(dx + j, f32x4.sub(g, f32x4.mul(d, v128.load(ks + j))));
  }
  for (; j < bytes; j += 4) {
    const d = load<f32>(x + j) - load<f32>(his + j) - load<f32>(los + j);
    const g = (load<f32>(dy + j) - load<f32>(offsets + j)) * load<f32>(ss + j);
    store<f32>(dx + j, g - d * load<f32>(ks + j));
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
  for (let i: i32 = 0, from = dy; i < n; i++, from += step, dx += step) {
    const v = (<f64>load<f32>(from + ahead) - center) / root;
    store<f32>(dx, <f32>((gain * (<f64>load<f32>(from) - offset - v * p * share)) / root + push * v));
  }
}

/**
 * The gradients of normalizeColumns32 from dy, x and the measures, as normalizeRowsBack32 has them. `ofRoot` holds one
 * float32 a group, dγ and dβ one float64 a column of a block, which are added to. `work` is room for 40 · inner bytes.
 * dx must be no part of dy or x.
 */
export function normalizeColumnsBack32(
  dy: usize, x: usize, gamma: usize, measures: usize, dx: usize, dgamma: usize, dbeta: usize, ofRoot: usize,
  work: usize, outer: i32, n: i32, inner: i32, centered: bool, sum: bool,
): void {
  const run = <usize>outer * <usize>inner << 3, step = <usize>inner << 2, count = <f64>n, all = <usize>n * step;
  const share: f64 = sum ? 1 : 1 / count;
  const sums = work, radials = work + 2 * step, his = work + 4 * step, los = his + step, rs = los + step;
  const offsets = rs + step, ss = offsets + step, ks = ss + step;
  for (let o: i32 = 0; o < outer; o++, x += all, dy += all) {
    const centers = measures + (<usize>o * <usize>inner << 3);
    const to = dx ? dx + <usize>o * all : 0;
    memory.fill(work, 0, 4 * step);
    for (let j: usize = 0; j < step; j += 4) {
      const center = load<f64>(centers + j + j), hi = <f32>center;
      store<f32>(his + j, hi);
      store<f32>(los + j, <f32>(center - <f64>hi));
      store<f32>(rs + j, <f32>(1 / rootOf(centers + j + j, run)));
    }
    for (let i: i32 = 0; i < n; i += BLOCK) {
      const at = <usize>i * step;
      pulls(dy + at, x + at, step, min(BLOCK, n - i), inner, his, los, rs, sums, radials);
    }
    for (let j: usize = 0; j < step; j += 4) {
      const at = j + j, root = rootOf(centers + at, run), live = liveOf(centers + at, run), inverse = 1 / root;
      const gain = gamma ? <f64>load<f32>(gamma + j) : 1, factor = gain * inverse;
      const offset = centered ? load<f64>(sums + at) / count : 0;
      const push = pushOf(ofRoot, <usize>o * step + j, live, share);
      const along = ((live ? gain * load<f64>(radials + at) * share : 0) - push * root) * inverse;
      store<f32>(offsets + j, <f32>offset);
      store<f32>(ss + j, <f32>factor);
      store<f32>(ks + j, <f32>(along * inverse));
      const narrows = narrow(inverse, factor, load<f64>(centers + at)) && fits(offset) && fits(along)
        && fits(along * inverse);
      if (!narrows) store<f32>(rs + j, <f32>NaN); // marks a column that is done again
    }
    if (to) {
      for (let i: i32 = 0; i < n; i++) {
        const at = <usize>i * step;
        spread(dy + at, x + at, to + at, inner, his, los, offsets, ss, ks);
      }
    }
    for (let j: usize = 0; j < step; j += 4) {
      const at = j + j, group = centers + at;
      if (isNaN(load<f32>(rs + j))) {
        const live = liveOf(group, run), gain = gamma ? <f64>load<f32>(gamma + j) : 1;
        const push = pushOf(ofRoot, <usize>o * step + j, live, share);
        wide(
          dy + j, x + j, to ? to + j : 0, n, step, load<f64>(group), rootOf(group, run), gain, push,
          live ? share : 0, centered, sums + at, radials + at,
        );
      }
      if (dgamma) store<f64>(dgamma + at, load<f64>(dgamma + at) + load<f64>(radials + at));
      if (dbeta) store<f64>(dbeta + at, load<f64>(dbeta + at) + load<f64>(sums + at));
    }
  }
}

/** What the gradient of N adds along x̂. */
// @ts-ignore: decorators are AssemblyScript's
@inline function pushOf(ofRoot: usize, at: usize, live: f64, share: f64): f64 {
  return live && ofRoot ? <f64>load<f32>(ofRoot + at) * share : 0;
}

// @ts-ignore
@inline function fits(v: f64): bool {
  return v == 0 || safe(v);
}

// y = γ·x·σ(wx)·r + β over float32, in rows of n numbers, and its backward pass. γ, β and w are rows; a row is split into
// equal groups, each with an r of its own in each sample, which has `positions` rows. The backward pass reads t = e^−|wx|.
import { share } from './exponential32';
import { flush } from './partials';
import { decay, k } from './power32';
import { filled } from './squash32';
import { high, low, madd32, total64 } from './vectors';
import { room } from './work-rows';

/** Sums of so many rows are in float32 before they are added to float64, as in rows32-back.ts. */
const BLOCK: i32 = 8;

function write(x: usize, w: usize, r: f32, gain: usize, shift: usize, t: usize, y: usize, n: i32): void {
  const L = k(0), M = k(1), H = k(2), W = k(3), a = k(4), b = k(5), c = k(6), d = k(7), e = k(8);
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2, one = f32x4.splat(1), f = f32x4.splat(r);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const v = v128.load(x + j), z = f32x4.mul(v, v128.load(w + j));
    const q = decay(z, L, M, H, W, a, b, c, d, e);
    const s = share(z, q, one);
    v128.store(t + j, q);
    v128.store(y + j, madd32(f32x4.mul(f32x4.mul(v, s), f), v128.load(gain + j), v128.load(shift + j)));
  }
  // The rest is computed as the vectors are, so that all numbers of a row are rounded alike.
  for (; j < bytes; j += 4) {
    const v = v128.load32_splat(x + j), z = f32x4.mul(v, v128.load32_splat(w + j));
    const q = decay(z, L, M, H, W, a, b, c, d, e);
    const s = share(z, q, one);
    const u = f32x4.mul(f32x4.mul(v, s), f);
    store<f32>(t + j, f32x4.extract_lane(q, 0));
    store<f32>(y + j, f32x4.extract_lane(madd32(u, v128.load32_splat(gain + j), v128.load32_splat(shift + j)), 0));
  }
}

/** gain and shift may be at 0, which stands for 1 and 0. */
export function swish32(
  x: usize, w: usize, r: usize, gain: usize, shift: usize, t: usize, y: usize, work: usize, rows: i32, n: i32,
  groups: i32, positions: i32,
): void {
  const m = n / groups, step = <usize>m << 2, along = <usize>groups << 2;
  if (!gain) gain = filled(work, 1, n);
  if (!shift) shift = filled(work + room(n), 0, n);
  for (let i: i32 = 0, at: i32 = 0; i < rows; i++) {
    for (let j: usize = 0, part: usize = 0; part < along; part += 4, j += step, x += step, t += step, y += step) {
      write(x, w + j, load<f32>(r + part), gain + j, shift + j, t, y, m);
    }
    if (++at < positions) continue;
    at = 0;
    r += along;
  }
}

/** The part of a row that lies in one group: writes dx, adds to rows of sums, and returns Σγ·dy·u. */
function pull(
  dy: usize, x: usize, t: usize, w: usize, r: f32, gain: usize, dx: usize, dw: usize, dg: usize, db: usize, n: i32,
): f64 {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2, one = f32x4.splat(1), f = f32x4.splat(r);
  let sum = f64x2.splat(0), rest: f64 = 0;
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const v = v128.load(x + j), g = v128.load(dy + j), own = v128.load(w + j), z = f32x4.mul(v, own);
    const q = v128.load(t + j), i = f32x4.div(one, f32x4.add(one, q));
    const s = f32x4.mul(v128.bitselect(q, one, i32x4.shr_s(z, 31)), i);
    const u = f32x4.mul(f32x4.mul(v, s), f), grown = f32x4.mul(g, v128.load(gain + j)), h = f32x4.mul(grown, f);
    const p = f32x4.mul(f32x4.mul(h, v), f32x4.mul(f32x4.mul(q, i), i)), all = f32x4.mul(grown, u);
    v128.store(dx + j, madd32(h, s, f32x4.mul(p, own)));
    v128.store(dw + j, madd32(p, v, v128.load(dw + j)));
    v128.store(dg + j, madd32(g, u, v128.load(dg + j)));
    v128.store(db + j, f32x4.add(g, v128.load(db + j)));
    sum = f64x2.add(sum, f64x2.add(low(all), high(all)));
  }
  for (; j < bytes; j += 4) {
    const v = v128.load32_splat(x + j), g = v128.load32_splat(dy + j), own = v128.load32_splat(w + j), z = f32x4.mul(v, own);
    const q = v128.load32_splat(t + j), i = f32x4.div(one, f32x4.add(one, q));
    const s = f32x4.mul(v128.bitselect(q, one, i32x4.shr_s(z, 31)), i);
    const u = f32x4.mul(f32x4.mul(v, s), f), grown = f32x4.mul(g, v128.load32_splat(gain + j)), h = f32x4.mul(grown, f);
    const p = f32x4.mul(f32x4.mul(h, v), f32x4.mul(f32x4.mul(q, i), i)), all = f32x4.mul(grown, u);
    store<f32>(dx + j, f32x4.extract_lane(madd32(h, s, f32x4.mul(p, own)), 0));
    store<f32>(dw + j, f32x4.extract_lane(madd32(p, v, v128.load32_splat(dw + j)), 0));
    store<f32>(dg + j, f32x4.extract_lane(madd32(g, u, v128.load32_splat(dg + j)), 0));
    store<f32>(db + j, load<f32>(db + j) + load<f32>(dy + j));
    rest += <f64>f32x4.extract_lane(all, 0);
  }
  return total64(sum) + rest;
}

/** Writes dx for a constant r; Σγ·dy·u of every group of every row to `ofGroup`; and dw, dγ and dβ, n float64 each. */
export function swishBack32(
  dy: usize, x: usize, t: usize, w: usize, r: usize, gain: usize, dx: usize, ofGroup: usize, dw: usize, dg: usize,
  db: usize, work: usize, rows: i32, n: i32, groups: i32, positions: i32,
): void {
  const m = n / groups, step = <usize>m << 2, along = <usize>groups << 2, wide = <usize>n << 3;
  const ofW = filled(work + room(n), 0, n), ofG = filled(ofW + room(n), 0, n), ofB = filled(ofG + room(n), 0, n);
  if (!gain) gain = filled(work, 1, n);
  memory.fill(dw, 0, wide);
  memory.fill(dg, 0, wide);
  memory.fill(db, 0, wide);
  for (let i: i32 = 0, at: i32 = 0; i < rows; i++) {
    for (let j: usize = 0, part: usize = 0; part < along; part += 4, j += step) {
      const sum = pull(dy, x, t, w + j, load<f32>(r + part), gain + j, dx, ofW + j, ofG + j, ofB + j, m);
      store<f64>(ofGroup, sum);
      ofGroup += 8;
      dy += step;
      x += step;
      t += step;
      dx += step;
    }
    if (++at == positions) {
      at = 0;
      r += along;
    }
    if ((i + 1) % BLOCK && i + 1 < rows) continue;
    flush(ofW, dw, n);
    flush(ofG, dg, n);
    flush(ofB, db, n);
  }
}

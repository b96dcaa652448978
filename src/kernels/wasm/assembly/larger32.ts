// y = γ·x / D + β with D = max(R, B) and R = wx + S over float32, in rows of n numbers, and its backward pass. γ, β, w and
// B are rows, and S is one for each sample of `positions` rows, or the same for all.
import { flush } from './partials';
import { filled } from './squash32';
import { madd32 } from './vectors';
import { room } from './work-rows';

/** Sums of so many rows are in float32 before they are added to float64, as in rows32-back.ts. */
const BLOCK: i32 = 8;

@inline function result(v: v128, w: v128, S: v128, B: v128, gain: v128, shift: v128): v128 {
  return madd32(f32x4.div(v, f32x4.max(madd32(v, w, S), B)), gain, shift);
}

function write(x: usize, w: usize, S: usize, B: usize, gain: usize, shift: usize, y: usize, n: i32): void {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2;
  let j: usize = 0;
  for (; j < whole; j += 16) {
    v128.store(y + j, result(
      v128.load(x + j), v128.load(w + j), v128.load(S + j), v128.load(B + j), v128.load(gain + j), v128.load(shift + j),
    ));
  }
  // The rest is computed as the vectors are, so that all numbers of a row are rounded alike.
  for (; j < bytes; j += 4) {
    store<f32>(y + j, f32x4.extract_lane(result(
      v128.load32_splat(x + j), v128.load32_splat(w + j), v128.load32_splat(S + j), v128.load32_splat(B + j),
      v128.load32_splat(gain + j), v128.load32_splat(shift + j),
    ), 0));
  }
}

/** gain and shift may be at 0, which stands for 1 and 0. `along` is the bytes from one S to the next. */
export function overLarger32(
  x: usize, w: usize, S: usize, along: usize, B: usize, gain: usize, shift: usize, y: usize, work: usize, rows: i32,
  n: i32, positions: i32,
): void {
  const step = <usize>n << 2;
  if (!gain) gain = filled(work, 1, n);
  if (!shift) shift = filled(work + room(n), 0, n);
  for (let i: i32 = 0, at: i32 = 0; i < rows; i++, x += step, y += step) {
    write(x, w, S, B, gain, shift, y, n);
    if (++at < positions) continue;
    at = 0;
    S += along;
  }
}

/** 1 where R is larger, ½ where both are equal, and 0 where B is. */
@inline function shareOf(R: v128, B: v128): v128 {
  const half = f32x4.splat(0.5), least = v128.and(half, f32x4.ge(R, B));
  return f32x4.add(least, v128.and(half, f32x4.gt(R, B)));
}

/** A row: writes dx without what comes through S and B, and adds to rows of sums. */
function pull(
  dy: usize, x: usize, w: usize, S: usize, B: usize, gain: usize, dx: usize, dS: usize, dB: usize, dw: usize, dg: usize,
  db: usize, n: i32,
): void {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2, one = f32x4.splat(1);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const v = v128.load(x + j), g = v128.load(dy + j), s = v128.load(S + j), b = v128.load(B + j);
    const R = madd32(v, v128.load(w + j), s), D = f32x4.max(R, b), i = f32x4.div(one, D), u = f32x4.mul(v, i);
    const h = f32x4.mul(f32x4.mul(g, v128.load(gain + j)), i), p = f32x4.mul(h, shareOf(R, b)), q = f32x4.sub(h, p);
    const t = f32x4.mul(p, u);
    v128.store(dx + j, madd32(p, f32x4.mul(s, i), q));
    v128.store(dS + j, f32x4.add(t, v128.load(dS + j)));
    v128.store(dB + j, madd32(q, u, v128.load(dB + j)));
    v128.store(dw + j, f32x4.sub(v128.load(dw + j), f32x4.mul(t, v)));
    v128.store(dg + j, madd32(g, u, v128.load(dg + j)));
    v128.store(db + j, f32x4.add(g, v128.load(db + j)));
  }
  for (; j < bytes; j += 4) {
    const v = v128.load32_splat(x + j), g = v128.load32_splat(dy + j), s = v128.load32_splat(S + j);
    const b = v128.load32_splat(B + j), R = madd32(v, v128.load32_splat(w + j), s), D = f32x4.max(R, b);
    const i = f32x4.div(one, D), u = f32x4.mul(v, i), h = f32x4.mul(f32x4.mul(g, v128.load32_splat(gain + j)), i);
    const p = f32x4.mul(h, shareOf(R, b)), q = f32x4.sub(h, p), t = f32x4.mul(p, u);
    store<f32>(dx + j, f32x4.extract_lane(madd32(p, f32x4.mul(s, i), q), 0));
    store<f32>(dS + j, load<f32>(dS + j) + f32x4.extract_lane(t, 0));
    store<f32>(dB + j, f32x4.extract_lane(madd32(q, u, v128.load32_splat(dB + j)), 0));
    store<f32>(dw + j, load<f32>(dw + j) - f32x4.extract_lane(f32x4.mul(t, v), 0));
    store<f32>(dg + j, f32x4.extract_lane(madd32(g, u, v128.load32_splat(dg + j)), 0));
    store<f32>(db + j, load<f32>(db + j) + load<f32>(dy + j));
  }
}

/** Writes dx without what comes through S and B; −dS of every sample; and −dB, dw, dγ and dβ, n float64 each. dS and dB may be at 0. */
export function overLargerBack32(
  dy: usize, x: usize, w: usize, S: usize, along: usize, B: usize, gain: usize, dx: usize, dS: usize, dB: usize, dw: usize,
  dg: usize, db: usize, work: usize, rows: i32, n: i32, positions: i32,
): void {
  const step = <usize>n << 2, wide = <usize>n << 3;
  const ofS = filled(work + room(n), 0, n), ofB = filled(ofS + room(n), 0, n), ofW = filled(ofB + room(n), 0, n);
  const ofG = filled(ofW + room(n), 0, n), ofShift = filled(ofG + room(n), 0, n);
  if (!gain) gain = filled(work, 1, n);
  if (dS) memory.fill(dS, 0, wide * <usize>(rows / positions));
  if (dB) memory.fill(dB, 0, wide);
  memory.fill(dw, 0, wide);
  memory.fill(dg, 0, wide);
  memory.fill(db, 0, wide);
  for (let i: i32 = 0, at: i32 = 0; i < rows; i++, x += step, dy += step, dx += step) {
    pull(dy, x, w, S, B, gain, dx, ofS, ofB, ofW, ofG, ofShift, n);
    const last = ++at == positions;
    if (dS && (last || at % BLOCK == 0)) flush(ofS, dS, n);
    if (last) {
      at = 0;
      S += along;
      if (dS) dS += wide;
    }
    if ((i + 1) % BLOCK && i + 1 < rows) continue;
    if (dB) flush(ofB, dB, n);
    flush(ofW, dw, n);
    flush(ofG, dg, n);
    flush(ofShift, db, n);
  }
}

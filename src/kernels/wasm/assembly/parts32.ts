// Rows of float32 that are split into equal parts, each with a number t of its own: sums over a part by weights of a row,
// and y = a·(t·s + c) for rows of weights s and c, with their backward passes.
import { flush } from './partials';
import { high, low, madd32, total64 } from './vectors';

/** Sums of so many rows are in float32 before they are added to float64, as in rows32-back.ts. */
const BLOCK: i32 = 8;

/** Σ x·w of a part: float64 holds every product. */
function dotOf(x: usize, w: usize, m: i32): f64 {
  const whole = <usize>(m & ~3) << 2, bytes = <usize>m << 2;
  let a = f64x2.splat(0), b = a;
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const v = v128.load(x + j), u = v128.load(w + j);
    a = f64x2.add(a, f64x2.mul(low(v), low(u)));
    b = f64x2.add(b, f64x2.mul(high(v), high(u)));
  }
  let sum = total64(f64x2.add(a, b));
  for (; j < bytes; j += 4) sum += <f64>load<f32>(x + j) * <f64>load<f32>(w + j);
  return sum;
}

export function partDots32(x: usize, w: usize, sums: usize, rows: i32, n: i32, groups: i32): void {
  const m = n / groups, step = <usize>m << 2, bytes = <usize>n << 2;
  for (let i: i32 = 0; i < rows; i++) {
    for (let part: usize = 0; part < bytes; part += step, x += step, sums += 8) store<f64>(sums, dotOf(x, w + part, m));
  }
}

/** dx += t·w and dw += t·x for a part. */
function dotBack(x: usize, w: usize, t: f32, dx: usize, dw: usize, m: i32): void {
  const whole = <usize>(m & ~3) << 2, bytes = <usize>m << 2, f = f32x4.splat(t);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    v128.store(dx + j, madd32(f, v128.load(w + j), v128.load(dx + j)));
    v128.store(dw + j, madd32(f, v128.load(x + j), v128.load(dw + j)));
  }
  // The rest is computed as the vectors are, so that all numbers of a row are rounded alike.
  for (; j < bytes; j += 4) {
    store<f32>(dx + j, f32x4.extract_lane(madd32(f, v128.load32_splat(w + j), v128.load32_splat(dx + j)), 0));
    store<f32>(dw + j, f32x4.extract_lane(madd32(f, v128.load32_splat(x + j), v128.load32_splat(dw + j)), 0));
  }
}

/** `work` is as for other kernels over rows; dx and dw are added to. */
export function partDotsBack32(
  x: usize, w: usize, t: usize, dx: usize, dw: usize, work: usize, rows: i32, n: i32, groups: i32,
): void {
  const m = n / groups, step = <usize>m << 2, bytes = <usize>n << 2;
  memory.fill(work, 0, bytes);
  for (let i: i32 = 0; i < rows; i++) {
    for (let part: usize = 0; part < bytes; part += step, x += step, dx += step, t += 8) {
      dotBack(x, w + part, <f32>load<f64>(t), dx, work + part, m);
    }
    if ((i + 1) % BLOCK == 0 || i + 1 == rows) flush(work, dw, n);
  }
}

function gain(a: usize, t: f32, s: usize, c: usize, y: usize, m: i32): void {
  const whole = <usize>(m & ~3) << 2, bytes = <usize>m << 2, f = f32x4.splat(t);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    v128.store(y + j, f32x4.mul(v128.load(a + j), madd32(f, v128.load(s + j), v128.load(c + j))));
  }
  for (; j < bytes; j += 4) {
    const by = madd32(f, v128.load32_splat(s + j), v128.load32_splat(c + j));
    store<f32>(y + j, load<f32>(a + j) * f32x4.extract_lane(by, 0));
  }
}

/** y ← a·(t·s + c). */
export function partGains32(a: usize, t: usize, s: usize, c: usize, y: usize, rows: i32, n: i32, groups: i32): void {
  const m = n / groups, step = <usize>m << 2, bytes = <usize>n << 2;
  for (let i: i32 = 0; i < rows; i++) {
    for (let part: usize = 0; part < bytes; part += step, a += step, y += step, t += 8) {
      gain(a, <f32>load<f64>(t), s + part, c + part, y, m);
    }
  }
}

/** da of a part, its ds and dc, which are added to, and the gradient of its t, which is returned. */
function gainBack(
  dy: usize, a: usize, t: f32, s: usize, c: usize, da: usize, ds: usize, dc: usize, m: i32,
): f64 {
  const whole = <usize>(m & ~3) << 2, bytes = <usize>m << 2, f = f32x4.splat(t);
  let p = f64x2.splat(0), q = p;
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const g = v128.load(dy + j), by = v128.load(s + j), u = f32x4.mul(g, v128.load(a + j)), v = f32x4.mul(u, by);
    v128.store(da + j, f32x4.mul(g, madd32(f, by, v128.load(c + j))));
    v128.store(ds + j, madd32(f, u, v128.load(ds + j)));
    v128.store(dc + j, f32x4.add(u, v128.load(dc + j)));
    p = f64x2.add(p, low(v));
    q = f64x2.add(q, high(v));
  }
  let sum = total64(f64x2.add(p, q));
  for (; j < bytes; j += 4) {
    const by = v128.load32_splat(s + j), u = load<f32>(dy + j) * load<f32>(a + j);
    store<f32>(da + j, load<f32>(dy + j) * f32x4.extract_lane(madd32(f, by, v128.load32_splat(c + j)), 0));
    store<f32>(ds + j, f32x4.extract_lane(madd32(f, f32x4.splat(u), v128.load32_splat(ds + j)), 0));
    store<f32>(dc + j, u + load<f32>(dc + j));
    sum += <f64>(u * f32x4.extract_lane(by, 0));
  }
  return sum;
}

/** The gradients of a, of every t, and of s and c, which are added to. */
export function partGainsBack32(
  dy: usize, a: usize, t: usize, s: usize, c: usize, da: usize, dt: usize, ds: usize, dc: usize, work: usize,
  rows: i32, n: i32, groups: i32,
): void {
  const m = n / groups, step = <usize>m << 2, bytes = <usize>n << 2, ofC = work + ((bytes + 15) & ~15);
  memory.fill(work, 0, bytes);
  memory.fill(ofC, 0, bytes);
  for (let i: i32 = 0; i < rows; i++) {
    for (let part: usize = 0; part < bytes; part += step, dy += step, a += step, da += step, t += 8, dt += 8) {
      const by = <f32>load<f64>(t);
      store<f64>(dt, gainBack(dy, a, by, s + part, c + part, da, work + part, ofC + part, m));
    }
    if ((i + 1) % BLOCK && i + 1 < rows) continue;
    flush(work, ds, n);
    flush(ofC, dc, n);
  }
}

// y = x / P over rows of float32, with P = D^p and D = offset + Σ z² over a window around each number, z = f·x; p is in
// quarters, so that P is a product of roots.
import { nmadd32 } from './vectors';

/** Buffers for the last vector of a row, which is not whole. */
const LEFT: usize = memory.data(16);

/** The sum over the window whose first number is here. */
@inline function around(at: usize, bytes: usize): v128 {
  let sum = v128.load(at);
  for (let k: usize = 4; k < bytes; k += 4) sum = f32x4.add(sum, v128.load(at + k));
  return sum;
}

/** 1 / P; NaN where D or P is so far from 1 that an inverse would lose digits. */
@inline function inverse(d: v128, quarters: i32): v128 {
  const root = f32x4.sqrt(d);
  let p = f32x4.splat(1);
  if (quarters & 4) p = d;
  if (quarters & 2) p = f32x4.mul(p, root);
  if (quarters & 1) p = f32x4.mul(p, f32x4.sqrt(root));
  // P lies between D and 1, or D between P and 1.
  const far = quarters > 4 ? p : d;
  const near = v128.and(f32x4.gt(far, f32x4.splat(1.1754944e-38)), f32x4.lt(far, f32x4.splat(8.5070592e37)));
  return v128.or(f32x4.div(f32x4.splat(1), p), v128.not(near));
}

/** y ← x / P, and what the backward pass reads: r ← 1 / P and D. `before` numbers of a window of `length` precede its own. */
export function overWindow32(
  x: usize, r: usize, d: usize, y: usize, work: usize, rows: i32, n: i32, before: i32, length: i32,
  factor: f32, offset: f32, quarters: i32,
): void {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2, window = <usize>length << 2;
  const own = work + (<usize>before << 2), f = f32x4.splat(factor), o = f32x4.splat(offset);
  // Zeros in front and behind.
  memory.fill(work, 0, <usize>(n + length + 4) << 2);
  for (let i: i32 = 0; i < rows; i++, x += bytes, r += bytes, d += bytes, y += bytes) {
    let j: usize = 0;
    for (; j < whole; j += 16) {
      const z = f32x4.mul(v128.load(x + j), f);
      v128.store(own + j, f32x4.mul(z, z));
    }
    for (; j < bytes; j += 4) {
      const z = load<f32>(x + j) * factor;
      store<f32>(own + j, z * z);
    }
    for (j = 0; j < whole; j += 16) {
      const sum = f32x4.add(around(work + j, window), o), over = inverse(sum, quarters);
      v128.store(d + j, sum);
      v128.store(r + j, over);
      v128.store(y + j, f32x4.mul(v128.load(x + j), over));
    }
    const left = bytes - whole;
    if (!left) continue;
    const sum = f32x4.add(around(work + j, window), o), over = inverse(sum, quarters);
    v128.store(LEFT, sum);
    memory.copy(d + j, LEFT, left);
    v128.store(LEFT, over);
    memory.copy(r + j, LEFT, left);
    memory.copy(LEFT, x + j, left);
    v128.store(LEFT, f32x4.mul(v128.load(LEFT), over));
    memory.copy(y + j, LEFT, left);
  }
}

/** dx ← g·r − z Σ 2p·g·r·z / D over the windows that hold each number; `before` numbers of these precede it. */
export function overWindowBack32(
  g: usize, x: usize, r: usize, d: usize, dx: usize, work: usize, rows: i32, n: i32, before: i32, length: i32,
  factor: f32, twice: f32,
): void {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2, window = <usize>length << 2;
  const own = work + (<usize>before << 2), f = f32x4.splat(factor), t = f32x4.splat(twice);
  memory.fill(work, 0, <usize>(n + length + 4) << 2);
  for (let i: i32 = 0; i < rows; i++, g += bytes, x += bytes, r += bytes, d += bytes, dx += bytes) {
    let j: usize = 0;
    for (; j < whole; j += 16) {
      const part = f32x4.mul(v128.load(g + j), v128.load(r + j));
      const turn = f32x4.mul(f32x4.div(f32x4.mul(v128.load(x + j), f), v128.load(d + j)), t);
      v128.store(dx + j, part);
      v128.store(own + j, f32x4.mul(part, turn));
    }
    for (; j < bytes; j += 4) {
      const part = load<f32>(g + j) * load<f32>(r + j);
      store<f32>(dx + j, part);
      store<f32>(own + j, part * (load<f32>(x + j) * factor / load<f32>(d + j) * twice));
    }
    for (j = 0; j < whole; j += 16) {
      const z = f32x4.mul(v128.load(x + j), f);
      v128.store(dx + j, nmadd32(z, around(work + j, window), v128.load(dx + j)));
    }
    if (j == bytes) continue;
    v128.store(LEFT, around(work + j, window));
    for (let k = LEFT; j < bytes; j += 4, k += 4) {
      const z = f32x4.splat(load<f32>(x + j) * factor);
      store<f32>(dx + j, f32x4.extract_lane(nmadd32(z, v128.load32_splat(k), v128.load32_splat(dx + j)), 0));
    }
  }
}

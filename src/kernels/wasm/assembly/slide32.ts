// Sums over windows of float32: a table says which numbers are summed. Each entry of three int32 is a run: its place in A
// and in B, in bytes, and its length. Addresses are in bytes.
import { madd32 } from './vectors';

/** So many products are summed up in float32 before their sum joins the others. */
export const DEPTH: i32 = 256;
/** The bytes of an entry. */
export const ENTRY: usize = 12;

@inline export function placeA(entry: usize): usize {
  return <usize>load<i32>(entry);
}

@inline export function placeB(entry: usize): usize {
  return <usize>load<i32>(entry, 4);
}

@inline export function lengthOf(entry: usize): i32 {
  return load<i32>(entry, 8);
}

/** The number of runs from an entry on that are at most DEPTH long together; a longer run is alone. */
export function runsFrom(entry: usize, left: i32): i32 {
  let count: i32 = 0, total: i32 = 0;
  for (; count < left; count++, entry += ENTRY) {
    total += lengthOf(entry);
    if (total > DEPTH && count > 0) break;
  }
  return count;
}

/** Writes 16 sums; with `more`, adds them to what is there. */
@inline function put(out: usize, c0: v128, c1: v128, c2: v128, c3: v128, more: bool): void {
  if (more) {
    v128.store(out, f32x4.add(v128.load(out), c0));
    v128.store(out, f32x4.add(v128.load(out, 16), c1), 16);
    v128.store(out, f32x4.add(v128.load(out, 32), c2), 32);
    v128.store(out, f32x4.add(v128.load(out, 48), c3), 48);
  } else {
    v128.store(out, c0);
    v128.store(out, c1, 16);
    v128.store(out, c2, 32);
    v128.store(out, c3, 48);
  }
}

/** Writes the first `columns` sums of a tile to the output; with `more`, adds them to what is there. */
export function join(out: usize, from: usize, columns: i32, more: bool): void {
  for (const end = from + (<usize>columns << 2); from < end; from += 4, out += 4) {
    const sum = load<f32>(from);
    store<f32>(out, more ? load<f32>(out) + sum : sum);
  }
}

/**
 * Σ a b for two lines of A, whose numbers are `step` apart, by 64 bytes of B, which is packed. The sums of both lines
 * are written, or added where there are `more`.
 */
export function tile(
  entry: usize, count: i32, step: usize, a0: usize, a1: usize, b: usize, o0: usize, o1: usize, more: bool,
): void {
  let c00 = f32x4.splat(0), c01 = c00, c02 = c00, c03 = c00;
  let c10 = c00, c11 = c00, c12 = c00, c13 = c00;
  for (; count > 0; count--, entry += ENTRY) {
    let p = a0 + placeA(entry), q = a1 + placeA(entry), left = lengthOf(entry);
    do {
      const b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32), b3 = v128.load(b, 48);
      const v0 = v128.load32_splat(p), v1 = v128.load32_splat(q);
      c00 = madd32(v0, b0, c00);
      c01 = madd32(v0, b1, c01);
      c02 = madd32(v0, b2, c02);
      c03 = madd32(v0, b3, c03);
      c10 = madd32(v1, b0, c10);
      c11 = madd32(v1, b1, c11);
      c12 = madd32(v1, b2, c12);
      c13 = madd32(v1, b3, c13);
      p += step;
      q += step;
      b += 64;
    } while (--left);
  }
  put(o0, c00, c01, c02, c03, more);
  put(o1, c10, c11, c12, c13, more);
}

/** Σ a ⊙ b for two lines of vectors of A by one of B, 64 bytes each; the steps lead from one vector to the next. */
export function tileEach(
  entry: usize, count: i32, stepA: usize, stepB: usize, a0: usize, a1: usize, b: usize, o0: usize, o1: usize,
): void {
  let c00 = f32x4.splat(0), c01 = c00, c02 = c00, c03 = c00;
  let c10 = c00, c11 = c00, c12 = c00, c13 = c00;
  for (; count > 0; count--, entry += ENTRY) {
    let p = a0 + placeA(entry), q = a1 + placeA(entry), r = b + placeB(entry), left = lengthOf(entry);
    do {
      const b0 = v128.load(r), b1 = v128.load(r, 16), b2 = v128.load(r, 32), b3 = v128.load(r, 48);
      c00 = madd32(v128.load(p), b0, c00);
      c01 = madd32(v128.load(p, 16), b1, c01);
      c02 = madd32(v128.load(p, 32), b2, c02);
      c03 = madd32(v128.load(p, 48), b3, c03);
      c10 = madd32(v128.load(q), b0, c10);
      c11 = madd32(v128.load(q, 16), b1, c11);
      c12 = madd32(v128.load(q, 32), b2, c12);
      c13 = madd32(v128.load(q, 48), b3, c13);
      p += stepA;
      q += stepA;
      r += stepB;
    } while (--left);
  }
  put(o0, c00, c01, c02, c03, false);
  put(o1, c10, c11, c12, c13, false);
}

/** The same for one vector of each. */
export function tileEachOne(
  entry: usize, count: i32, stepA: usize, stepB: usize, a0: usize, a1: usize, b: usize, o0: usize, o1: usize,
): void {
  let c0 = f32x4.splat(0), c1 = c0;
  for (; count > 0; count--, entry += ENTRY) {
    let p = a0 + placeA(entry), q = a1 + placeA(entry), r = b + placeB(entry), left = lengthOf(entry);
    do {
      const b0 = v128.load(r);
      c0 = madd32(v128.load(p), b0, c0);
      c1 = madd32(v128.load(q), b0, c1);
      p += stepA;
      q += stepA;
      r += stepB;
    } while (--left);
  }
  v128.store(o0, c0);
  v128.store(o1, c1);
}

/** Adds so many float32 to float64. */
export function addWide(sums: usize, from: usize, count: i32): void {
  for (; count >= 2; count -= 2, from += 8, sums += 16) {
    v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(v128.load64_zero(from))));
  }
  if (count > 0) store<f64>(sums, load<f64>(sums) + <f64>load<f32>(from));
}

/** Copies `rows` of so many bytes of each image to the middle of zeros: `front` bytes lie in front of the first row. */
export function pad32(
  x: usize, out: usize, samples: i32, sample: usize, row: usize, rows: i32, bytes: usize,
  outSample: usize, outRow: usize, front: usize,
): void {
  memory.fill(out, 0, <usize>samples * outSample);
  for (; samples > 0; samples--, x += sample, out += outSample) {
    let from = x, to = out + front;
    for (let i = rows; i > 0; i--, from += row, to += outRow) memory.copy(to, from, bytes);
  }
}

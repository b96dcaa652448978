// Matrix products on packed panels, in AssemblyScript: out ← A · B. Panels hold what the inner loop reads in the order
// in which it reads it: four rows of A, and as many columns of B as two vectors hold. Transposed operands cost nothing
// extra, since packing follows their steps. All addresses are in bytes, all steps in elements.
import { madd32, madd64 } from './vectors';

/** How far along the shared axis a panel reaches, so that a panel of B stays in the nearest cache. */
const DEPTH: i32 = 256;
/** How many rows of A are packed at a time. */
const HEIGHT: i32 = 96;

/** The bytes that a product needs beside its operands. */
export function workspace(n: i32): i32 {
  return (((n + 7) & ~7) * DEPTH + (HEIGHT + 4) * DEPTH + 64) * 8;
}

/** A tile of 4 × 8: sums that stay in registers. The loop is not unrolled, since the compiler of the engine does that. */
function tile32(depth: i32, a: usize, b: usize, out: usize, row: usize, more: bool): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0), c30 = f32x4.splat(0), c31 = f32x4.splat(0);
  do {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let s = v128.load_splat<f32>(a);
    c00 = madd32(s, b0, c00);
    c01 = madd32(s, b1, c01);
    s = v128.load_splat<f32>(a, 4);
    c10 = madd32(s, b0, c10);
    c11 = madd32(s, b1, c11);
    s = v128.load_splat<f32>(a, 8);
    c20 = madd32(s, b0, c20);
    c21 = madd32(s, b1, c21);
    s = v128.load_splat<f32>(a, 12);
    c30 = madd32(s, b0, c30);
    c31 = madd32(s, b1, c31);
    a += 16;
    b += 32;
  } while (--depth);
  const out1 = out + row, out2 = out1 + row, out3 = out2 + row;
  if (more) {
    c00 = f32x4.add(c00, v128.load(out));
    c01 = f32x4.add(c01, v128.load(out, 16));
    c10 = f32x4.add(c10, v128.load(out1));
    c11 = f32x4.add(c11, v128.load(out1, 16));
    c20 = f32x4.add(c20, v128.load(out2));
    c21 = f32x4.add(c21, v128.load(out2, 16));
    c30 = f32x4.add(c30, v128.load(out3));
    c31 = f32x4.add(c31, v128.load(out3, 16));
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out1, c10);
  v128.store(out1, c11, 16);
  v128.store(out2, c20);
  v128.store(out2, c21, 16);
  v128.store(out3, c30);
  v128.store(out3, c31, 16);
}

/** A tile of 4 × 4 in float64. */
function tile64(depth: i32, a: usize, b: usize, out: usize, row: usize, more: bool): void {
  let c00 = f64x2.splat(0), c01 = f64x2.splat(0), c10 = f64x2.splat(0), c11 = f64x2.splat(0);
  let c20 = f64x2.splat(0), c21 = f64x2.splat(0), c30 = f64x2.splat(0), c31 = f64x2.splat(0);
  do {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let s = v128.load_splat<f64>(a);
    c00 = madd64(s, b0, c00);
    c01 = madd64(s, b1, c01);
    s = v128.load_splat<f64>(a, 8);
    c10 = madd64(s, b0, c10);
    c11 = madd64(s, b1, c11);
    s = v128.load_splat<f64>(a, 16);
    c20 = madd64(s, b0, c20);
    c21 = madd64(s, b1, c21);
    s = v128.load_splat<f64>(a, 24);
    c30 = madd64(s, b0, c30);
    c31 = madd64(s, b1, c31);
    a += 32;
    b += 32;
  } while (--depth);
  const out1 = out + row, out2 = out1 + row, out3 = out2 + row;
  if (more) {
    c00 = f64x2.add(c00, v128.load(out));
    c01 = f64x2.add(c01, v128.load(out, 16));
    c10 = f64x2.add(c10, v128.load(out1));
    c11 = f64x2.add(c11, v128.load(out1, 16));
    c20 = f64x2.add(c20, v128.load(out2));
    c21 = f64x2.add(c21, v128.load(out2, 16));
    c30 = f64x2.add(c30, v128.load(out3));
    c31 = f64x2.add(c31, v128.load(out3, 16));
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out1, c10);
  v128.store(out1, c11, 16);
  v128.store(out2, c20);
  v128.store(out2, c21, 16);
  v128.store(out3, c30);
  v128.store(out3, c31, 16);
}

/** Lays lines of `depth` elements out `abreast`; what is missing of the last few is 0. */
function pack<T extends number>(
  to: usize, from: usize, across: i32, along: i32, lines: i32, depth: i32, abreast: i32,
): void {
  const size = sizeof<T>(), stride = <usize>across * size, step = <usize>along * size;
  const width = <usize>abreast * size;
  for (let line: i32 = 0; line < lines; line += abreast) {
    const some = min(abreast, lines - line);
    const block = to + <usize>(line * depth) * size;
    if (across == 1 && some == abreast) {
      let p = from + <usize>line * size;
      for (let l: i32 = 0, o = block; l < depth; l++, p += step, o += width) {
        for (let at: usize = 0; at < width; at += 16) v128.store(o + at, v128.load(p + at));
      }
      continue;
    }
    for (let c: i32 = 0; c < abreast; c++) {
      let p = from + <usize>(line + c) * stride;
      let o = block + <usize>c * size;
      if (c < some) for (let l: i32 = 0; l < depth; l++, p += step, o += width) store<T>(o, load<T>(p));
      else for (let l: i32 = 0; l < depth; l++, o += width) store<T>(o, <T>0);
    }
  }
}

// @ts-ignore: decorators are AssemblyScript's
@inline function multiply<T extends number>(
  m: i32, k: i32, n: i32,
  a: usize, aRow: i32, aColumn: i32,
  b: usize, bRow: i32, bColumn: i32,
  out: usize, work: usize, abreast: i32,
): void {
  const size = sizeof<T>(), row = <usize>n * size;
  const panelB = work, panelA = panelB + <usize>(((n + 7) & ~7) * DEPTH) * size;
  const spare = panelA + <usize>((HEIGHT + 4) * DEPTH) * size, spareRow = <usize>abreast * size;
  for (let from: i32 = 0; from < k; from += DEPTH) {
    const depth = min(DEPTH, k - from), more = from > 0;
    pack<T>(panelB, b + <usize>(from * bRow) * size, bColumn, bRow, n, depth, abreast);
    for (let top: i32 = 0; top < m; top += HEIGHT) {
      const height = min(HEIGHT, m - top);
      pack<T>(panelA, a + <usize>(top * aRow + from * aColumn) * size, aRow, aColumn, height, depth, 4);
      for (let j: i32 = 0; j < n; j += abreast) {
        const width = min(abreast, n - j), atB = panelB + <usize>(j * depth) * size;
        for (let i: i32 = 0; i < height; i += 4) {
          const rows = min(4, height - i), atA = panelA + <usize>(i * depth) * size;
          const corner = out + <usize>(top + i) * row + <usize>j * size;
          if (rows == 4 && width == abreast) {
            if (size == 4) tile32(depth, atA, atB, corner, row, more);
            else tile64(depth, atA, atB, corner, row, more);
            continue;
          }
          if (size == 4) tile32(depth, atA, atB, spare, spareRow, false);
          else tile64(depth, atA, atB, spare, spareRow, false);
          for (let r: i32 = 0; r < rows; r++) {
            for (let c: i32 = 0; c < width; c++) {
              const o = corner + <usize>r * row + <usize>c * size;
              const sum = load<T>(spare + <usize>r * spareRow + <usize>c * size);
              store<T>(o, more ? <T>(load<T>(o) + sum) : sum);
            }
          }
        }
      }
    }
  }
}

export function matmul32(
  m: i32, k: i32, n: i32,
  a: usize, aRow: i32, aColumn: i32,
  b: usize, bRow: i32, bColumn: i32,
  out: usize, work: usize,
): void {
  multiply<f32>(m, k, n, a, aRow, aColumn, b, bRow, bColumn, out, work, 8);
}

export function matmul64(
  m: i32, k: i32, n: i32,
  a: usize, aRow: i32, aColumn: i32,
  b: usize, bRow: i32, bColumn: i32,
  out: usize, work: usize,
): void {
  multiply<f64>(m, k, n, a, aRow, aColumn, b, bRow, bColumn, out, work, 4);
}

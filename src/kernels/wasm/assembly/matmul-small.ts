// Products of small matrices in float32, many at a time and without packing: A is read by any steps, and the rows of B
// lie without gaps, though not beside each other. All steps are in elements.
import { madd32 } from './vectors';

/** A tile of 4 × 8. */
function tile(depth: i32, a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, out: usize, row: usize): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  const aRow2 = aRow + aRow, aRow3 = aRow2 + aRow;
  do {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let s = v128.load_splat<f32>(a);
    c00 = madd32(s, b0, c00);
    c01 = madd32(s, b1, c01);
    s = v128.load_splat<f32>(a + aRow);
    c10 = madd32(s, b0, c10);
    c11 = madd32(s, b1, c11);
    s = v128.load_splat<f32>(a + aRow2);
    c20 = madd32(s, b0, c20);
    c21 = madd32(s, b1, c21);
    s = v128.load_splat<f32>(a + aRow3);
    c30 = madd32(s, b0, c30);
    c31 = madd32(s, b1, c31);
    a += aColumn;
    b += bRow;
  } while (--depth);
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out + row, c10);
  v128.store(out + row, c11, 16);
  v128.store(out + 2 * row, c20);
  v128.store(out + 2 * row, c21, 16);
  v128.store(out + 3 * row, c30);
  v128.store(out + 3 * row, c31, 16);
}

/** Four columns of one row. */
function strip(depth: i32, a: usize, aColumn: usize, b: usize, bRow: usize, out: usize): void {
  let c = f32x4.splat(0);
  do {
    c = madd32(v128.load_splat<f32>(a), v128.load(b), c);
    a += aColumn;
    b += bRow;
  } while (--depth);
  v128.store(out, c);
}

/** One number. */
function single(depth: i32, a: usize, aColumn: usize, b: usize, bRow: usize, out: usize): void {
  let c: f32 = 0;
  do {
    c += load<f32>(a) * load<f32>(b);
    a += aColumn;
    b += bRow;
  } while (--depth);
  store<f32>(out, c);
}

/** out ← A · B for `batch` pairs of m × k and k × n, whose products lie without gaps. */
export function matmulSmall32(
  batch: i32, m: i32, k: i32, n: i32,
  a: usize, aBatch: i32, aRow: i32, aColumn: i32, b: usize, bBatch: i32, bRow: i32, out: usize,
): void {
  const row = <usize>n << 2, down = <usize>aRow << 2, along = <usize>aColumn << 2, next = <usize>bRow << 2;
  if (k == 0) {
    memory.fill(out, 0, <usize>batch * <usize>m * row);
    return;
  }
  for (; batch > 0; batch--, a += <usize>aBatch << 2, b += <usize>bBatch << 2, out += <usize>m * row) {
    for (let i: i32 = 0; i < m; i += 4) {
      const rows = min(4, m - i), from = a + <usize>i * down, to = out + <usize>i * row;
      let j: usize = 0;
      if (rows == 4) for (; j + 32 <= row; j += 32) tile(k, from, down, along, b + j, next, to + j, row);
      for (; j < row; ) {
        const four = j + 16 <= row;
        for (let r: usize = 0; r < <usize>rows; r++) {
          if (four) strip(k, from + r * down, along, b + j, next, to + r * row + j);
          else single(k, from + r * down, along, b + j, next, to + r * row + j);
        }
        j += four ? 16 : 4;
      }
    }
  }
}

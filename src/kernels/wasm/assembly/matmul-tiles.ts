// Tiles of a matrix product, whose sums stay in registers: two rows of A by as many columns as four vectors hold, or four
// by two. The compiler of the engine loads all that a step needs before it multiplies, so splats, vectors and eight sums
// are what 15 registers hold in addition to a product; with other shapes it puts sums aside at every step. It unrolls a loop
// the more, the deeper it stands in others, hence tiles are inlined: on their own they take a fifth longer. All steps
// are in bytes.
import { madd } from './vectors';

/** out ← A · B, or out ← out + A · B, for two rows by 64 bytes. */
@inline export function wide<T extends number>(
  depth: i32, a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, out: usize, row: usize, more: bool,
): void {
  let c00 = v128.splat<T>(<T>0), c01 = c00, c02 = c00, c03 = c00;
  let c10 = c00, c11 = c00, c12 = c00, c13 = c00;
  do {
    const b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32), b3 = v128.load(b, 48);
    const a0 = v128.load_splat<T>(a), a1 = v128.load_splat<T>(a + aRow);
    c00 = madd<T>(a0, b0, c00);
    c01 = madd<T>(a0, b1, c01);
    c02 = madd<T>(a0, b2, c02);
    c03 = madd<T>(a0, b3, c03);
    c10 = madd<T>(a1, b0, c10);
    c11 = madd<T>(a1, b1, c11);
    c12 = madd<T>(a1, b2, c12);
    c13 = madd<T>(a1, b3, c13);
    a += aColumn;
    b += bRow;
  } while (--depth);
  keep<T>(out, c00, c01, more);
  keep<T>(out + 32, c02, c03, more);
  keep<T>(out + row, c10, c11, more);
  keep<T>(out + row + 32, c12, c13, more);
}

/** The same for one row. */
@inline export function wideRow<T extends number>(
  depth: i32, a: usize, aColumn: usize, b: usize, bRow: usize, out: usize, more: bool,
): void {
  let c0 = v128.splat<T>(<T>0), c1 = c0, c2 = c0, c3 = c0;
  do {
    const a0 = v128.load_splat<T>(a);
    c0 = madd<T>(a0, v128.load(b), c0);
    c1 = madd<T>(a0, v128.load(b, 16), c1);
    c2 = madd<T>(a0, v128.load(b, 32), c2);
    c3 = madd<T>(a0, v128.load(b, 48), c3);
    a += aColumn;
    b += bRow;
  } while (--depth);
  keep<T>(out, c0, c1, more);
  keep<T>(out + 32, c2, c3, more);
}

/** The same for four rows by 32 bytes: two of A, and the two that are `next` to them. */
@inline export function narrow<T extends number>(
  depth: i32, a: usize, aRow: usize, next: usize, aColumn: usize,
  b: usize, bRow: usize, out: usize, row: usize, more: bool,
): void {
  let c00 = v128.splat<T>(<T>0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  const aRow3 = aRow + next;
  do {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    const a0 = v128.load_splat<T>(a), a1 = v128.load_splat<T>(a + aRow);
    const a2 = v128.load_splat<T>(a + next), a3 = v128.load_splat<T>(a + aRow3);
    c00 = madd<T>(a0, b0, c00);
    c01 = madd<T>(a0, b1, c01);
    c10 = madd<T>(a1, b0, c10);
    c11 = madd<T>(a1, b1, c11);
    c20 = madd<T>(a2, b0, c20);
    c21 = madd<T>(a2, b1, c21);
    c30 = madd<T>(a3, b0, c30);
    c31 = madd<T>(a3, b1, c31);
    a += aColumn;
    b += bRow;
  } while (--depth);
  keep<T>(out, c00, c01, more);
  out += row;
  keep<T>(out, c10, c11, more);
  out += row;
  keep<T>(out, c20, c21, more);
  out += row;
  keep<T>(out, c30, c31, more);
}

/** The same for one row. */
@inline export function narrowRow<T extends number>(
  depth: i32, a: usize, aColumn: usize, b: usize, bRow: usize, out: usize, more: bool,
): void {
  let c0 = v128.splat<T>(<T>0), c1 = c0;
  do {
    const a0 = v128.load_splat<T>(a);
    c0 = madd<T>(a0, v128.load(b), c0);
    c1 = madd<T>(a0, v128.load(b, 16), c1);
    a += aColumn;
    b += bRow;
  } while (--depth);
  keep<T>(out, c0, c1, more);
}

/** Writes two sums, one after the other: if all of a tile were loaded at once, they would take the registers of sums. */
@inline function keep<T extends number>(out: usize, c0: v128, c1: v128, more: bool): void {
  if (more) {
    v128.store(out, v128.add<T>(v128.load(out), c0));
    v128.store(out, v128.add<T>(v128.load(out, 16), c1), 16);
  } else {
    v128.store(out, c0);
    v128.store(out, c1, 16);
  }
}

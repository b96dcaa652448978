// Tiles of a matrix product, whose sums stay in registers: two rows of A by four vectors of B. The compiler of the
// engine loads whatever a step needs before it multiplies, so that the two splats, the four vectors and the eight sums
// are what its 15 registers can hold; with other shapes it puts sums aside at every step. It unrolls an inner loop more
// where that stands in another loop: hence the loop over the tiles is here. All steps are in bytes.
import { madd } from './vectors';

/** out ← A · B, or out ← out + A · B, for `pairs` times two rows of A, `next` apart, by as many columns as 64 bytes hold. */
export function pairs<T extends number>(
  count: i32, depth: i32, a: usize, aRow: usize, aColumn: usize, next: usize,
  b: usize, bRow: usize, out: usize, row: usize, more: bool,
): void {
  for (; count > 0; count--) {
    let c00 = v128.splat<T>(<T>0), c01 = c00, c02 = c00, c03 = c00;
    let c10 = c00, c11 = c00, c12 = c00, c13 = c00;
    let p = a, q = b, left = depth;
    do {
      const b0 = v128.load(q), b1 = v128.load(q, 16), b2 = v128.load(q, 32), b3 = v128.load(q, 48);
      const a0 = v128.load_splat<T>(p), a1 = v128.load_splat<T>(p + aRow);
      c00 = madd<T>(a0, b0, c00);
      c01 = madd<T>(a0, b1, c01);
      c02 = madd<T>(a0, b2, c02);
      c03 = madd<T>(a0, b3, c03);
      c10 = madd<T>(a1, b0, c10);
      c11 = madd<T>(a1, b1, c11);
      c12 = madd<T>(a1, b2, c12);
      c13 = madd<T>(a1, b3, c13);
      p += aColumn;
      q += bRow;
    } while (--left);
    keep<T>(out, c00, c01, c02, c03, more);
    keep<T>(out + row, c10, c11, c12, c13, more);
    a += next;
    out += row + row;
  }
}

/** The same for one row. */
export function single<T extends number>(
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
  keep<T>(out, c0, c1, c2, c3, more);
}

// @ts-ignore: decorators are AssemblyScript's
@inline function keep<T extends number>(out: usize, c0: v128, c1: v128, c2: v128, c3: v128, more: bool): void {
  if (more) {
    // One after the other: all loaded at once would take the registers of the sums.
    v128.store(out, v128.add<T>(v128.load(out), c0));
    v128.store(out, v128.add<T>(v128.load(out, 16), c1), 16);
    v128.store(out, v128.add<T>(v128.load(out, 32), c2), 32);
    v128.store(out, v128.add<T>(v128.load(out, 48), c3), 48);
  } else {
    v128.store(out, c0);
    v128.store(out, c1, 16);
    v128.store(out, c2, 32);
    v128.store(out, c3, 48);
  }
}

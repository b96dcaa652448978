// Matrix products of attention, which leave out the pairs of a query and a key that are hidden because of their positions.
// Steps of A and of the product are in bytes, those of B in elements.
import { packStrip } from './matmul-pack';
import { wide } from './matmul-tiles';
import { DEPTH, join } from './slide32';

/** The number of rows up to which B is read in place: packing it would take as long as the product. */
const FEW: i32 = 8;

/** A tile that is not whole, and the row that a tile computes too much. */
const EDGE: usize = memory.data(128);
const SPARE: usize = memory.data(64);

/** Of what a product has only a part: keys from a query's last on are columns, terms or, over queries, rows. */
export const COLUMNS = 0, TERMS = 1, ROWS = 2;

/**
 * out ← A B, or out ← out + A B if keys are rows. Query i sees `own + i` keys. Two rows are computed at a time, both with
 * all terms of either, for which A must hold 0 where the other has more.
 */
export function multiply(
  keys: i32, own: i32, rows: i32, depth: i32, n: i32, a: usize, down: usize, right: usize,
  b: usize, bRow: i32, bColumn: i32, out: usize, row: usize, strip: usize,
): void {
  for (let j: i32 = 0; j < n; j += 16, out += 64) {
    const columns = min(16, n - j), top = keys == COLUMNS ? max(0, j + 1 - own) : 0;
    for (let from: i32 = 0; from < depth; from += DEPTH) {
      const some = min(DEPTH, depth - from), more = keys == ROWS || from > 0;
      let at = b + (<usize>(from * bRow + j * bColumn) << 2), by = <usize>bRow << 2;
      if (rows - top > FEW || bColumn != 1 || columns < 16) {
        at = packStrip<f32>(strip, at, bRow, bColumn, columns, some, 64);
        by = 64;
      }
      for (let i = top; i < rows; i += 2) {
        const skipped = keys == ROWS ? max(0, i + 1 - own) : 0;
        const terms = (keys == TERMS ? min(some, own + i + 1 - from) : some) - skipped;
        if (terms <= 0) continue;
        const p = a + <usize>i * down + <usize>(from + skipped) * right, q = at + <usize>skipped * by;
        const o = out + <usize>i * row, both = i + 1 < rows, whole = columns == 16;
        const next = whole ? (both ? row : SPARE - o) : 64;
        wide<f32>(terms, p, both ? down : 0, right, q, by, whole ? o : EDGE, next, more && whole);
        if (whole) continue;
        join(o, EDGE, columns, more);
        if (both) join(o + row, EDGE + 64, columns, more);
      }
    }
  }
}

// Matrix products of attention, in which each row has its own first and last term: what is hidden from a query because
// of its position is not computed. Steps of A and of the product are in bytes, those of B in elements.
import { packStrip } from './matmul-pack';
import { wide } from './matmul-tiles';

/** So many products are summed up before their sum joins the others; a strip of B so deep takes 16 KiB. */
export const DEPTH: i32 = 256;
/** The number of rows up to which B is read in place: packing it would take as long as the product. */
const FEW: i32 = 8;
/** More than any count of terms. */
export const ALL: i32 = 1 << 29;

/** A tile that is not whole, and the row that a tile computes too much. */
const EDGE: usize = memory.data(128);
const SPARE: usize = memory.data(64);

/** Writes the first sums of a tile to the product; with `more`, adds them to what is there. */
function join(out: usize, from: usize, columns: i32, more: bool): void {
  for (const end = from + (<usize>columns << 2); from < end; from += 4, out += 4) {
    const sum = load<f32>(from);
    store<f32>(out, more ? load<f32>(out) + sum : sum);
  }
}

/**
 * out ← A B, or with `more` out ← out + A B. Row i has the terms from `begin + i` up to `end + i`, without the latter, and
 * in the columns from j on it is left out if it is before row `first + j`. Rows are computed in pairs: the first of a pair also has the last term
 * of the second, for which A must hold 0.
 */
export function multiply(
  rows: i32, depth: i32, n: i32, a: usize, down: usize, right: usize, b: usize, bRow: i32, bColumn: i32,
  out: usize, row: usize, strip: usize, first: i32, begin: i32, end: i32, more: bool,
): void {
  for (let j: i32 = 0; j < n; j += 16, out += 64) {
    const columns = min(16, n - j), top = max(0, first + j);
    for (let from: i32 = 0; from < depth; from += DEPTH) {
      const some = min(DEPTH, depth - from), onto = more || from > 0;
      let at = b + (<usize>(from * bRow + j * bColumn) << 2), by = <usize>bRow << 2;
      if (rows - top > FEW || bColumn != 1 || columns < 16) {
        at = packStrip<f32>(strip, at, bRow, bColumn, columns, some, 64);
        by = 64;
      }
      for (let i = top; i < rows; i += 2) {
        const skipped = max(0, begin + i - from), terms = min(some, end + i + 1 - from) - skipped;
        if (terms <= 0) continue;
        const p = a + <usize>i * down + <usize>(from + skipped) * right, q = at + <usize>skipped * by;
        const o = out + <usize>i * row, both = i + 1 < rows, second = both ? down : 0;
        if (columns == 16) wide<f32>(terms, p, second, right, q, by, o, both ? row : SPARE - o, onto);
        else {
          wide<f32>(terms, p, second, right, q, by, EDGE, 64, false);
          join(o, EDGE, columns, onto);
          if (both) join(o + row, EDGE + 64, columns, onto);
        }
      }
    }
  }
}

// Matrix products: out ← A · B, for any steps between the numbers of A and of B. Blocks of A stay in the second cache
// while strips of B, as wide as a tile, pass through the first. Every number is summed up in the same order, whatever is
// packed and however many rows there are: a row has the same bits alone. Addresses are in bytes, steps in elements.
import { packPairs, packStrip } from './matmul-pack';
import { pairs, single } from './matmul-tiles';

/** So many products are summed up before their sum joins the others; a strip of B so deep takes 16 KiB. */
const DEPTH: i32 = 256;
/** How many rows of A pass by a strip of B. */
const HEIGHT: i32 = 256;
/** So few rows read B where it lies: packing it would take as long as the product. */
const FEW: i32 = 16;

/** The bytes that a product needs beside its operands: a strip of B, one of the product, and a block of A. */
export function workspace(): i32 {
  return 64 * (DEPTH + HEIGHT) + 8 * DEPTH * HEIGHT;
}

// @ts-ignore: decorators are AssemblyScript's
@inline function multiply<T extends number>(
  m: i32, k: i32, n: i32,
  a: usize, aRow: i32, aColumn: i32,
  b: usize, bRow: i32, bColumn: i32,
  out: usize, work: usize,
): void {
  const size = sizeof<T>(), across = <i32>(64 / size), row = <usize>n * size;
  const strip = work, edge = strip + 64 * DEPTH, block = edge + 64 * HEIGHT;
  // Rows of a transposed A lie beside each other. Each step along them is far, unless only one strip is made of them.
  const turned = aRow == 1 && aColumn != 1 && n > across;
  for (let from: i32 = 0; from < k; from += DEPTH) {
    const depth = min(DEPTH, k - from), more = from > 0;
    for (let top: i32 = 0; top < m; top += HEIGHT) {
      const height = min(HEIGHT, m - top), count = height >> 1;
      let rows = a + <usize>(top * aRow + from * aColumn) * size;
      let down = <usize>aRow * size, along = <usize>aColumn * size, next = down + down, alone = along;
      if (turned) {
        packPairs<T>(block, rows, aColumn, height, depth);
        rows = block;
        down = alone = size;
        along = size + size;
        next = <usize>depth * along;
      }
      for (let j: i32 = 0; j < n; j += across) {
        const columns = min(across, n - j), whole = columns == across;
        let at = b + <usize>(from * bRow + j * bColumn) * size, step = <usize>bRow * size;
        if (!whole || bColumn != 1 || height > FEW) {
          packStrip<T>(strip, at, bRow, bColumn, columns, depth);
          at = strip;
          step = 64;
        }
        const corner = out + <usize>top * row + <usize>j * size;
        const to = whole ? corner : edge, toRow = whole ? row : 64, onto = whole && more;
        pairs<T>(count, depth, rows, down, along, next, at, step, to, toRow, onto);
        if (height & 1) {
          const last = rows + <usize>count * next, toLast = to + <usize>(height - 1) * toRow;
          single<T>(depth, last, alone, at, step, toLast, onto);
        }
        if (!whole) join<T>(corner, row, edge, height, columns, more);
      }
    }
  }
}

/** What a strip has that reaches over the edge of the product. */
function join<T extends number>(out: usize, row: usize, from: usize, rows: i32, columns: i32, more: bool): void {
  const end = <usize>columns * sizeof<T>();
  for (; rows > 0; rows--, out += row, from += 64) {
    for (let at: usize = 0; at < end; at += sizeof<T>()) {
      const sum = load<T>(from + at);
      store<T>(out + at, more ? <T>(load<T>(out + at) + sum) : sum);
    }
  }
}

export function matmul32(
  m: i32, k: i32, n: i32,
  a: usize, aRow: i32, aColumn: i32,
  b: usize, bRow: i32, bColumn: i32,
  out: usize, work: usize,
): void {
  multiply<f32>(m, k, n, a, aRow, aColumn, b, bRow, bColumn, out, work);
}

export function matmul64(
  m: i32, k: i32, n: i32,
  a: usize, aRow: i32, aColumn: i32,
  b: usize, bRow: i32, bColumn: i32,
  out: usize, work: usize,
): void {
  multiply<f64>(m, k, n, a, aRow, aColumn, b, bRow, bColumn, out, work);
}

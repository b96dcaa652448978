// Matrix products: out ← A · B, for any steps between the numbers of A and of B. Blocks of A stay in the second cache
// while strips of B, as wide as a tile, pass through the first. Every number is summed up in the same order, whatever is
// packed and however many rows there are: a row has the same bits alone. Addresses are in bytes, steps in elements.
import { packPairs, packStrip } from './matmul-pack';
import { narrow, narrowRow, wide, wideRow } from './matmul-tiles';

/** So many products are summed up before their sum joins the others; a strip of B so deep takes 16 KiB. */
const DEPTH: i32 = 256;
/** How many bytes of a column of A a block holds. */
const HEIGHT: i32 = 2048;
/** The number of rows up to which B is read in place: packing it would take as long as the product. */
const FEW: i32 = 8;

/** The bytes of work space for a product: a strip of B, half a strip of the product, and a block of A. */
export function matmulWork(): i32 {
  return 64 * DEPTH + 8 * HEIGHT + HEIGHT * DEPTH;
}

@inline function multiply<T extends number>(
  m: i32, k: i32, n: i32,
  a: usize, aRow: i32, aColumn: i32,
  b: usize, bRow: i32, bColumn: i32,
  out: usize, work: usize,
): void {
  // A column alone is a row alone of the transposed product, which fills whole vectors. Rows of float64 take longer to turn.
  if (n == 1 && m > 1 && (sizeof<T>() == 4 || aColumn != 1)) {
    multiplied<T>(1, k, m, b, bColumn, bRow, a, aColumn, aRow, out, work);
    return;
  }
  multiplied<T>(m, k, n, a, aRow, aColumn, b, bRow, bColumn, out, work);
}

function multiplied<T extends number>(
  m: i32, k: i32, n: i32,
  a: usize, aRow: i32, aColumn: i32,
  b: usize, bRow: i32, bColumn: i32,
  out: usize, work: usize,
): void {
  const size = sizeof<T>(), most = <i32>(HEIGHT / size);
  for (let from: i32 = 0; from < k; from += DEPTH) {
    const depth = min(DEPTH, k - from), right = b + <usize>(from * bRow) * size;
    for (let top: i32 = 0; top < m; top += most) {
      const left = a + <usize>(top * aRow + from * aColumn) * size, to = out + <usize>(top * n) * size;
      block<T>(min(most, m - top), depth, n, left, aRow, aColumn, right, bRow, bColumn, to, work, from > 0);
    }
  }
}

/**
 * out ← A · B, or out ← out + A · B, for one block of A. A function of its own: the engine replaces its first, slow
 * code of a function by better at a call, and a large product should not have to wait for the next product.
 */
function block<T extends number>(
  height: i32, depth: i32, n: i32,
  a: usize, aRow: i32, aColumn: i32,
  b: usize, bRow: i32, bColumn: i32,
  out: usize, work: usize, more: bool,
): void {
  const size = sizeof<T>(), across = <i32>(64 / size), row = <usize>n * size;
  const strip = work, edge = strip + 64 * DEPTH, packed = edge + 8 * HEIGHT;
  const step = <usize>bRow * size, straight = bColumn == 1 && height <= FEW;
  let down = <usize>aRow * size, next = down + down, right = <usize>aColumn * size, last = right;
  // Rows of a transposed A are neighbours. Each step along them is far, unless few strips are made of them.
  if (aRow == 1 && aColumn != 1 && n > 2 * across) {
    packPairs<T>(packed, a, aColumn, height, depth);
    a = packed;
    down = last = size;
    right = size + size;
    next = <usize>depth * right;
  }
  let j: i32 = 0;
  for (; j + across <= n; j += across, out += 64) {
    let at = b + <usize>(j * bColumn) * size;
    if (!straight) at = packStrip<T>(strip, at, bRow, bColumn, across, depth, 64);
    const by = straight ? step : 64;
    let p = a, o = out;
    for (let i = height >> 1; i > 0; i--, p += next, o += row + row) {
      wide<T>(depth, p, down, right, at, by, o, row, more);
    }
    if (height & 1) wideRow<T>(depth, p, last, at, by, o, more);
  }
  for (; j < n; j += across >> 1, out += 32) {
    const columns = min(across >> 1, n - j), whole = columns == across >> 1, direct = whole && straight;
    let at = b + <usize>(j * bColumn) * size;
    if (!direct) at = packStrip<T>(strip, at, bRow, bColumn, columns, depth, 32);
    const by = direct ? step : 32, to = whole ? out : edge, toRow = whole ? row : 32, onto = whole && more;
    let p = a, o = to;
    for (let i = height >> 2; i > 0; i--, p += next + next, o += 4 * toRow) {
      narrow<T>(depth, p, down, next, right, at, by, o, toRow, onto);
    }
    for (let i = height & 3; i > 0; i--, o += toRow) {
      narrowRow<T>(depth, p, i == 1 && height & 1 ? last : right, at, by, o, onto);
      p += (height ^ i) & 1 ? next - down : down;
    }
    if (!whole) join<T>(out, row, edge, height, columns, more);
  }
}

/** Copies the part of an edge strip that belongs to the product. */
function join<T extends number>(out: usize, row: usize, from: usize, rows: i32, columns: i32, more: bool): void {
  const end = <usize>columns * sizeof<T>();
  for (; rows > 0; rows--, out += row, from += 32) {
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

// Comparisons, and choices by a mask, of two operands that may be repeated along rows or columns. Steps are in elements:
// `xRow` to the next row (0 repeats one), `xColumn` to the next column, 1 or 0. out has no gaps. All operations share
// one loop, which asks for the operation at every vector: that is small, and still limited by memory.

const LESS: i32 = 0;
const LESS_EQUAL: i32 = 1;
const EQUAL: i32 = 2;
const NOT_EQUAL: i32 = 3;
const MASKED: i32 = 4;
const KEPT: i32 = 5;
const DROPPED: i32 = 6;

@inline function lanes<T extends number>(op: i32, a: v128, b: v128): v128 {
  if (op <= NOT_EQUAL) {
    const holds =
      op == LESS ? v128.lt<T>(a, b) : op == LESS_EQUAL ? v128.le<T>(a, b) : op == EQUAL ? v128.eq<T>(a, b) : v128.ne<T>(a, b);
    return v128.and(holds, v128.splat<T>(<T>1));
  }
  const isHidden = v128.eq<T>(b, v128.splat<T>(<T>0));
  if (op == MASKED) return v128.andnot(v128.mul<T>(a, b), isHidden);
  return op == KEPT ? v128.andnot(a, isHidden) : v128.and(a, isHidden);
}

function rows<T extends number>(
  op: i32, rows: i32, columns: i32,
  x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  if (rows <= 0 || columns <= 0) return;
  const size = sizeof<T>(), bytes = <usize>columns * size, whole = bytes & ~15;
  const xStep = <usize>xRow * size, yStep = <usize>yRow * size;
  for (let i: i32 = 0; i < rows; i++, x += xStep, y += yStep, out += bytes) {
    const a = v128.splat<T>(load<T>(x)), b = v128.splat<T>(load<T>(y));
    let j: usize = 0;
    for (; j < whole; j += 16) {
      v128.store(out + j, lanes<T>(op, xColumn ? v128.load(x + j) : a, yColumn ? v128.load(y + j) : b));
    }
    for (; j < bytes; j += size) {
      const left = xColumn ? v128.splat<T>(load<T>(x + j)) : a, right = yColumn ? v128.splat<T>(load<T>(y + j)) : b;
      store<T>(out + j, v128.extract_lane<T>(lanes<T>(op, left, right), 0));
    }
  }
}

export function less32(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f32>(LESS, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function less64(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f64>(LESS, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function lessEqual32(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f32>(LESS_EQUAL, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function lessEqual64(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f64>(LESS_EQUAL, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function equal32(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f32>(EQUAL, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function equal64(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f64>(EQUAL, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function notEqual32(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f32>(NOT_EQUAL, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function notEqual64(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f64>(NOT_EQUAL, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function masked32(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f32>(MASKED, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function masked64(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f64>(MASKED, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function kept32(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f32>(KEPT, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function kept64(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f64>(KEPT, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function dropped32(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f32>(DROPPED, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function dropped64(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f64>(DROPPED, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

@inline function select<T extends number>(condition: usize, x: usize, y: usize, out: usize, n: i32): void {
  const size = sizeof<T>(), bytes = <usize>n * size, whole = bytes & ~15, zero = v128.splat<T>(<T>0);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const isFalse = v128.eq<T>(v128.load(condition + j), zero);
    v128.store(out + j, v128.bitselect(v128.load(y + j), v128.load(x + j), isFalse));
  }
  for (; j < bytes; j += size) store<T>(out + j, load<T>((load<T>(condition + j) == <T>0 ? y : x) + j));
}

export function choose32(condition: usize, x: usize, y: usize, out: usize, n: i32): void {
  select<f32>(condition, x, y, out, n);
}

export function choose64(condition: usize, x: usize, y: usize, out: usize, n: i32): void {
  select<f64>(condition, x, y, out, n);
}

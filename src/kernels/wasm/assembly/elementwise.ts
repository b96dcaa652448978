// Operations of two operands that may be repeated along rows or columns. Steps are in elements: `xRow` to the next row
// (0 repeats one), `xColumn` to the next column, 1 or 0 (which repeats one number along its row). out has no gaps.

const ADD: i32 = 0;
const SUB: i32 = 1;
const MUL: i32 = 2;
const DIV: i32 = 3;
const MAX: i32 = 4;
const MIN: i32 = 5;

@inline function lanes<T extends number>(op: i32, a: v128, b: v128): v128 {
  if (op == ADD) return v128.add<T>(a, b);
  if (op == SUB) return v128.sub<T>(a, b);
  if (op == MUL) return v128.mul<T>(a, b);
  if (op == DIV) return v128.div<T>(a, b);
  if (op == MAX) return v128.max<T>(a, b);
  return v128.min<T>(a, b);
}

@inline function single<T extends number>(op: i32, a: T, b: T): T {
  if (op == ADD) return <T>(a + b);
  if (op == SUB) return <T>(a - b);
  if (op == MUL) return <T>(a * b);
  if (op == DIV) return <T>(a / b);
  if (op == MAX) return max<T>(a, b);
  return min<T>(a, b);
}

/** One row: vectors on both sides, or one number on the left or on the right. */
@inline function row<T extends number>(op: i32, x: usize, y: usize, out: usize, n: i32, left: bool, right: bool): void {
  const size = sizeof<T>(), bytes = <usize>n * size, whole = bytes & ~15;
  const a = v128.splat<T>(load<T>(x)), b = v128.splat<T>(load<T>(y));
  let j: usize = 0;
  for (; j < whole; j += 16) {
    v128.store(out + j, lanes<T>(op, left ? a : v128.load(x + j), right ? b : v128.load(y + j)));
  }
  for (; j < bytes; j += size) {
    store<T>(out + j, single<T>(op, load<T>(left ? x : x + j), load<T>(right ? y : y + j)));
  }
}

@inline function rows<T extends number>(
  op: i32, rows: i32, columns: i32,
  x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  if (rows <= 0 || columns <= 0) return;
  const size = sizeof<T>(), step = <usize>columns * size;
  const xStep = <usize>xRow * size, yStep = <usize>yRow * size;
  for (let i: i32 = 0; i < rows; i++, x += xStep, y += yStep, out += step) {
    if (xColumn && yColumn) row<T>(op, x, y, out, columns, false, false);
    else if (xColumn) row<T>(op, x, y, out, columns, false, true);
    else row<T>(op, x, y, out, columns, true, !yColumn);
  }
}

export function add32(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f32>(ADD, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function add64(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f64>(ADD, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function sub32(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f32>(SUB, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function sub64(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f64>(SUB, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function mul32(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f32>(MUL, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function mul64(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f64>(MUL, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function div32(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f32>(DIV, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function div64(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f64>(DIV, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function maximum32(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f32>(MAX, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function maximum64(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f64>(MAX, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function minimum32(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f32>(MIN, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

export function minimum64(
  m: i32, n: i32, x: usize, xRow: i32, xColumn: i32, y: usize, yRow: i32, yColumn: i32, out: usize,
): void {
  rows<f64>(MIN, m, n, x, xRow, xColumn, y, yRow, yColumn, out);
}

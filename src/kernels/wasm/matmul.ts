import { type Matrix, matmul as plainMatmul } from '../matmul.js';
import type { Numbers } from '../numbers.js';
import type { Engine } from './engine.js';
import { Staging } from './staging.js';

/**
 * out ← A · B as the kernel of the same name in JavaScript has it, but summed in the dtype of out. Operands are read
 * where they lie, or copied in, however few they are, so that a row has the same bits alone. False, and nothing done,
 * where there is no room.
 */
export function matmul(
  { kernels, arena }: Engine,
  m: number,
  k: number,
  n: number,
  a: Matrix,
  b: Matrix,
  out: Numbers,
  at: number,
): boolean {
  if (k === 0) return false;
  const staging = new Staging(arena);
  const left = place(staging, m, k, a);
  const right = place(staging, k, n, b);
  const product = at === 0 && out.length === m * n ? out : out.subarray(at, at + m * n);
  const to = staging.write(product);
  const work = staging.room(kernels.workspace())?.address ?? 0;
  const multiply = out instanceof Float32Array ? kernels.matmul32 : kernels.matmul64;
  let fits = true;
  const ran = staging.run(() => {
    multiply(m, k, n, left.at, left.row, left.column, right.at, right.row, right.column, to, work);
    if (out instanceof Float64Array) return;
    const { within32 } = kernels;
    // Where they are fewer than the products, the factors are looked at.
    const small = k * (m + n) < m * n && isPacked(m, k, left) && isPacked(k, n, right);
    fits =
      (small && within32(left.at, m * k, TAME) === 1 && within32(right.at, k * n, TAME) === 1) ||
      within32(to, m * n, LARGEST) === 1;
  });
  if (!fits) mend(m, k, n, a, b, product);
  return ran;
}

/** The largest float32, and a number of which 2³¹ squares add up to less. */
const LARGEST = (2 - 2 ** -23) * 2 ** 127;
const TAME = 2 ** 48;

/** Whether the numbers of a matrix lie without gaps, by rows or by columns. */
const isPacked = (rows: number, columns: number, { row, column }: Pick<Matrix, 'row' | 'column'>): boolean =>
  (column === 1 && row === columns) || (row === 1 && column === rows);

/**
 * Sums up in float64, as the kernel in JavaScript does, what left the range of float32 on the way. Of a row or column that
 * is not finite itself, no sum is.
 */
function mend(m: number, k: number, n: number, a: Matrix, b: Matrix, out: Numbers): void {
  const rows = lines(m, k, a);
  const columns = lines(n, k, { data: b.data, at: b.at, row: b.column, column: b.row });
  for (let i = 0, o = 0; i < m; i++) {
    const row = rows[i];
    for (let j = 0; j < n; j++, o++) {
      const column = columns[j];
      if (row && column && !Number.isFinite(out[o])) {
        plainMatmul(1, k, 1, row, { ...column, row: column.column }, out, o);
      }
    }
  }
}

/** The rows of a matrix; undefined for those with a number that is not finite. */
function lines(rows: number, columns: number, { data, at, row, column }: Matrix): (Matrix | undefined)[] {
  return Array.from({ length: rows }, (_, i) => {
    const from = at + i * row;
    for (let j = 0; j < columns; j++) if (!Number.isFinite(data[from + j * column])) return undefined;
    return { data, at: from, row, column };
  });
}

/** The address of a matrix and its steps: copied in row by row, where it lies elsewhere. */
function place(staging: Staging, rows: number, columns: number, { data, at, row, column }: Matrix) {
  const { arena } = staging;
  const address = arena.addressOf(data);
  if (address) return { at: address + at * data.BYTES_PER_ELEMENT, row, column };
  if (isPacked(rows, columns, { row, column }))
    return { at: staging.read(data.subarray(at, at + rows * columns)), row, column };
  const block = staging.room(rows * columns * data.BYTES_PER_ELEMENT);
  if (!block) return { at: 0, row, column };
  const copy = arena.numbers(block, data instanceof Float64Array, rows * columns);
  let o = 0;
  for (let i = 0; i < rows; i++) {
    let p = at + i * row;
    for (let j = 0; j < columns; j++, p += column) copy[o++] = data[p]!;
  }
  return { at: block.address, row: columns, column: 1 };
}

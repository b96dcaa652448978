import * as js from '../js/index.js';
import { matmul as general } from '../js/matmul.js';
import type { Kernels } from '../kernels.js';
import type { Numbers } from '../numbers.js';
import type { Matrix } from '../operands.js';
import { engine } from '../choice.js';
import { compiled } from './call.js';
import type { Exports } from './exports.js';
import type { Staging } from './staging.js';

/**
 * Sums in the dtype of the product, and those that overflow float32 again in float64. Declines if there is nothing to
 * sum, or if dtypes differ. Small operands are copied too, so that a row has the same bits alone.
 */
export const matmul: Kernels['matmul'] = (m, k, n, a, b, out, at) => {
  const product = at === 0 && out.length === m * n ? out : out.subarray(at, at + m * n);
  const wide = out instanceof Float64Array;
  let fits: boolean | undefined;
  if (k > 0 && a.data instanceof Float64Array === wide && b.data instanceof Float64Array === wide) {
    fits = inPlace(m, k, n, a, b, product);
    if (fits === undefined)
      compiled((exports, memory) => {
        const [left, right] = [placed(memory, m, k, a), placed(memory, k, n, b)];
        const to = memory.write(product);
        fits = multiplied(exports, wide, m, k, n, left, right, to, memory.room(exports.matmulWork()));
      });
  }
  if (fits === undefined) js.matmul(m, k, n, a, b, out, at);
  else if (!fits) sumAgain(m, k, n, a, b, product);
};

/**
 * The product of operands that lie in the memory of the kernels, which need no staging: of small ones that takes longer
 * than the product. Returns whether it fits; undefined, with nothing written, if an operand lies elsewhere.
 */
function inPlace(m: number, k: number, n: number, a: Matrix, b: Matrix, product: Numbers) {
  const on = engine();
  if (!on) return undefined;
  const { exports, arena } = on;
  const [from, other, to] = [arena.addressOf(a.data), arena.addressOf(b.data), arena.addressOf(product)];
  const work = from && other && to ? arena.malloc(exports.matmulWork()) : undefined;
  if (!work) return undefined;
  const wide = product instanceof Float64Array;
  const left = { at: from + a.at * product.BYTES_PER_ELEMENT, row: a.row, column: a.column };
  const right = { at: other + b.at * product.BYTES_PER_ELEMENT, row: b.row, column: b.column };
  try {
    return multiplied(exports, wide, m, k, n, left, right, to, work.address);
  } finally {
    arena.free(work);
  }
}

/** Multiplies, and returns whether all sums fit the dtype. */
function multiplied(
  { matmul32, matmul64, within32 }: Exports,
  wide: boolean,
  m: number,
  k: number,
  n: number,
  left: Layout,
  right: Layout,
  to: number,
  work: number,
): boolean {
  const multiply = wide ? matmul64 : matmul32;
  multiply(m, k, n, left.at, left.row, left.column, right.at, right.row, right.column, to, work);
  if (wide) return true;
  // If there are fewer factors than sums, these are checked instead.
  const small = k * (m + n) < m * n && isPacked(m, k, left) && isPacked(k, n, right);
  return (
    (small && within32(left.at, m * k, TAME) === 1 && within32(right.at, k * n, TAME) === 1) ||
    within32(to, m * n, LARGEST) === 1
  );
}

/** The largest float32, and a number of which 2³¹ squares sum to less. */
const LARGEST = (2 - 2 ** -23) * 2 ** 127;
const TAME = 2 ** 48;

export type Layout = Pick<Matrix, 'at' | 'row' | 'column'>;

/** Whether a matrix has no gaps, by rows or by columns. */
const isPacked = (rows: number, columns: number, { row, column }: Layout): boolean =>
  (column === 1 && row === columns) || (row === 1 && column === rows);

/** Sums in float64 what overflowed float32. The sums of a row or column that is not finite stay as they are. */
function sumAgain(m: number, k: number, n: number, a: Matrix, b: Matrix, out: Numbers): void {
  const rows = lines(m, k, a);
  const columns = lines(n, k, { data: b.data, at: b.at, row: b.column, column: b.row });
  for (let i = 0, o = 0; i < m; i++) {
    const row = rows[i];
    for (let j = 0; j < n; j++, o++) {
      const column = columns[j];
      if (row && column && !Number.isFinite(out[o])) {
        general(1, k, 1, row, { ...column, row: column.column }, out, o);
      }
    }
  }
}

/** The rows of a matrix; undefined for each that is not finite. */
function lines(rows: number, columns: number, { data, at, row, column }: Matrix): (Matrix | undefined)[] {
  return Array.from({ length: rows }, (_, i) => {
    const from = at + i * row;
    for (let j = 0; j < columns; j++) if (!Number.isFinite(data[from + j * column])) return undefined;
    return { data, at: from, row, column };
  });
}

/** The address of a matrix and its steps; a matrix that must be copied is copied without gaps. */
export function placed(memory: Staging, rows: number, columns: number, matrix: Matrix): Layout {
  const { data, at, row, column } = matrix;
  const { arena } = memory;
  const address = arena.addressOf(data);
  if (address) return { at: address + at * data.BYTES_PER_ELEMENT, row, column };
  if (isPacked(rows, columns, matrix))
    return { at: memory.read(data.subarray(at, at + rows * columns)), row, column };
  const packed =
    data instanceof Float64Array ? new Float64Array(rows * columns) : new Float32Array(rows * columns);
  js.copy(rows, columns, data, matrix, packed, { at: 0, row: columns, column: 1 });
  return { at: memory.read(packed), row: columns, column: 1 };
}

import type { Matrix } from '../matmul.js';
import type { Numbers } from '../numbers.js';
import { BASE, type Engine } from './engine.js';

/** Below so many products, copying to and fro is not worth it. */
const LEAST = 2048;

/**
 * out ← A · B as the kernel of the same name in JavaScript has it, but summed in the dtype of out: operands are copied
 * into the memory of the engine, and the product out of it. False, and nothing done, where that does not pay or fit.
 */
export function matmul(
  engine: Engine,
  m: number,
  k: number,
  n: number,
  a: Matrix,
  b: Matrix,
  out: Numbers,
  at: number,
): boolean {
  if (m * k * n < LEAST) return false;
  const { kernels } = engine;
  const size = out.BYTES_PER_ELEMENT;
  const [atB, atOut] = [m * k, m * k + k * n].map(aligned) as [number, number];
  const atWork = aligned(atOut + m * n);
  if (!engine.reserve(atWork * size + kernels.workspace(n))) return false;

  const single = out instanceof Float32Array;
  const memory = single ? engine.float32() : engine.float64();
  const base = BASE / size;
  const left = place(memory, base, m, k, a);
  const right = place(memory, base + atB, k, n, b);
  const product = single ? kernels.matmul32 : kernels.matmul64;
  const address = (element: number): number => BASE + element * size;
  product(
    m,
    k,
    n,
    BASE,
    left.row,
    left.column,
    address(atB),
    right.row,
    right.column,
    address(atOut),
    address(atWork),
  );
  out.set(memory.subarray(base + atOut, base + atOut + m * n), at);
  return true;
}

/** Elements up to the next multiple of 16 bytes. */
const aligned = (elements: number): number => (elements + 3) & ~3;

/** Copies a matrix to a place in memory: as it lies where it has no gaps, transposed or not, else row by row. */
function place(
  memory: Numbers,
  to: number,
  rows: number,
  columns: number,
  { data, at, row, column }: Matrix,
): { readonly row: number; readonly column: number } {
  const straight = column === 1 && row === columns;
  const turned = row === 1 && column === rows;
  if (straight || turned) {
    memory.set(data.subarray(at, at + rows * columns), to);
    return { row, column };
  }
  let o = to;
  for (let i = 0; i < rows; i++) {
    let p = at + i * row;
    for (let j = 0; j < columns; j++, p += column) memory[o++] = data[p]!;
  }
  return { row: columns, column: 1 };
}

/** The functions of the compiled kernels. Addresses are in bytes; steps and counts, unless said, in elements. */
export interface Kernels extends RowKernels {
  /** Where what the compiler keeps in memory ends. */
  reserved(): number;
  /** The bytes that a product needs beside its operands. */
  workspace(n: number): number;
  matmul32: Product;
  matmul64: Product;
}

type Product = (
  m: number,
  k: number,
  n: number,
  a: number,
  aRow: number,
  aColumn: number,
  b: number,
  bRow: number,
  bColumn: number,
  out: number,
  workspace: number,
) => void;

/** 0 for false, 1 for true. */
type Flag = number;

/** How N is bounded from below: 0 adds ε to the squares, 1 takes ε for less of them, 2 takes ε for less of N. */
export type Bound = 0 | 1 | 2;

/**
 * What the rows of a normalization were divided by: so many float64 a row, which are x̄, the mean or sum of the squares
 * of x − x̄, N, whether N moves with x (1, 0, or 2 for a row that was not done), and what x̄ was too short to hold.
 */
export const MEASURES = 5;

/** Gives the count of rows that were not done; always 0 for float32. */
type NormalizeRows = (
  x: number,
  gamma: number,
  beta: number,
  y: number,
  measures: number,
  rows: number,
  n: number,
  centered: Flag,
  sum: Flag,
  bound: Bound,
  epsilon: number,
) => number;

type NormalizeRowsBack = (
  dy: number,
  x: number,
  gamma: number,
  measures: number,
  dx: number,
  dgamma: number,
  dbeta: number,
  ofRoot: number,
  rows: number,
  n: number,
  centered: Flag,
  sum: Flag,
) => void;

/** See src/kernels/wasm/assembly/rows32.ts, and the files beside it. */
interface RowKernels {
  normalizeRows32: NormalizeRows;
  normalizeRows64: NormalizeRows;
  normalizeRowsBack32: NormalizeRowsBack;
  normalizeRowsBack64: NormalizeRowsBack;
}

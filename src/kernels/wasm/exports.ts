/** The functions of the compiled kernels; addresses and sizes in bytes, steps in elements. */
export interface Kernels {
  workspace(n: number): number;
  matmul32: Product;
  matmul64: Product;
}

export type Product = (
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

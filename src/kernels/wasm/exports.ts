import type { SquashKernels } from './squash-exports.js';

/** The functions of the compiled kernels. Addresses are in bytes; steps and counts, unless said, in elements. */
export interface Kernels
  extends
    RowKernels,
    ColumnKernels,
    ElementwiseKernels,
    CurveKernels,
    SquashKernels,
    ReduceKernels,
    SoftmaxKernels,
    OptimizerKernels,
    GatherKernels {
  /** Where what the compiler keeps in memory ends. */
  reserved(): number;
  /** The bytes that a product needs beside its operands. */
  workspace(): number;
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
  work: number,
  rows: number,
  n: number,
  centered: Flag,
  sum: Flag,
) => void;

/** So many bytes a number of a row, and so many more, are room enough for the kernels of rows on the way back. */
export const ROW_WORK = { each: 28, more: 64 };

/** See src/kernels/wasm/assembly/rows32.ts, and the files beside it. */
interface RowKernels {
  normalizeRows32: NormalizeRows;
  normalizeRows64: NormalizeRows;
  normalizeRowsBack32: NormalizeRowsBack;
  normalizeRowsBack64: NormalizeRowsBack;
}

/** Steps to the next row and column, in elements; 0 repeats. The step to the next column is 0 or 1. */
type Binary = (
  rows: number,
  columns: number,
  x: number,
  xRow: number,
  xColumn: number,
  y: number,
  yRow: number,
  yColumn: number,
  out: number,
) => void;

type Unary = (x: number, out: number, n: number) => void;

type Named<Names extends string, Kernel> = Readonly<Record<`${Names}${32 | 64}`, Kernel>>;

/** See elementwise.ts and unary.ts beside rows32.ts. */
interface ElementwiseKernels
  extends
    Named<'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum', Binary>,
    Named<'absolute' | 'root' | 'square' | 'relu', Unary>,
    Named<'reluBack', (g: number, x: number, out: number, n: number) => void>,
    Named<'clamp', (x: number, out: number, n: number, from: number, to: number) => void>,
    Named<'scale', (x: number, out: number, n: number, a: number) => void>,
    Named<'affine', (x: number, out: number, n: number, a: number, b: number) => void> {}

type UnaryBack = (g: number, x: number, out: number, n: number) => void;

/** Functions and the gradients through them; that of tanh is given its value, the others x. */
interface CurveKernels
  extends
    Readonly<
      Record<
        `${'exp' | 'log' | 'tanh' | 'sigmoid' | 'silu' | 'softplus' | 'erf' | 'gelu' | 'geluTanh'}32`,
        Unary
      >
    >,
    Readonly<
      Record<`${'tanh' | 'sigmoid' | 'silu' | 'softplus' | 'erf' | 'gelu' | 'geluTanh'}Back32`, UnaryBack>
    > {}

/** As for rows, with measures in six runs of outer · inner float64, and room to work in. */
type NormalizeColumns = (
  x: number,
  gamma: number,
  beta: number,
  y: number,
  measures: number,
  work: number,
  outer: number,
  n: number,
  inner: number,
  centered: Flag,
  sum: Flag,
  bound: Bound,
  epsilon: number,
) => number;

type NormalizeColumnsBack = (
  dy: number,
  x: number,
  gamma: number,
  measures: number,
  dx: number,
  dgamma: number,
  dbeta: number,
  ofRoot: number,
  work: number,
  outer: number,
  n: number,
  inner: number,
  centered: Flag,
  sum: Flag,
) => void;

/** So many bytes a column of a block are room enough for the kernels of columns. */
export const COLUMN_WORK = 48;

/** See columns32.ts, columns32-back.ts and columns64.ts beside rows32.ts. */
interface ColumnKernels
  extends Named<'normalizeColumns', NormalizeColumns>, Named<'normalizeColumnsBack', NormalizeColumnsBack> {}

/** Sums and extremes are written as float64; columns are those of outer blocks of n × inner. */
interface ReduceKernels
  extends
    Named<'dot', (x: number, y: number, n: number) => number>,
    Named<'within', (x: number, n: number, limit: number) => Flag>,
    Named<`${'sum' | 'max' | 'min'}Rows`, (x: number, out: number, rows: number, n: number) => void>,
    Named<
      'sumOfProducts',
      (
        a: number,
        s: number,
        sStep: number,
        b: number,
        t: number,
        tStep: number,
        out: number,
        outer: number,
        n: number,
        inner: number,
      ) => void
    >,
    Named<
      'extremeRowsBack',
      (x: number, extreme: number, gradient: number, out: number, rows: number, n: number) => void
    >,
    Named<`${'max' | 'min'}Columns`, ReduceColumns> {
  sumColumns32: ReduceColumns;
  /** `lost` is room for `inner` float64. */
  sumColumns64(x: number, out: number, outer: number, n: number, inner: number, lost: number): void;
}

type ReduceColumns = (x: number, out: number, outer: number, n: number, inner: number) => void;

type Rows = (x: number, y: number, rows: number, n: number) => void;
type RowsBack = (g: number, y: number, dx: number, rows: number, n: number) => void;

/** logSumExp32 and the losses of crossEntropy32 are written as float64; labels are int32. */
interface SoftmaxKernels extends Readonly<
  Record<'softmax32' | 'logSoftmax32' | 'logSumExp32', Rows> &
    Record<'softmaxBack32' | 'logSoftmaxBack32', RowsBack>
> {
  crossEntropy32(
    x: number,
    labels: number,
    losses: number,
    dx: number,
    rows: number,
    n: number,
    factor: number,
  ): void;
}

/** Addresses of memories that are not there are 0; the settings are those of the kernels in JavaScript. */
interface OptimizerKernels
  extends
    Named<
      'sgd',
      (
        weight: number,
        gradient: number,
        velocity: number,
        next: number,
        nextVelocity: number,
        n: number,
        decay: number,
        keep: number,
        momentum: number,
        inward: number,
        outward: number,
        nesterov: Flag,
      ) => void
    >,
    Named<
      'adam',
      (
        weight: number,
        gradient: number,
        mean: number,
        square: number,
        largest: number,
        next: number,
        nextMean: number,
        nextSquare: number,
        nextLargest: number,
        n: number,
        decay: number,
        keep: number,
        beta1: number,
        beta2: number,
        rate: number,
        epsilon: number,
      ) => void
    > {}

/** Picks are int32, and sums float64. */
interface GatherKernels extends Named<
  'scatterAdd',
  (x: number, sums: number, picks: number, count: number, outer: number, n: number, inner: number) => void
> {
  gather(x: number, out: number, picks: number, count: number, outer: number, n: number, bytes: number): void;
}

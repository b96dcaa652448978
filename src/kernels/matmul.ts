import type { Numbers } from './numbers.js';

/** A matrix inside some data: its first element, and the steps to the next row and column. */
export interface Matrix {
  readonly data: Numbers;
  readonly at: number;
  readonly row: number;
  readonly column: number;
}

/** Rows of A and columns of B that one tile of the product takes. */
const TILE = 4;
/** How far along the shared axis a panel reaches, so that a panel of B stays in the nearest cache. */
const DEPTH = 256;

let panelA = new Float64Array(0);
let panelB = new Float64Array(0);
const tile = new Float64Array(TILE * TILE);

/**
 * out ← A · B for A of [m, k] and B of [k, n]; out is row-major from `at`. Sums are in float64.
 * Both operands are packed into panels of float64, in the order in which tiles of 4 × 4 read them; transposed
 * operands cost nothing extra, since packing follows their steps.
 */
export function matmul(
  m: number,
  k: number,
  n: number,
  a: Matrix,
  b: Matrix,
  out: Numbers,
  at: number,
): void {
  const sums = out instanceof Float64Array || k <= DEPTH ? out : new Float64Array(m * n);
  const base = sums === out ? at : 0;
  sums.fill(0, base, base + m * n);
  panelA = roomFor(panelA, Math.ceil(m / TILE) * TILE * DEPTH);
  panelB = roomFor(panelB, Math.ceil(n / TILE) * TILE * DEPTH);
  for (let from = 0; from < k; from += DEPTH) {
    const depth = Math.min(DEPTH, k - from);
    pack(panelA, a.data, a.at + from * a.column, a.row, a.column, m, depth);
    pack(panelB, b.data, b.at + from * b.row, b.column, b.row, n, depth);
    for (let j = 0; j < n; j += TILE) {
      for (let i = 0; i < m; i += TILE) {
        multiply(panelA, i * depth, panelB, j * depth, depth);
        const [height, width] = [Math.min(TILE, m - i), Math.min(TILE, n - j)];
        for (let r = 0; r < height; r++) {
          const o = base + (i + r) * n + j;
          for (let c = 0; c < width; c++) sums[o + c]! += tile[r * TILE + c]!;
        }
      }
    }
  }
  if (sums !== out) out.set(sums, at);
}

const roomFor = (panel: Float64Array<ArrayBuffer>, size: number): Float64Array<ArrayBuffer> =>
  panel.length < size ? new Float64Array(size) : panel;

/** Lays `lines` lines of `depth` elements out four abreast; what is missing of the last four is 0. */
function pack(
  panel: Float64Array,
  data: Numbers,
  at: number,
  across: number,
  along: number,
  lines: number,
  depth: number,
): void {
  let o = 0;
  for (let line = 0; line < lines; line += TILE) {
    const some = lines - line;
    let p = at + line * across;
    const [step1, step2, step3] = [across, 2 * across, 3 * across];
    if (some >= TILE) {
      for (let l = 0; l < depth; l++, p += along, o += TILE) {
        panel[o] = data[p]!;
        panel[o + 1] = data[p + step1]!;
        panel[o + 2] = data[p + step2]!;
        panel[o + 3] = data[p + step3]!;
      }
    } else {
      for (let l = 0; l < depth; l++, p += along, o += TILE) {
        panel[o] = data[p]!;
        panel[o + 1] = some > 1 ? data[p + step1]! : 0;
        panel[o + 2] = some > 2 ? data[p + step2]! : 0;
        panel[o + 3] = 0;
      }
    }
  }
}

/** One tile: sixteen sums that stay in registers. */
function multiply(a: Float64Array, atA: number, b: Float64Array, atB: number, depth: number): void {
  let c00 = 0;
  let c01 = 0;
  let c02 = 0;
  let c03 = 0;
  let c10 = 0;
  let c11 = 0;
  let c12 = 0;
  let c13 = 0;
  let c20 = 0;
  let c21 = 0;
  let c22 = 0;
  let c23 = 0;
  let c30 = 0;
  let c31 = 0;
  let c32 = 0;
  let c33 = 0;
  let p = atA;
  let q = atB;
  for (let l = 0; l < depth; l++, p += TILE, q += TILE) {
    const b0 = b[q]!;
    const b1 = b[q + 1]!;
    const b2 = b[q + 2]!;
    const b3 = b[q + 3]!;
    const a0 = a[p]!;
    c00 += a0 * b0;
    c01 += a0 * b1;
    c02 += a0 * b2;
    c03 += a0 * b3;
    const a1 = a[p + 1]!;
    c10 += a1 * b0;
    c11 += a1 * b1;
    c12 += a1 * b2;
    c13 += a1 * b3;
    const a2 = a[p + 2]!;
    c20 += a2 * b0;
    c21 += a2 * b1;
    c22 += a2 * b2;
    c23 += a2 * b3;
    const a3 = a[p + 3]!;
    c30 += a3 * b0;
    c31 += a3 * b1;
    c32 += a3 * b2;
    c33 += a3 * b3;
  }
  tile[0] = c00;
  tile[1] = c01;
  tile[2] = c02;
  tile[3] = c03;
  tile[4] = c10;
  tile[5] = c11;
  tile[6] = c12;
  tile[7] = c13;
  tile[8] = c20;
  tile[9] = c21;
  tile[10] = c22;
  tile[11] = c23;
  tile[12] = c30;
  tile[13] = c31;
  tile[14] = c32;
  tile[15] = c33;
}

import { DEPTH, type Matrix } from '../matmul.js';
import type { Numbers } from '../numbers.js';
import { type Unrolled, unrolledFor } from './set.js';

/** Rows of A and columns of B that one tile of the product takes. */
const TILE = 4;

let panelA = new Float64Array(0);
let panelB = new Float64Array(0);
const tile = new Float64Array(TILE * TILE);

/**
 * out ← A · B; false, and nothing done, where dtypes differ. Panels are DEPTH deep, so that they stay near. Both operands are packed into panels of float64, in the
 * order in which tiles of 4 × 4 read them; transposed operands cost nothing extra, since packing follows their steps.
 */
export function matmul(
  m: number,
  k: number,
  n: number,
  a: Matrix,
  b: Matrix,
  out: Numbers,
  at: number,
): boolean {
  const loops = unrolledFor(out, a.data, b.data);
  if (!loops) return false;
  const sums = out instanceof Float64Array || k <= DEPTH ? out : new Float64Array(m * n);
  const { addTile } = unrolledFor(sums)!;
  const base = sums === out ? at : 0;
  sums.fill(0, base, base + m * n);
  panelA = roomFor(panelA, Math.ceil(m / TILE) * TILE * DEPTH);
  panelB = roomFor(panelB, Math.ceil(n / TILE) * TILE * DEPTH);
  for (let from = 0; from < k; from += DEPTH) {
    const depth = Math.min(DEPTH, k - from);
    pack(loops, panelA, a.data, a.at + from * a.column, a.row, a.column, m, depth);
    pack(loops, panelB, b.data, b.at + from * b.row, b.column, b.row, n, depth);
    for (let j = 0; j < n; j += TILE) {
      for (let i = 0; i < m; i += TILE) {
        loops.multiplyTile(tile, panelA, i * depth, panelB, j * depth, depth);
        const o = base + i * n + j;
        if (m - i >= TILE && n - j >= TILE) addTile(tile, sums, o, n);
        else addPart(sums, o, n, Math.min(TILE, m - i), Math.min(TILE, n - j));
      }
    }
  }
  if (sums !== out) out.set(sums, at);
  return true;
}

const roomFor = (panel: Float64Array<ArrayBuffer>, size: number): Float64Array<ArrayBuffer> =>
  panel.length < size ? new Float64Array(size) : panel;

/** Lays `lines` lines of `depth` elements out four abreast; what is missing of the last four is 0. */
function pack(
  loops: Unrolled,
  panel: Float64Array,
  data: Numbers,
  at: number,
  across: number,
  along: number,
  lines: number,
  depth: number,
): void {
  const whole = lines - (lines % TILE);
  for (let line = 0; line < whole; line += TILE) {
    loops.packFour(panel, line * depth, data, at + line * across, across, along, depth);
  }
  if (whole === lines) return;
  let o = whole * depth;
  for (let l = 0; l < depth; l++, o += TILE) {
    for (let line = 0; line < TILE; line++) {
      panel[o + line] = whole + line < lines ? data[at + (whole + line) * across + l * along]! : 0;
    }
  }
}

/** Adds so much of the tile as lies inside the product. */
function addPart(sums: Numbers, at: number, n: number, height: number, width: number): void {
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) sums[at + r * n + c]! += tile[r * TILE + c]!;
  }
}

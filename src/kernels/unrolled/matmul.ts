import { DEPTH, type Matrix } from '../matmul.js';
import type { Numbers } from '../numbers.js';
import { type Unrolled, unrolledFor } from './set.js';

/** Rows of A and columns of B that one tile of the product takes, as the texts have it. */
const [HEIGHT, WIDTH] = [4, 3];

/** Rows of A, then columns of B; in one array, whose place V8 looks up once for both. */
let panel = new Float64Array(0);
const tile = new Float64Array(HEIGHT * WIDTH);

/**
 * out ← A · B; false, and nothing done, where dtypes differ. Both operands are packed into panels of float64, in the
 * order in which tiles read them, and DEPTH deep, so that they stay near; transposed operands cost nothing extra, since
 * packing follows their steps.
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
  const { multiplyTile } = loops;
  const sums = out instanceof Float64Array || k <= DEPTH ? out : new Float64Array(m * n);
  const { addTile } = unrolledFor(sums)!;
  const base = sums === out ? at : 0;
  sums.fill(0, base, base + m * n);
  const atB = Math.ceil(m / HEIGHT) * HEIGHT * DEPTH;
  const size = atB + Math.ceil(n / WIDTH) * WIDTH * DEPTH;
  if (panel.length < size) panel = new Float64Array(size);
  for (let from = 0; from < k; from += DEPTH) {
    const depth = Math.min(DEPTH, k - from);
    pack(loops.packRows, HEIGHT, 0, a.data, a.at + from * a.column, a.row, a.column, m, depth);
    pack(loops.packColumns, WIDTH, atB, b.data, b.at + from * b.row, b.column, b.row, n, depth);
    for (let j = 0; j < n; j += WIDTH) {
      for (let i = 0; i < m; i += HEIGHT) {
        multiplyTile(tile, panel, i * depth, atB + j * depth, depth);
        const o = base + i * n + j;
        if (m - i >= HEIGHT && n - j >= WIDTH) addTile(tile, sums, o, n);
        else addPart(sums, o, n, Math.min(HEIGHT, m - i), Math.min(WIDTH, n - j));
      }
    }
  }
  if (sums !== out) out.set(sums, at);
  return true;
}

/** Lays lines of `depth` elements out so many abreast, from `start` on; what is missing of the last is 0. */
function pack(
  packAll: Unrolled['packRows'],
  abreast: number,
  start: number,
  data: Numbers,
  at: number,
  across: number,
  along: number,
  lines: number,
  depth: number,
): void {
  const whole = lines - (lines % abreast);
  for (let line = 0; line < whole; line += abreast) {
    packAll(panel, start + line * depth, data, at + line * across, across, along, depth);
  }
  if (whole === lines) return;
  let o = start + whole * depth;
  for (let l = 0; l < depth; l++, o += abreast) {
    for (let line = 0; line < abreast; line++) {
      panel[o + line] = whole + line < lines ? data[at + (whole + line) * across + l * along]! : 0;
    }
  }
}

/** Adds so much of the tile as lies inside the product. */
function addPart(sums: Numbers, at: number, n: number, height: number, width: number): void {
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) sums[at + r * n + c]! += tile[r * WIDTH + c]!;
  }
}

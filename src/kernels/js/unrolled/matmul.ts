import type { Kernels } from '../../kernels.js';
import type { Numbers } from '../../numbers.js';
import * as float32 from '../generated/float32.js';
import * as float64 from '../generated/float64.js';
import { matmul as general } from '../matmul.js';
import { loopsFor } from './set.js';

const TILES = {
  float32: {
    packed: float32.packed,
    panel: float32.panel,
    edge: float32.edge,
    packColumns: float32.packColumns,
    packRows: float32.packRows,
    addTile: float32.addTile,
  },
  float64: {
    packed: float64.packed,
    panel: float64.panel,
    edge: float64.edge,
    packColumns: float64.packColumns,
    packRows: float64.packRows,
    addTile: float64.addTile,
  },
};

type Tiles = Omit<(typeof TILES)['float64'], 'edge'> & { readonly edge: Numbers };

/**
 * A · B by tiles; the general loop runs if dtypes differ. Blocks of both operands are packed into a panel of float64, in
 * the order in which tiles read them; transposed operands cost nothing extra, since packing follows their steps.
 */
export const matmul: Kernels['matmul'] = (m, k, n, a, b, out, at) => {
  const loops = loopsFor<Tiles>(TILES, out, a.data, b.data);
  if (!loops) return general(m, k, n, a, b, out, at);
  const { rows, columns, depth: deepest, height, width } = loops.packed;
  const sums = out instanceof Float64Array || k <= deepest ? out : new Float64Array(m * n);
  const base = sums === out ? at : 0;
  sums.fill(0, base, base + m * n);
  const into = loopsFor<Tiles>(TILES, sums)!;
  const { panel } = into;
  for (let l = 0; l < k; l += deepest) {
    const depth = Math.min(deepest, k - l);
    for (let j = 0; j < n; j += columns) {
      const across = Math.min(columns, n - j);
      const fromB = b.at + l * b.row + j * b.column;
      const atB = rows * deepest;
      pack(loops.packColumns, width, panel, atB, b.data, fromB, b.column, b.row, across, depth);
      for (let i = 0; i < m; i += rows) {
        const down = Math.min(rows, m - i);
        const fromA = a.at + i * a.row + l * a.column;
        pack(loops.packRows, height, panel, 0, a.data, fromA, a.row, a.column, down, depth);
        multiply(into, down, depth, across, sums, base + i * n + j, n);
      }
    }
  }
  if (sums !== out) out.set(sums, at);
};

/** Interleaves `abreast` lines of `depth` elements each, from `start` on; missing lines are 0. */
function pack(
  packAll: Tiles['packRows'],
  abreast: number,
  panel: Float64Array,
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

/** Accumulates the product of the packed operands in an array with n columns, from `at` on. */
function multiply(
  { addTile, packed, edge }: Tiles,
  m: number,
  depth: number,
  columns: number,
  sums: Numbers,
  at: number,
  n: number,
): void {
  const { height, width } = packed;
  const atB = packed.rows * packed.depth;
  for (let j = 0; j < columns; j += width) {
    for (let i = 0; i < m; i += height) {
      const [p, q, o] = [i * depth, atB + j * depth, at + i * n + j];
      if (m - i >= height && columns - j >= width) {
        addTile(p, q, depth, sums, o, n);
        continue;
      }
      edge.fill(0);
      addTile(p, q, depth, edge, 0, width);
      const [down, across] = [Math.min(height, m - i), Math.min(width, columns - j)];
      for (let r = 0; r < down; r++) {
        for (let c = 0; c < across; c++) sums[o + r * n + c]! += edge[r * width + c]!;
      }
    }
  }
}

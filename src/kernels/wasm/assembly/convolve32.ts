// Convolution of float32, channels last. A window is a number of runs of an image between zeros, as a table says, and its
// sums are those of a matrix product, whose rows are never laid out. Addresses and steps are in bytes.
import { packStrip } from './matmul-pack';
import { DEPTH, ENTRY, addWide, join, lengthOf, placeA, placeB, runsFrom, tile } from './slide32';

/** The bytes of work space: a strip of the kernel or the gradient, and two sums. */
export function convolveWork(): i32 {
  return 64 * DEPTH + 128;
}

function pair(
  entry: usize, some: i32, a0: usize, a1: usize, work: usize, o0: usize, o1: usize, columns: i32, more: bool,
): void {
  const edge = work + 64 * DEPTH;
  if (columns == 16) return tile(entry, some, 4, a0, a1, work, o0, o1, more);
  tile(entry, some, 4, a0, a1, work, edge, edge + 64, false);
  join(o0, edge, columns, more);
  if (o1 != edge + 64) join(o1, edge + 64, columns, more);
}

/**
 * out ← the n sums of every window of x. The runs are at most DEPTH long, and their places in the kernel are those of rows
 * of n numbers, `bRow` and `bColumn` numbers apart.
 */
export function convolve32(
  x: usize, xSample: usize, xDown: usize, xAcross: usize,
  samples: i32, down: i32, across: i32,
  table: usize, runs: i32,
  kernel: usize, bRow: i32, bColumn: i32, n: i32,
  out: usize, outSample: usize, outDown: usize, outAcross: usize, work: usize,
): void {
  const spare = work + 64 * DEPTH + 64;
  for (let f: i32 = 0; f < n; f += 16, out += 64) {
    const columns = min(16, n - f), strip = kernel + (<usize>(f * bColumn) << 2);
    let more = false;
    for (let left = runs, entry = table; left > 0;) {
      const some = runsFrom(entry, left);
      let packed = work;
      for (let k: i32 = 0; k < some; k++) {
        const one = entry + <usize>k * ENTRY, depth = lengthOf(one);
        packStrip<f32>(packed, strip + placeB(one), bRow, bColumn, columns, depth, 64);
        packed += <usize>depth << 6;
      }
      let a0: usize = 0, o0: usize = 0, waits = false;
      for (let s: i32 = 0; s < samples; s++) {
        for (let i: i32 = 0; i < down; i++) {
          let a = x + <usize>s * xSample + <usize>i * xDown, o = out + <usize>s * outSample + <usize>i * outDown;
          for (let j: i32 = 0; j < across; j++, a += xAcross, o += outAcross) {
            if (waits) pair(entry, some, a0, a, work, o0, o, columns, more);
            a0 = a;
            o0 = o;
            waits = !waits;
          }
        }
      }
      if (waits) pair(entry, some, a0, a0, work, o0, spare, columns, more);
      more = true;
      left -= some;
      entry += <usize>some * ENTRY;
    }
  }
}

/**
 * sums ← sums + Σ x g over all windows, for each of n filters, `gRow` numbers apart from window to window. The runs of
 * `table` are those of a window, the runs of `rows` those of windows; sums are float64, `gRow` of them for each number of a
 * window.
 */
export function convolveKernel32(
  x: usize, xSample: usize, xAcross: usize, samples: i32,
  rows: usize, lines: i32, table: usize, runs: i32,
  g: usize, gSample: usize, gRow: i32, n: i32, sums: usize, work: usize,
): void {
  const edge = work + 64 * DEPTH;
  for (let f: i32 = 0; f < n; f += 16, g += 64, sums += 128) {
    const columns = min(16, n - f);
    for (let s: i32 = 0; s < samples; s++) {
      for (let left = lines, row = rows; left > 0;) {
        const some = runsFrom(row, left);
        let windows: i32 = 0;
        for (let k: i32 = 0; k < some; k++) windows += lengthOf(row + <usize>k * ENTRY);
        packStrip<f32>(work, g + <usize>s * gSample + placeB(row), gRow, 1, columns, windows, 64);
        for (let k: i32 = 0; k < runs; k++) {
          const entry = table + <usize>k * ENTRY, depth = lengthOf(entry);
          let a = x + <usize>s * xSample + placeA(entry), to = sums + (placeB(entry) << 1);
          for (let l: i32 = 0; l < depth; l += 2, a += 8, to += <usize>gRow << 4) {
            const both = l + 1 < depth;
            tile(row, some, xAcross, a, both ? a + 4 : a, work, edge, edge + 64, false);
            addWide(to, edge, columns);
            if (both) addWide(to + (<usize>gRow << 3), edge + 64, columns);
          }
        }
        left -= some;
        row += <usize>some * ENTRY;
      }
    }
  }
}

// Normalization of rows of float32, backward: from x and its measures alone, so that nothing of the size of x is kept.
import { MEASURES, center as centerOf, isFar, live as liveOf, root as rootOf } from './measures';
import { finite, flush } from './partials';
import { less, powerOf, safe, scale } from './rows32';
import { sums, wide } from './rows32-apart';
import { bounded, gather, pull, pulled, spread, turned } from './rows32-spread';

/** The numbers of so many rows are added in float32 before they are added to float64. */
const BLOCK: i32 = 16;

@inline function fits(v: f64): bool {
  return v == 0 || safe(v);
}

/** The row that `approach` left: its first number, what is to be subtracted, and its scale. */
let at: usize = 0, off: f32 = 0, size: f64 = 1;

/** Whether a row can be computed in float32. If so, it is left with its mean in one number, in work space if need be. */
function approach(x: usize, row: usize, own: usize, n: i32): bool {
  const center = centerOf(row), inverse = 1 / rootOf(row);
  at = x;
  off = <f32>center;
  size = 1;
  if (!(safe(inverse) && abs<f64>(center) < 1.2676506002282294e30)) return false;
  const lo = <f32>(center - <f64>off);
  // Factors that hold r once or squared keep their digits if r is near 1. Otherwise d is scaled by a power of two as
  // large, and so is dx in the end: to the same digits.
  if (!(inverse > 0.00390625 && inverse < 256)) size = powerOf(inverse);
  if (lo != 0 || size != 1) {
    less(x, off, own, n);
    if (size != 1) scale(own, own, n, size);
    at = own;
    off = lo * <f32>size;
  }
  return true;
}

/**
 * dx of a row, and its part of dγ and dβ. Returns whether that was added to the sums in float32, otherwise to those in
 * float64. `own` is work space for n numbers. What is `taken` off g, P + Q·x̂, is found unless it is given: P, and Q behind the
 * P of all rows.
 */
function back(
  dy: usize, x: usize, gamma: usize, row: usize, dx: usize, dgamma: usize, dbeta: usize,
  own: usize, ofGain: usize, ofShift: usize, n: i32, centered: bool, share: f64, ofRoot: f64, taken: usize, apart: usize,
): bool {
  if (isFar(row)) return false;
  const root = rootOf(row), live = liveOf(row), inverse = 1 / root;
  const push = live ? ofRoot * share * live : 0;
  let narrow = safe(inverse) && abs<f64>(centerOf(row)) < 1.2676506002282294e30, offset: f64 = 0, radial: f64 = 0;
  if (narrow && dx) {
    approach(x, row, own, n);
    if (taken) {
      offset = load<f64>(taken);
      radial = load<f64>(taken + apart);
    } else {
      pull(dy, at, gamma, n, off, centered);
      if (centered) offset = pulled() / <f64>n;
      // The part of dN along x̂ is subtracted from the part that the projection removes: one coefficient for both.
      radial = (live ? turned() * (inverse / size) * share * live : 0) - push * root;
    }
    // Where N does not depend on x, or d is scaled, the sums do not show that a product is too large.
    narrow = fits(offset) && fits(radial) && ((live != 0 && size == 1) || bounded(dy, gamma, n));
  }
  if (!narrow) {
    wide(dy, x, gamma, row, dx, dgamma, dbeta, n, centered, share, push, taken, apart);
    return false;
  }
  const r = inverse / size, o = <f32>(-offset * r), along = <f32>(-radial * r * r);
  const together = dx != 0 && dx != dy && gamma != 0 && dgamma != 0 && (centered || dbeta == 0);
  // dx may take the place of dy: unless the sums are taken on the way, they come first.
  if (!together && (dgamma || dbeta)) sums(dy, x, row, dgamma, dbeta, n);
  if (together) gather(dy, at, gamma, dx, ofGain, ofShift, n, off, <f32>r, o, along, centered);
  else if (dx) spread(dy, at, gamma, dx, n, off, <f32>r, o, along, centered);
  if (dx && size != 1) scale(dx, dx, n, size);
  return together;
}

/** sums ← Σg of every row, and behind them Σg·x̂, for g = dy·γ and x̂ by its measures. `work` is as for the backward pass. */
export function pullRows32(
  dy: usize, x: usize, gamma: usize, measures: usize, sums: usize, work: usize, rows: i32, n: i32,
): void {
  const bytes = <usize>n << 2;
  for (let i: i32 = 0; i < rows; i++, dy += bytes, x += bytes, measures += MEASURES, sums += 8) {
    let turn: f64 = NaN;
    if (approach(x, measures, work, n)) {
      pull(dy, at, gamma, n, off, true);
      turn = turned() / (rootOf(measures) * size);
    }
    if (!fits(turn) || !fits(pulled())) {
      wide(dy, x, gamma, measures, 0, 0, 0, n, true, 1, 0, 0, 0);
      turn = turned();
    }
    store<f64>(sums, pulled());
    store<f64>(sums + (<usize>rows << 3), turn);
  }
}

/** The bytes of work space for rows of either dtype, backward. */
export function rowsBackWork(n: i32): f64 {
  return 28 * <f64>n + 64;
}

/**
 * The gradients of normalizeRows32 from dy, x and the measures of the rows: dx ← (g − mean(g) − live · x̂ · total(x̂ g)) / N
 * + live · dN · share · x̂ for g = dy · γ, where mean(g) is subtracted if `centered`, and total and share are of the mean
 * (share 1/n) or of the sum (share 1). `ofRoot` holds dN in float32, one number a row. dγ and dβ are float64 sums that
 * are added to, of n numbers each. Far rows are passed over. dx, dγ, dβ, γ and dN may be at 0, which leaves them out.
 *
 * To add to float64 sums for every row takes a third of the time: rows are added in float32, sixteen at most. Should the
 * sums have left the range of float32 in between, they are taken again as they were, and all rows are added in float64.
 *
 * If `taken` is not 0, dx ← (g − P − Q·x̂) / N for two float64 of every row: all P, then all Q.
 */
export function normalizeRowsBack32(
  dy: usize, x: usize, gamma: usize, measures: usize, dx: usize, dgamma: usize, dbeta: usize, ofRoot: usize,
  work: usize, rows: i32, n: i32, centered: bool, sum: bool, taken: usize,
): void {
  const bytes = <usize>n << 2, room = (bytes + 15) & ~15, share: f64 = sum ? 1 : 1 / <f64>n;
  const ofGain = work + room, ofShift = ofGain + room, before = ofShift + room;
  memory.fill(ofGain, 0, 2 * room);
  if (dgamma) memory.copy(before, dgamma, 2 * bytes);
  if (dbeta) memory.copy(before + 2 * bytes, dbeta, 2 * bytes);
  let waiting: i32 = 0, gathered = false;
  for (let i: i32 = 0; i < rows; i++, dy += bytes, x += bytes, measures += MEASURES) {
    const to = dx ? dx + <usize>i * bytes : 0, push: f64 = ofRoot ? <f64>load<f32>(ofRoot + (<usize>i << 2)) : 0;
    const given = taken ? taken + (<usize>i << 3) : 0;
    if (back(dy, x, gamma, measures, to, dgamma, dbeta, work, ofGain, ofShift, n, centered, share, push, given, <usize>rows << 3)) {
      waiting++;
      gathered = true;
    }
    if (waiting == BLOCK || (waiting && i == rows - 1)) {
      flush(ofGain, dgamma, n);
      if (dbeta) flush(ofShift, dbeta, n);
      waiting = 0;
    }
  }
  if (!gathered || (finite(dgamma, n) && (!dbeta || finite(dbeta, n)))) return;
  memory.copy(dgamma, before, 2 * bytes);
  if (dbeta) memory.copy(dbeta, before + 2 * bytes, 2 * bytes);
  for (let i: i32 = rows; i > 0; i--) {
    dy -= bytes;
    x -= bytes;
    measures -= MEASURES;
    if (!isFar(measures)) wide(dy, x, gamma, measures, 0, dgamma, dbeta, n, centered, share, 0, 0, 0);
  }
}

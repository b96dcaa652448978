// Depthwise convolution of float32, channels last: vectors hold neighbouring channels. Addresses and steps are in bytes.
import { ENTRY, addWide, placeA, placeB, runsFrom, tileEach, tileEachOne } from './slide32';

/** The bytes of work space: two sums. */
export function depthwiseWork(): i32 {
  return 128;
}

@inline function sums(
  whole: bool, entry: usize, runs: i32, stepA: usize, stepB: usize,
  a0: usize, a1: usize, b: usize, o0: usize, o1: usize,
): void {
  if (whole) tileEach(entry, runs, stepA, stepB, a0, a1, b, o0, o1);
  else tileEachOne(entry, runs, stepA, stepB, a0, a1, b, o0, o1);
}

/** The bytes from one block of channels to the next: the last one may overlap that before, if four do not divide the rest. */
@inline function next(at: usize, bytes: usize): usize {
  return at + 64 <= bytes ? at + 64 : at + 16;
}

/**
 * out ← Σ x k over every window, channel by channel, of at least four channels in so many bytes. The runs of the table go along
 * a row of the window, `stepA` in x and `stepB` in the kernel.
 */
export function depthwise32(
  x: usize, xSample: usize, xDown: usize, xAcross: usize,
  samples: i32, down: i32, across: i32,
  table: usize, runs: i32, stepA: usize, stepB: usize, kernel: usize, bytes: usize,
  out: usize, outSample: usize, outDown: usize, outAcross: usize, work: usize,
): void {
  for (let at: usize = 0; at < bytes; at = next(at, bytes)) {
    const whole = at + 64 <= bytes, c = whole ? at : min<usize>(at, bytes - 16);
    let a0: usize = 0, o0: usize = 0, waits = false;
    for (let s: i32 = 0; s < samples; s++) {
      for (let i: i32 = 0; i < down; i++) {
        let a = c + x + <usize>s * xSample + <usize>i * xDown, o = c + out + <usize>s * outSample + <usize>i * outDown;
        for (let j: i32 = 0; j < across; j++, a += xAcross, o += outAcross) {
          if (waits) sums(whole, table, runs, stepA, stepB, a0, a, kernel + c, o0, o);
          a0 = a;
          o0 = o;
          waits = !waits;
        }
      }
    }
    if (waits) sums(whole, table, runs, stepA, stepB, a0, a0, kernel + c, o0, work);
  }
}

/**
 * sums ← sums + Σ x g over all windows, for every place of a window and every channel. The runs of `rows` are those of
 * windows, `xAcross` in x and `bytes` in g; `places` has the place of each number of a window in x. Sums are float64.
 */
export function depthwiseKernel32(
  x: usize, xSample: usize, xAcross: usize, samples: i32,
  rows: usize, lines: i32, places: usize, count: i32,
  g: usize, gSample: usize, bytes: usize, to: usize, work: usize,
): void {
  const line = bytes << 1;
  for (let s: i32 = 0; s < samples; s++, x += xSample, g += gSample) {
    for (let at: usize = 0; at < bytes; at = next(at, bytes)) {
      const whole = at + 64 <= bytes, c = whole ? at : min<usize>(at, bytes - 16);
      // Channels that overlap were added by the block before.
      const skip = at - c, size = <i32>(((whole ? 64 : 16) - skip) >> 2);
      for (let left = lines, row = rows; left > 0;) {
        const some = runsFrom(row, left);
        for (let k: i32 = 0; k < count; k += 2) {
          const first = places + (<usize>k << 2), both = k + 1 < count;
          const a0 = c + x + placeA(first), a1 = both ? c + x + placeB(first) : a0;
          sums(whole, row, some, xAcross, bytes, a0, a1, g + c, work, work + 64);
          const sum = to + <usize>k * line + (at << 1);
          addWide(sum, work + skip, size);
          if (both) addWide(sum + line, work + 64 + skip, size);
        }
        left -= some;
        row += <usize>some * ENTRY;
      }
    }
  }
}

// Pooling of float32, channels last, with at least four channels: the last vector may overlap the one before, which writes
// the same. Sums are of float64, in the order of the loops in JavaScript, so that all bits are theirs.
import { high, low, narrow } from './vectors';

/** How windows lie along one axis, in five int32: image, window, stride, padding in front, count of windows. */
@inline function image(w: usize): i32 { return load<i32>(w); }
@inline function size(w: usize): i32 { return load<i32>(w, 4); }
@inline function stride(w: usize): i32 { return load<i32>(w, 8); }
@inline function before(w: usize): i32 { return load<i32>(w, 12); }
@inline function count(w: usize): i32 { return load<i32>(w, 16); }

/** The bytes of an axis. */
const AXIS: usize = 20;

@inline function firstPixel(w: usize, window: i32): i32 {
  return max(0, window * stride(w) - before(w));
}

/** The pixel behind the last one of a window. */
@inline function endPixel(w: usize, window: i32): i32 {
  return min(image(w), window * stride(w) - before(w) + size(w));
}

/** The first window that covers a pixel, or one behind the last. */
@inline function firstWindow(w: usize, pixel: i32): i32 {
  const past = pixel + before(w) - size(w);
  return past < 0 ? 0 : past / stride(w) + 1;
}

@inline function endWindow(w: usize, pixel: i32): i32 {
  return min(count(w), (pixel + before(w)) / stride(w) + 1);
}

/** Four channels on: the last vector overlaps the one before, if four do not divide the channels. */
@inline function next(c: usize, row: usize): usize {
  return c + 32 > row && c + 16 < row ? row - 16 : c + 16;
}

/** The maximum or the mean of every window; the mean is a sum by the number of pixels. */
export function pool32(x: usize, out: usize, samples: i32, w: usize, row: usize, isMean: bool): void {
  const along = w + AXIS;
  const sample = <usize>(image(w) * image(along)) * row;
  for (; samples > 0; samples--, x += sample) {
    for (let i: i32 = 0; i < count(w); i++) {
      const top = firstPixel(w, i), bottom = endPixel(w, i);
      for (let j: i32 = 0; j < count(along); j++, out += row) {
        const left = firstPixel(along, j), right = endPixel(along, j);
        const pixels = f64x2.splat(<f64>(max(0, bottom - top) * max(0, right - left)));
        for (let c: usize = 0; c < row; c = next(c, row)) {
          let most = f32x4.splat(-Infinity), s0 = f64x2.splat(0), s1 = s0;
          for (let y = top; y < bottom; y++) {
            let p = x + <usize>(y * image(along) + left) * row + c;
            for (let k = left; k < right; k++, p += row) {
              const v = v128.load(p);
              most = f32x4.max(most, v);
              s0 = f64x2.add(s0, low(v));
              s1 = f64x2.add(s1, high(v));
            }
          }
          v128.store(out + c, isMean ? narrow(f64x2.div(s0, pixels), f64x2.div(s1, pixels)) : most);
        }
      }
    }
  }
}

/** The bytes of work space: a number of pixels for every window of a sample, in float32. */
export function poolWork(down: i32, across: i32, row: usize): f64 {
  return <f64>down * <f64>across * <f64>row;
}

/** All bits of each number of x that is y, or all bits of all numbers. */
@inline function chosen(x: usize, y: usize, all: v128): v128 {
  return v128.or(f32x4.eq(v128.load(x), v128.load(y)), all);
}

/**
 * The gradient of x, from the windows that cover each pixel: a window shares its gradient g among the pixels that are its
 * maximum y, or among all. For the mean, x and y are not looked at, but must be readable.
 */
export function poolBack32(
  g: usize, x: usize, y: usize, ofX: usize, samples: i32, w: usize, row: usize, shares: usize, isMean: bool,
): void {
  const along = w + AXIS, all = i32x4.splat(isMean ? -1 : 0);
  const pixels = <usize>(image(w) * image(along)) * row, windows = <usize>(count(w) * count(along)) * row;
  for (; samples > 0; samples--, x += pixels, g += windows, y += windows, ofX += pixels) {
    for (let i: i32 = 0, o: usize = 0; i < count(w); i++) {
      for (let j: i32 = 0; j < count(along); j++, o += row) {
        const left = firstPixel(along, j), right = endPixel(along, j);
        for (let c: usize = 0; c < row; c = next(c, row)) {
          let sum = f32x4.splat(0);
          for (let r = firstPixel(w, i), end = endPixel(w, i); r < end; r++) {
            let p = x + <usize>(r * image(along) + left) * row + c;
            for (let k = left; k < right; k++, p += row) {
              sum = f32x4.add(sum, v128.and(chosen(p, y + o + c, all), f32x4.splat(1)));
            }
          }
          v128.store(shares + o + c, sum);
        }
      }
    }
    for (let r: i32 = 0, p: usize = 0; r < image(w); r++) {
      const top = firstWindow(w, r), bottom = endWindow(w, r);
      for (let k: i32 = 0; k < image(along); k++, p += row) {
        const left = firstWindow(along, k), right = endWindow(along, k);
        for (let c: usize = 0; c < row; c = next(c, row)) {
          let s0 = f64x2.splat(0), s1 = s0;
          for (let i = top; i < bottom; i++) {
            let o = <usize>(i * count(along) + left) * row + c;
            for (let j = left; j < right; j++, o += row) {
              const dy = v128.load(g + o), by = v128.load(shares + o), its = chosen(x + p + c, y + o, all);
              const part0 = f64x2.div(low(dy), low(by)), part1 = f64x2.div(high(dy), high(by));
              s0 = f64x2.add(s0, v128.and(part0, v128.shuffle<i32>(its, its, 0, 0, 1, 1)));
              s1 = f64x2.add(s1, v128.and(part1, v128.shuffle<i32>(its, its, 2, 2, 3, 3)));
            }
          }
          v128.store(ofX + p + c, narrow(s0, s1));
        }
      }
    }
  }
}

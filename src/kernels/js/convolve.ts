import type { Kernels } from '../kernels.js';
import type { Windows } from '../operands.js';

/** Calls `visit` with the window, the place in it and the pixel, for every pixel of one sample that a window covers. */
function pixels(
  { height, width, rows, columns, stride, dilation, before, down, across }: Windows,
  visit: (window: number, place: number, pixel: number) => void,
): void {
  for (let i = 0; i < down; i++) {
    for (let j = 0; j < across; j++) {
      for (let r = 0; r < rows; r++) {
        const y = i * stride[0] - before[0] + r * dilation[0];
        if (y < 0 || y >= height) continue;
        for (let c = 0; c < columns; c++) {
          const x = j * stride[1] - before[1] + c * dilation[1];
          if (x >= 0 && x < width) visit(i * across + j, r * columns + c, y * width + x);
        }
      }
    }
  }
}

/** Pixels that are neighbours in the image and in a window are copied as one run. */
export const unfold: Kernels['unfold'] = (x, from, windows, channel, count, out, at) => {
  const { height, width, channels, rows, columns, stride, dilation, before, down, across } = windows;
  const together = dilation[1] === 1 && count === channels;
  out.fill(0, at, at + down * across * rows * columns * count);
  let o = at;
  for (let i = 0; i < down; i++) {
    for (let j = 0; j < across; j++) {
      const left = j * stride[1] - before[1];
      // The columns of the window that cover the image.
      const first = left >= 0 ? 0 : Math.ceil(-left / dilation[1]);
      const last = Math.min(columns, Math.ceil((width - left) / dilation[1]));
      for (let r = 0; r < rows; r++, o += columns * count) {
        const y = i * stride[0] - before[0] + r * dilation[0];
        if (y < 0 || y >= height) continue;
        const line = from + (y * width + left) * channels + channel;
        if (together) {
          const end = line + last * count;
          for (let p = line + first * count, q = o + first * count; p < end; p++, q++) out[q] = x[p]!;
        } else {
          for (let c = first; c < last; c++) {
            const p = line + c * dilation[1] * channels;
            for (let k = 0; k < count; k++) out[o + c * count + k] = x[p + k]!;
          }
        }
      }
    }
  }
};

export const refold: Kernels['refold'] = (rows, at, windows, channel, count, sums, to) => {
  const line = windows.rows * windows.columns * count;
  pixels(windows, (window, place, pixel) => {
    let p = to + pixel * windows.channels + channel;
    let o = at + window * line + place * count;
    for (let k = 0; k < count; k++) sums[p++]! += rows[o++]!;
  });
};

export const addPart: Kernels['addPart'] = (part, rows, columns, sums, at, row) => {
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) sums[at + i * row + j]! += part[i * columns + j]!;
};

export const depthwise: Kernels['depthwise'] = (x, from, kernel, multiplier, windows, sums) => {
  const { channels } = windows;
  const wide = channels * multiplier;
  pixels(windows, (window, place, pixel) => {
    let p = from + pixel * channels;
    let q = place * wide;
    let o = window * wide;
    for (let c = 0; c < channels; c++, p++) {
      const value = x[p]!;
      for (let m = 0; m < multiplier; m++) sums[o++]! += value * kernel[q++]!;
    }
  });
};

export const depthwiseBack: Kernels['depthwiseBack'] = (
  gradient,
  x,
  from,
  to,
  kernel,
  multiplier,
  windows,
  ofX,
  ofKernel,
) => {
  const { channels } = windows;
  const wide = channels * multiplier;
  pixels(windows, (window, place, pixel) => {
    let p = pixel * channels;
    let q = place * wide;
    let o = to + window * wide;
    for (let c = 0; c < channels; c++, p++) {
      const value = x[from + p]!;
      let pulled = 0;
      for (let m = 0; m < multiplier; m++, q++, o++) {
        const g = gradient[o]!;
        pulled += g * kernel[q]!;
        ofKernel[q]! += g * value;
      }
      ofX[p]! += pulled;
    }
  });
};

export const maxPool: Kernels['maxPool'] = (x, from, windows, out, at) => {
  const { channels, down, across } = windows;
  out.fill(-Infinity, at, at + down * across * channels);
  pixels(windows, (window, _, pixel) => {
    let p = from + pixel * channels;
    let o = at + window * channels;
    for (let c = 0; c < channels; c++, p++, o++) out[o] = Math.max(out[o]!, x[p]!);
  });
};

export const maxPoolBack: Kernels['maxPoolBack'] = (gradient, x, from, windows, out, at, ofX) => {
  const { channels, down, across } = windows;
  const ties = new Float64Array(down * across * channels);
  pixels(windows, (window, _, pixel) => {
    for (let c = 0; c < channels; c++)
      if (x[from + pixel * channels + c] === out[at + window * channels + c])
        ties[window * channels + c]! += 1;
  });
  pixels(windows, (window, _, pixel) => {
    for (let c = 0; c < channels; c++) {
      const o = window * channels + c;
      const p = pixel * channels + c;
      if (x[from + p] === out[at + o]) ofX[p]! += gradient[at + o]! / ties[o]!;
    }
  });
};

export const seenBy: Kernels['seenBy'] = (windows) => {
  const counts = new Float64Array(windows.down * windows.across);
  pixels(windows, (window) => (counts[window]! += 1));
  return counts;
};

export const averagePool: Kernels['averagePool'] = (x, from, counts, windows, out, at) => {
  const { channels } = windows;
  const sums = new Float64Array(counts.length * channels);
  pixels(windows, (window, _, pixel) => {
    let p = from + pixel * channels;
    let o = window * channels;
    for (let c = 0; c < channels; c++) sums[o++]! += x[p++]!;
  });
  for (let o = 0; o < sums.length; o++) out[at + o] = sums[o]! / counts[Math.floor(o / channels)]!;
};

export const averagePoolBack: Kernels['averagePoolBack'] = (gradient, at, counts, windows, ofX) => {
  const { channels } = windows;
  pixels(windows, (window, _, pixel) => {
    const count = counts[window]!;
    let p = pixel * channels;
    let o = at + window * channels;
    for (let c = 0; c < channels; c++) ofX[p++]! += gradient[o++]! / count;
  });
};

import type { Kernels } from '../kernels.js';
import type { Windows } from '../operands.js';

/** Calls `visit` with a window and a pixel that it covers, for all of one sample. */
function pixels(
  { height, width, rows, columns, stride, dilation, before, down, across }: Windows,
  visit: (window: number, pixel: number) => void,
): void {
  for (let i = 0; i < down; i++) {
    for (let j = 0; j < across; j++) {
      for (let r = 0; r < rows; r++) {
        const y = i * stride[0] - before[0] + r * dilation[0];
        if (y < 0 || y >= height) continue;
        for (let c = 0; c < columns; c++) {
          const x = j * stride[1] - before[1] + c * dilation[1];
          if (x >= 0 && x < width) visit(i * across + j, y * width + x);
        }
      }
    }
  }
}

/** The numbers of an image, and of its windows. */
const sizes = ({ height, width, channels, down, across }: Windows) => ({
  image: height * width * channels,
  size: down * across * channels,
});

export const maxPool: Kernels['maxPool'] = (x, windows, samples, out) => {
  const { channels } = windows;
  const { image, size } = sizes(windows);
  out.fill(-Infinity);
  for (let s = 0; s < samples; s++) {
    pixels(windows, (window, pixel) => {
      let p = s * image + pixel * channels;
      let o = s * size + window * channels;
      for (let c = 0; c < channels; c++, p++, o++) out[o] = Math.max(out[o]!, x[p]!);
    });
  }
};

export const maxPoolBack: Kernels['maxPoolBack'] = (gradient, x, out, windows, samples, ofX) => {
  const { channels } = windows;
  const { image, size } = sizes(windows);
  const [ties, sums] = [new Float64Array(size), new Float64Array(image)];
  for (let s = 0; s < samples; s++) {
    const [from, at] = [s * image, s * size];
    ties.fill(0);
    sums.fill(0);
    pixels(windows, (window, pixel) => {
      for (let c = 0; c < channels; c++)
        if (x[from + pixel * channels + c] === out[at + window * channels + c])
          ties[window * channels + c]! += 1;
    });
    pixels(windows, (window, pixel) => {
      for (let c = 0; c < channels; c++) {
        const o = window * channels + c;
        const p = pixel * channels + c;
        if (x[from + p] === out[at + o]) sums[p]! += gradient[at + o]! / ties[o]!;
      }
    });
    ofX.set(sums, from);
  }
};

/** The number of pixels that each window covers. */
function seenBy(windows: Windows): Float64Array {
  const counts = new Float64Array(windows.down * windows.across);
  pixels(windows, (window) => (counts[window]! += 1));
  return counts;
}

export const averagePool: Kernels['averagePool'] = (x, windows, samples, out) => {
  const { channels } = windows;
  const { image, size } = sizes(windows);
  const counts = seenBy(windows);
  const sums = new Float64Array(size);
  for (let s = 0; s < samples; s++) {
    sums.fill(0);
    pixels(windows, (window, pixel) => {
      let p = s * image + pixel * channels;
      let o = window * channels;
      for (let c = 0; c < channels; c++) sums[o++]! += x[p++]!;
    });
    for (let o = 0; o < size; o++) out[s * size + o] = sums[o]! / counts[Math.floor(o / channels)]!;
  }
};

export const averagePoolBack: Kernels['averagePoolBack'] = (gradient, windows, samples, ofX) => {
  const { channels } = windows;
  const { image, size } = sizes(windows);
  const counts = seenBy(windows);
  const sums = new Float64Array(image);
  for (let s = 0; s < samples; s++) {
    sums.fill(0);
    pixels(windows, (window, pixel) => {
      const count = counts[window]!;
      let p = pixel * channels;
      let o = s * size + window * channels;
      for (let c = 0; c < channels; c++) sums[p++]! += gradient[o++]! / count;
    });
    ofX.set(sums, s * image);
  }
};

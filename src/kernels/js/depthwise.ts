import type { Kernels } from '../kernels.js';
import type { Sliding } from '../operands.js';

/**
 * Calls `visit` for every sample, window and pixel that it covers, with the places of the first number of a pixel, of
 * the kernel and of the output.
 */
function places(
  { windows, samples, filters }: Sliding,
  visit: (p: number, q: number, o: number) => void,
): void {
  const { height, width, channels, rows, columns, stride, dilation, before, down, across } = windows;
  for (let s = 0, o = 0; s < samples; s++) {
    for (let i = 0; i < down; i++) {
      for (let j = 0; j < across; j++, o += filters) {
        for (let r = 0; r < rows; r++) {
          const y = i * stride[0] - before[0] + r * dilation[0];
          if (y < 0 || y >= height) continue;
          const line = (s * height + y) * width;
          for (let c = 0; c < columns; c++) {
            const x = j * stride[1] - before[1] + c * dilation[1];
            if (x >= 0 && x < width) visit((line + x) * channels, (r * columns + c) * filters, o);
          }
        }
      }
    }
  }
}

/** A window is summed before the next one, so that the sums of one window are enough. */
export const depthwise: Kernels['depthwise'] = (x, kernel, sliding, out) => {
  const { windows, filters } = sliding;
  const { channels } = windows;
  const multiplier = filters / channels;
  const sums = new Float64Array(filters);
  let window = 0;
  const finish = (next: number): void => {
    out.set(sums, window);
    sums.fill(0);
    window = next;
  };
  out.fill(0);
  if (out.length === 0) return;
  places(sliding, (p, q, o) => {
    if (o !== window) finish(o);
    if (multiplier === 1) for (let c = 0; c < channels; c++) sums[c]! += x[p + c]! * kernel[q + c]!;
    else
      for (let c = 0, f = 0; c < channels; c++)
        for (let m = 0; m < multiplier; m++, f++) sums[f]! += x[p + c]! * kernel[q + f]!;
  });
  finish(0);
};

export const depthwiseImages: Kernels['depthwiseImages'] = (gradient, kernel, sliding, ofX) => {
  const { windows, filters } = sliding;
  const { channels } = windows;
  const multiplier = filters / channels;
  const sums = ofX instanceof Float64Array ? ofX : new Float64Array(ofX.length);
  sums.fill(0);
  places(sliding, (p, q, o) => {
    if (multiplier === 1)
      for (let c = 0; c < channels; c++) sums[p + c]! += gradient[o + c]! * kernel[q + c]!;
    else
      for (let c = 0, f = 0; c < channels; c++) {
        let pulled = 0;
        for (let m = 0; m < multiplier; m++, f++) pulled += gradient[o + f]! * kernel[q + f]!;
        sums[p + c]! += pulled;
      }
  });
  if (sums !== ofX) ofX.set(sums);
};

export const depthwiseKernel: Kernels['depthwiseKernel'] = (gradient, x, sliding, ofKernel) => {
  const { windows, filters } = sliding;
  const { channels } = windows;
  const multiplier = filters / channels;
  ofKernel.fill(0);
  places(sliding, (p, q, o) => {
    if (multiplier === 1) for (let c = 0; c < channels; c++) ofKernel[q + c]! += gradient[o + c]! * x[p + c]!;
    else
      for (let c = 0, f = 0; c < channels; c++)
        for (let m = 0; m < multiplier; m++, f++) ofKernel[q + f]! += gradient[o + f]! * x[p + c]!;
  });
};

import type { Numbers } from '../numbers.js';
import type { Windows } from '../operands.js';

/** The channels of one group: `count` of them from `channel` on. */
export interface Share {
  readonly channel: number;
  readonly count: number;
}

/** Calls `visit` for each row of each window in line i: the places of its first pixel on the image, in the window and in the image, and the count of such pixels. */
function lines(
  { height, width, channels, rows, columns, stride, dilation, before, across }: Windows,
  i: number,
  { channel, count }: Share,
  visit: (place: number, pixel: number, shared: number) => void,
): void {
  for (let j = 0; j < across; j++) {
    const left = j * stride[1] - before[1];
    // The columns of the window that cover the image.
    const first = left >= 0 ? 0 : Math.ceil(-left / dilation[1]);
    const last = Math.min(columns, Math.ceil((width - left) / dilation[1]));
    if (last <= first) continue;
    for (let r = 0; r < rows; r++) {
      const y = i * stride[0] - before[0] + r * dilation[0];
      if (y < 0 || y >= height) continue;
      const place = ((j * rows + r) * columns + first) * count;
      visit(place, (y * width + left + first * dilation[1]) * channels + channel, last - first);
    }
  }
}

/** The windows in line i of one sample, as rows [rows · columns · count]; 0 off the image. */
export function unfold(
  x: Numbers,
  from: number,
  windows: Windows,
  i: number,
  share: Share,
  out: Numbers,
  at: number,
): void {
  const { channels, rows, columns, dilation, across } = windows;
  const { count } = share;
  const step = dilation[1] * channels;
  // Pixels that are neighbours in the image and in a window are copied as one run.
  const together = step === count;
  out.fill(0, at, at + across * rows * columns * count);
  lines(windows, i, share, (place, pixel, shared) => {
    const [runs, length] = together ? [1, shared * count] : [shared, count];
    for (let run = 0, o = at + place, p = from + pixel; run < runs; run++, o += count, p += step)
      for (let k = 0; k < length; k++) out[o + k] = x[p + k]!;
  });
}

/** The transpose of `unfold`: accumulates the rows at the pixels that they came from. */
export function refold(
  rows: Numbers,
  at: number,
  windows: Windows,
  i: number,
  share: Share,
  sums: Float64Array,
): void {
  const { count } = share;
  const step = windows.dilation[1] * windows.channels;
  lines(windows, i, share, (place, pixel, shared) => {
    for (let run = 0, o = at + place, p = pixel; run < shared; run++, o += count, p += step)
      for (let k = 0; k < count; k++) sums[p + k]! += rows[o + k]!;
  });
}

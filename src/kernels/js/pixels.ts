import type { Windows } from '../operands.js';

/** Calls `visit` with the window, the place in it and the pixel, for every pixel of one sample that a window covers. */
export function pixels(
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

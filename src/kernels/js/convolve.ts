import type { Kernels } from '../kernels.js';
import type { Numbers } from '../numbers.js';
import type { Sliding, Windows } from '../operands.js';
import { copy } from './elementwise.js';
import { matmul as general } from './matmul.js';
import { type Share, refold, unfold } from './unfold.js';
import { matmul } from './unrolled/matmul.js';

/** About how many windows are laid out as rows at a time. */
const ROWS = 1024;

/** Windows of one group that are laid out as rows at a time: some lines of one sample, or all lines of some samples. */
interface Span extends Share {
  /** The first sample, and how many there are. */
  readonly sample: number;
  readonly many: number;
  /** The first line, and how many there are. */
  readonly line: number;
  readonly lines: number;
  readonly group: number;
}

/** How windows are laid out: the numbers of a window in a group, the filters of a group, the most rows, and the spans. */
function layout({ windows, samples, groups, filters }: Sliding) {
  const { rows, columns, channels, down, across } = windows;
  const count = channels / groups;
  const together = Math.max(1, Math.min(samples, Math.floor(ROWS / (down * across))));
  const some = Math.max(1, Math.min(down, Math.floor(ROWS / across)));
  function* spans(): Generator<Span> {
    for (let sample = 0; sample < samples; sample += together) {
      const many = Math.min(together, samples - sample);
      for (let line = 0; line < down; line += some) {
        const lines = Math.min(some, down - line);
        for (let group = 0; group < groups; group++)
          yield { sample, many, line, lines, group, channel: group * count, count };
      }
    }
  }
  const most = together * some * across;
  return { width: rows * columns * count, own: filters / groups, most, together, spans };
}

const matrix = (data: Numbers, at: number, row: number, column = 1) => ({ data, at, row, column });

type Matrix = ReturnType<typeof matrix>;

const room = (like: Numbers, size: number): Numbers =>
  like instanceof Float64Array ? new Float64Array(size) : new Float32Array(size);

const imageSize = ({ height, width, channels }: Windows): number => height * width * channels;

/** Lays the windows of a span out as rows. */
function lay(x: Numbers, windows: Windows, width: number, span: Span, laid: Numbers): void {
  const { sample, many, line, lines } = span;
  const size = imageSize(windows);
  for (let s = 0; s < many; s++)
    for (let l = 0; l < lines; l++)
      unfold(x, (sample + s) * size, windows, line + l, span, laid, (s * lines + l) * windows.across * width);
}

/** The place of the first number of a span in the output, in which its windows are neighbours. */
const placeIn = ({ windows, filters, groups }: Sliding, { sample, line, group }: Span): number =>
  (sample * windows.down + line) * windows.across * filters + (group * filters) / groups;

/**
 * A product whose elements are added up further. One that overflows float32 is computed in float64, since what it is added
 * to may bring it back; the others keep their bits.
 */
function addends(
  multiply: Kernels['matmul'],
  m: number,
  k: number,
  n: number,
  a: Matrix,
  b: Matrix,
  out: Numbers,
): Numbers {
  multiply(m, k, n, a, b, out, 0);
  const size = m * n;
  let i = 0;
  while (i < size && Number.isFinite(out[i]!)) i++;
  if (i === size || out instanceof Float64Array) return out;
  const wide = new Float64Array(size);
  general(m, k, n, a, b, wide, 0);
  return wide.map((value, at) => (Number.isFinite(out[at]!) ? out[at]! : value));
}

type Convolution = Pick<Kernels, 'convolve' | 'convolveImages' | 'convolveKernel'>;

/** Convolution by products of matrices: windows are laid out as rows, some at a time. */
export const byProducts = (multiply: Kernels['matmul']): Convolution => ({
  convolve(x, kernel, sliding, out) {
    const { windows, filters } = sliding;
    const { width, own, most, spans } = layout(sliding);
    const [laid, product] = [room(x, most * width), room(x, most * own)];
    for (const span of spans()) {
      const rows = span.many * span.lines * windows.across;
      const weights = matrix(kernel, span.group * own, filters);
      lay(x, windows, width, span, laid);
      multiply(rows, width, own, matrix(laid, 0, width), weights, product, 0);
      copy(rows, own, product, matrix(product, 0, own), out, matrix(out, placeIn(sliding, span), filters));
    }
  },

  convolveImages(gradient, kernel, sliding, ofX) {
    const { windows, filters, groups } = sliding;
    const { width, own, most, together, spans } = layout(sliding);
    const { down, across } = windows;
    const size = imageSize(windows);
    const pulled = room(ofX, most * width);
    const sums = new Float64Array(together * size);
    for (const span of spans()) {
      const { sample, many, line, lines, group } = span;
      const g = matrix(gradient, placeIn(sliding, span), filters);
      const weights = matrix(kernel, group * own, 1, filters);
      const parts = addends(multiply, many * lines * across, own, width, g, weights, pulled);
      if (line === 0 && group === 0) sums.fill(0);
      for (let s = 0; s < many; s++) {
        const one = sums.subarray(s * size, (s + 1) * size);
        for (let l = 0; l < lines; l++)
          refold(parts, (s * lines + l) * across * width, windows, line + l, span, one);
      }
      if (line + lines === down && group === groups - 1)
        ofX.set(sums.subarray(0, many * size), sample * size);
    }
  },

  convolveKernel(gradient, x, sliding, ofKernel) {
    const { windows, filters } = sliding;
    const { width, own, most, spans } = layout(sliding);
    const [laid, product] = [room(x, most * width), room(x, width * own)];
    ofKernel.fill(0);
    for (const span of spans()) {
      const rows = span.many * span.lines * windows.across;
      const g = matrix(gradient, placeIn(sliding, span), filters);
      lay(x, windows, width, span, laid);
      const parts = addends(multiply, width, rows, own, matrix(laid, 0, 1, width), g, product);
      for (let i = 0, from = 0, to = span.group * own; i < width; i++, to += filters - own)
        for (let j = 0; j < own; j++) ofKernel[to++]! += parts[from++]!;
    }
  },
});

export const { convolve, convolveImages, convolveKernel } = byProducts(matmul);

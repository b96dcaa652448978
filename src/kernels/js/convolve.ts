import type { Kernels } from '../kernels.js';
import type { Numbers } from '../numbers.js';
import type { Sliding, Windows } from '../operands.js';
import { copy } from './elementwise.js';
import { type Share, refold, unfold } from './unfold.js';
import { matmul } from './unrolled/matmul.js';

/** About how many windows are laid out as rows at a time. */
const ROWS = 1024;

/** Lines of windows of one sample and one group, whose windows are laid out as rows at a time. */
interface Span extends Share {
  readonly sample: number;
  /** The first line, and how many there are. */
  readonly line: number;
  readonly lines: number;
  readonly group: number;
}

/** How windows are laid out: the numbers of a window in a group, the filters of a group, and the spans. */
function layout({ windows, samples, groups, filters }: Sliding) {
  const { rows, columns, channels, down, across } = windows;
  const count = channels / groups;
  const some = Math.max(1, Math.min(down, Math.floor(ROWS / across)));
  function* spans(): Generator<Span> {
    for (let sample = 0; sample < samples; sample++) {
      for (let line = 0; line < down; line += some) {
        const lines = Math.min(some, down - line);
        for (let group = 0; group < groups; group++)
          yield { sample, line, lines, group, channel: group * count, count };
      }
    }
  }
  return { width: rows * columns * count, own: filters / groups, room: some * across, spans };
}

const matrix = (data: Numbers, at: number, row: number, column = 1) => ({ data, at, row, column });

const room = (like: Numbers, size: number): Numbers =>
  like instanceof Float64Array ? new Float64Array(size) : new Float32Array(size);

const imageSize = ({ height, width, channels }: Windows): number => height * width * channels;

/** Lays the windows of a span out as rows. */
function lay(x: Numbers, windows: Windows, width: number, span: Span, laid: Numbers): void {
  const { sample, line, lines } = span;
  const from = sample * imageSize(windows);
  for (let l = 0; l < lines; l++) unfold(x, from, windows, line + l, span, laid, l * windows.across * width);
}

/** The place of the first number of a span in the output. */
const placeIn = ({ windows, filters, groups }: Sliding, { sample, line, group }: Span): number =>
  (sample * windows.down + line) * windows.across * filters + (group * filters) / groups;

type Convolution = Pick<Kernels, 'convolve' | 'convolveImages' | 'convolveKernel'>;

/** Convolution by products of matrices: windows are laid out as rows, some at a time. */
export const byProducts = (multiply: Kernels['matmul']): Convolution => ({
  convolve(x, kernel, sliding, out) {
    const { windows, filters } = sliding;
    const { width, own, room: most, spans } = layout(sliding);
    const [laid, product] = [room(x, most * width), room(x, most * own)];
    for (const span of spans()) {
      const rows = span.lines * windows.across;
      const at = placeIn(sliding, span);
      lay(x, windows, width, span, laid);
      multiply(
        rows,
        width,
        own,
        matrix(laid, 0, width),
        matrix(kernel, span.group * own, filters),
        product,
        0,
      );
      copy(rows, own, product, matrix(product, 0, own), out, matrix(out, at, filters));
    }
  },

  convolveImages(gradient, kernel, sliding, ofX) {
    const { windows, filters, groups } = sliding;
    const { width, own, room: most, spans } = layout(sliding);
    const { down, across } = windows;
    const size = imageSize(windows);
    const pulled = room(ofX, most * width);
    const sums = new Float64Array(size);
    for (const span of spans()) {
      const { sample, line, lines, group } = span;
      const g = matrix(gradient, placeIn(sliding, span), filters);
      multiply(lines * across, own, width, g, matrix(kernel, group * own, 1, filters), pulled, 0);
      if (line === 0 && group === 0) sums.fill(0);
      for (let l = 0; l < lines; l++) refold(pulled, l * across * width, windows, line + l, span, sums);
      if (line + lines === down && group === groups - 1) ofX.set(sums, sample * size);
    }
  },

  convolveKernel(gradient, x, sliding, ofKernel) {
    const { windows, filters } = sliding;
    const { width, own, room: most, spans } = layout(sliding);
    const [laid, product] = [room(x, most * width), room(x, width * own)];
    ofKernel.fill(0);
    for (const span of spans()) {
      const rows = span.lines * windows.across;
      const at = placeIn(sliding, span);
      lay(x, windows, width, span, laid);
      multiply(width, rows, own, matrix(laid, 0, 1, width), matrix(gradient, at, filters), product, 0);
      for (let i = 0; i < width; i++)
        for (let j = 0; j < own; j++) ofKernel[i * filters + span.group * own + j]! += product[i * own + j]!;
    }
  },
});

export const { convolve, convolveImages, convolveKernel } = byProducts(matmul);

import * as js from '../js/index.js';
import type { Kernels } from '../kernels.js';
import type { Numbers } from '../numbers.js';
import type { Windows } from '../operands.js';
import { compiled } from './call.js';

const isApt = ({ channels, dilation }: Windows, ...all: readonly Numbers[]): boolean =>
  channels >= 4 &&
  dilation[0] === 1 &&
  dilation[1] === 1 &&
  all.every((numbers) => numbers instanceof Float32Array);

/** How the windows lie along both axes, as the kernels read it. */
const axes = ({ height, width, rows, columns, stride, before, down, across }: Windows): Int32Array =>
  Int32Array.of(
    ...[height, rows, stride[0], before[0], down],
    ...[width, columns, stride[1], before[1], across],
  );

/** Runs the forward pass, and returns whether it did. */
const pooled = (isMean: boolean, x: Numbers, windows: Windows, samples: number, out: Numbers): boolean =>
  isApt(windows, x, out) &&
  compiled((exports, memory) => {
    const [from, to, w] = [memory.read(x), memory.write(out), memory.readIntegers(axes(windows))];
    exports.pool32(from, to, samples, w, 4 * windows.channels, +isMean);
  });

/** Declines for float64, for fewer than four channels, or for windows with a dilation. */
export const maxPool: Kernels['maxPool'] = (x, windows, samples, out) => {
  if (!pooled(false, x, windows, samples, out)) js.maxPool(x, windows, samples, out);
};

/** Declines as `maxPool`. */
export const averagePool: Kernels['averagePool'] = (x, windows, samples, out) => {
  if (!pooled(true, x, windows, samples, out)) js.averagePool(x, windows, samples, out);
};

/** Runs the backward pass, and returns whether it did; without x and its maxima, that of the mean. */
function pulled(
  gradient: Numbers,
  windows: Windows,
  samples: number,
  ofX: Numbers,
  x?: Numbers,
  out?: Numbers,
) {
  if (!isApt(windows, gradient, ofX, ...(x && out ? [x, out] : []))) return false;
  const row = 4 * windows.channels;
  return compiled((exports, memory) => {
    const [g, to, w] = [memory.read(gradient), memory.write(ofX), memory.readIntegers(axes(windows))];
    const [from, most] = x && out ? [memory.read(x), memory.read(out)] : [to, g];
    const shares = memory.room(exports.poolWork(windows.down, windows.across, row));
    exports.poolBack32(g, from, most, to, samples, w, row, shares, +!x);
  });
}

/** Declines as `maxPool`. */
export const maxPoolBack: Kernels['maxPoolBack'] = (gradient, x, out, windows, samples, ofX) => {
  if (!pulled(gradient, windows, samples, ofX, x, out))
    js.maxPoolBack(gradient, x, out, windows, samples, ofX);
};

/** Declines as `maxPool`. */
export const averagePoolBack: Kernels['averagePoolBack'] = (gradient, windows, samples, ofX) => {
  if (!pulled(gradient, windows, samples, ofX)) js.averagePoolBack(gradient, windows, samples, ofX);
};

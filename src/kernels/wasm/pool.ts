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

/** Declines for float64, for fewer than four channels, or for windows with a dilation. */
export const maxPool: Kernels['maxPool'] = (x, windows, samples, out) => {
  const ran =
    isApt(windows, x, out) &&
    compiled((exports, memory) => {
      const [from, to, w] = [memory.read(x), memory.write(out), memory.readIntegers(axes(windows))];
      exports.maxPool32(from, to, samples, w, 4 * windows.channels);
    });
  if (!ran) js.maxPool(x, windows, samples, out);
};

/** Declines as `maxPool`. */
export const maxPoolBack: Kernels['maxPoolBack'] = (gradient, x, out, windows, samples, ofX) => {
  const row = 4 * windows.channels;
  const ran =
    isApt(windows, gradient, x, out, ofX) &&
    compiled((exports, memory) => {
      const [g, from, most] = [memory.read(gradient), memory.read(x), memory.read(out)];
      const [to, w] = [memory.write(ofX), memory.readIntegers(axes(windows))];
      const ties = memory.room(exports.poolWork(windows.down, windows.across, row));
      exports.maxPoolBack32(g, from, most, to, samples, w, row, ties);
    });
  if (!ran) js.maxPoolBack(gradient, x, out, windows, samples, ofX);
};

/** Declines as `maxPool`. */
export const averagePool: Kernels['averagePool'] = (x, windows, samples, out) => {
  const ran =
    isApt(windows, x, out) &&
    compiled((exports, memory) => {
      const [from, to, w] = [memory.read(x), memory.write(out), memory.readIntegers(axes(windows))];
      exports.averagePool32(from, to, samples, w, 4 * windows.channels);
    });
  if (!ran) js.averagePool(x, windows, samples, out);
};

/** Declines as `maxPool`. */
export const averagePoolBack: Kernels['averagePoolBack'] = (gradient, windows, samples, ofX) => {
  const ran =
    isApt(windows, gradient, ofX) &&
    compiled((exports, memory) => {
      const [g, to, w] = [memory.read(gradient), memory.write(ofX), memory.readIntegers(axes(windows))];
      exports.averagePoolBack32(g, to, samples, w, 4 * windows.channels);
    });
  if (!ran) js.averagePoolBack(gradient, windows, samples, ofX);
};

import * as js from '../js/index.js';
import type { Kernels } from '../kernels.js';
import { compiled } from './call.js';

/** Declines for float64. Short buffers are copied too, so that a sample has the same bits alone. */
export const overWindow: Kernels['overWindow'] = (x, task, r, d, out) => {
  const { n, before, length, factor, offset, quarters } = task;
  const ran =
    x instanceof Float32Array &&
    compiled((exports, memory) => {
      const [from, atR, atD, to] = [memory.read(x), memory.write(r), memory.write(d), memory.write(out)];
      const work = memory.room(exports.windowWork(n, length));
      const rows = x.length / n;
      exports.overWindow32(from, atR, atD, to, work, rows, n, before, length, factor, offset, quarters);
    });
  if (!ran) js.overWindow(x, task, r, d, out);
};

/** Declines for float64. */
export const overWindowBack: Kernels['overWindowBack'] = (x, task, r, d, gradient, ofX) => {
  const { n, before, length, factor, quarters } = task;
  const ran =
    x instanceof Float32Array &&
    gradient instanceof Float32Array &&
    compiled((exports, memory) => {
      const [g, from] = [memory.read(gradient), memory.read(x)];
      const [atR, atD, dx] = [memory.read(r), memory.read(d), memory.write(ofX)];
      const work = memory.room(exports.windowWork(n, length));
      const [rows, after, twice] = [x.length / n, length - 1 - before, quarters / 2];
      exports.overWindowBack32(g, from, atR, atD, dx, work, rows, n, after, length, factor, twice);
    });
  if (!ran) js.overWindowBack(x, task, r, d, gradient, ofX);
};

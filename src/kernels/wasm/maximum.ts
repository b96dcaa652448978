import * as js from '../js/index.js';
import type { Kernels } from '../kernels.js';
import { compiled } from './call.js';

/** Declines for float64. */
export const maximumBack: Kernels['maximumBack'] = (gradient, x, level, ofX, ofLevel) => {
  const n = level.length;
  const ran =
    x instanceof Float32Array &&
    gradient instanceof Float32Array &&
    compiled((exports, memory) => {
      const [g, from, least] = [memory.read(gradient), memory.read(x), memory.read(level)];
      exports.maximumBack32(g, from, least, memory.write(ofX), memory.update(ofLevel), x.length / n, n);
    });
  if (!ran) js.maximumBack(gradient, x, level, ofX, ofLevel);
};

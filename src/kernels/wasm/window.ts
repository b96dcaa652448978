import * as js from '../js/index.js';
import type { Kernels } from '../kernels.js';
import { compiled } from './call.js';

/** The longest window that is summed element by element. */
const LONGEST = 32;

/** Declines for windows of more than 32 elements. Short buffers are copied too, so that a sample has the same bits alone. */
export const windowSum: Kernels['windowSum'] = (x, out, groups, before, after) => {
  const { outer, n, inner } = groups;
  const length = before + after + 1;
  const ran =
    length <= LONGEST &&
    compiled((exports, memory) => {
      const [from, to, work] = [
        memory.read(x),
        memory.write(out),
        memory.room(exports.windowWork(n, length)),
      ];
      const kernel = x instanceof Float32Array ? exports.windowSum32 : exports.windowSum64;
      kernel(from, to, work, outer, n, inner, before, after);
    });
  if (!ran) js.windowSum(x, out, groups, before, after);
};

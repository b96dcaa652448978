import * as js from '../js/index.js';
import type { Kernels } from '../kernels.js';
import { binary } from './binary.js';
import { compiled, isShort } from './call.js';

export const less = binary('less', js.less);
export const lessEqual = binary('lessEqual', js.lessEqual);
export const equal = binary('equal', js.equal);
export const notEqual = binary('notEqual', js.notEqual);
export const masked = binary('masked', js.masked);
export const kept = binary('kept', js.kept);
export const dropped = binary('dropped', js.dropped);

/** Declines for fewer than 256 elements that must be copied. */
export const choose: Kernels['choose'] = (condition, x, y, out) => {
  const ran =
    !isShort(out) &&
    compiled((exports, memory) => {
      const kernel = out instanceof Float32Array ? exports.choose32 : exports.choose64;
      const [at, from, other] = [memory.read(condition), memory.read(x), memory.read(y)];
      kernel(at, from, other, memory.write(out), out.length);
    });
  if (!ran) js.choose(condition, x, y, out);
};

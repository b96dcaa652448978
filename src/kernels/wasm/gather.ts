import * as js from '../js/index.js';
import type { Kernels } from '../kernels.js';
import { LEAST, compiled, isInPlace } from './call.js';

/** Declines for fewer than 256 results, or if x must be copied. */
export const gather: Kernels['gather'] = (x, out, picks, outer, n, inner) => {
  const ran =
    out.length >= LEAST &&
    isInPlace(x) &&
    compiled((exports, memory) => {
      const [from, at, to] = [memory.read(x), memory.readIntegers(picks), memory.write(out)];
      exports.gather(from, to, at, picks.length, outer, n, inner * x.BYTES_PER_ELEMENT);
    });
  if (!ran) js.gather(x, out, picks, outer, n, inner);
};

/** Declines for fewer than 256 elements. */
export const scatterAdd: Kernels['scatterAdd'] = (x, sums, picks, outer, n, inner) => {
  const ran =
    x.length >= LEAST &&
    compiled((exports, memory) => {
      const [from, at, to] = [memory.read(x), memory.readIntegers(picks), memory.update(sums)];
      const kernel = x instanceof Float32Array ? exports.scatterAdd32 : exports.scatterAdd64;
      kernel(from, to, at, picks.length, outer, n, inner);
    });
  if (!ran) js.scatterAdd(x, sums, picks, outer, n, inner);
};

import * as js from '../js/index.js';
import type { Kernels } from '../kernels.js';
import { compiled } from './call.js';

export const sumOfProducts: Kernels['sumOfProducts'] = (a, s, b, t, out, groups) => {
  const { outer, n, inner } = groups;
  const ran = compiled((exports, memory) => {
    const [atA, atS, atT] = [memory.read(a), memory.read(s.numbers), memory.read(t.numbers)];
    const [atB, to] = [memory.read(b), memory.write(out)];
    const kernel = out instanceof Float64Array ? exports.sumOfProducts64 : exports.sumOfProducts32;
    kernel(atA, atS, s.step, atB, atT, t.step, to, outer, n, inner);
  });
  if (!ran) js.sumOfProducts(a, s, b, t, out, groups);
};

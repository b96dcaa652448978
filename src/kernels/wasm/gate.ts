import * as js from '../js/index.js';
import type { Kernels } from '../kernels.js';
import { compiled } from './call.js';

/** Declines for float64. */
export const gate: Kernels['gate'] = (isSilu, a, z, t, out) => {
  const ran =
    a instanceof Float32Array &&
    compiled((exports, memory) => {
      const [from, at] = [memory.read(a), memory.read(z)];
      exports.gate32(from, at, memory.write(t), memory.write(out), a.length, +isSilu);
    });
  if (!ran) js.gate(isSilu, a, z, t, out);
};

/** Declines for float64. */
export const gateBack: Kernels['gateBack'] = (isSilu, a, z, t, gradient, outgoing) => {
  let isFinite = 0;
  const ran =
    a instanceof Float32Array &&
    gradient instanceof Float32Array &&
    compiled((exports, memory) => {
      const [g, from, at, q] = [memory.read(gradient), memory.read(a), memory.read(z), memory.read(t)];
      const [ofA, ofZ] = [memory.write(outgoing.ofA), memory.write(outgoing.ofZ)];
      isFinite = exports.gateBack32(g, from, at, q, ofA, ofZ, a.length, +isSilu);
    });
  return ran ? isFinite === 1 : js.gateBack(isSilu, a, z, t, gradient, outgoing);
};

import * as js from '../js/index.js';
import type { Kernels } from '../kernels.js';
import { compiled } from './call.js';

/** Declines for float64. Short buffers are copied too, so that a sample has the same bits alone. */
export const swish: Kernels['swish'] = (task, t, out) => {
  const { x, n, groups, positions, factor, inverse, gain, shift } = task;
  const ran =
    x instanceof Float32Array &&
    compiled((exports, memory) => {
      const [atX, w, r] = [memory.read(x), memory.read(factor), memory.read(inverse)];
      const [γ, β] = [memory.read(gain), memory.read(shift)];
      const [q, y] = [memory.write(t), memory.write(out)];
      const work = memory.room(exports.rowsWork(n));
      exports.swish32(atX, w, r, γ, β, q, y, work, x.length / n, n, groups, positions);
    });
  if (!ran) js.swish(task, t, out);
};

/** Declines for float64. */
export const swishBack: Kernels['swishBack'] = (task, t, gradient, outgoing) => {
  const { x, n, groups, positions, factor, inverse, gain } = task;
  const { ofX, ofGroup, ofFactor } = outgoing;
  const { ofGain = new Float64Array(n), ofShift = new Float64Array(n) } = outgoing;
  const ran =
    x instanceof Float32Array &&
    gradient instanceof Float32Array &&
    compiled((exports, memory) => {
      const [dy, atX, w] = [memory.read(gradient), memory.read(x), memory.read(factor)];
      const [r, γ, q] = [memory.read(inverse), memory.read(gain), memory.read(t)];
      const [dx, sums] = [memory.write(ofX), memory.write(ofGroup)];
      const [dw, dγ, dβ] = [memory.write(ofFactor), memory.write(ofGain), memory.write(ofShift)];
      const work = memory.room(exports.rowsWork(n));
      exports.swishBack32(
        dy,
        atX,
        q,
        w,
        r,
        γ,
        dx,
        sums,
        dw,
        dγ,
        dβ,
        work,
        x.length / n,
        n,
        groups,
        positions,
      );
    });
  if (!ran) js.swishBack(task, t, gradient, outgoing);
};

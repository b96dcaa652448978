import * as js from '../js/index.js';
import type { Kernels } from '../kernels.js';
import type { Larger } from '../operands.js';
import { compiled } from './call.js';

/** The bytes from the S of one sample to the next: none if all have the same. */
const stepOf = ({ added, n }: Larger): number => (added.length === n ? 0 : 4 * n);

/** Declines for float64. Short buffers are copied too, so that a sample has the same bits alone. */
export const overLarger: Kernels['overLarger'] = (task, out) => {
  const { x, n, positions, factor, added, least, gain, shift } = task;
  const ran =
    x instanceof Float32Array &&
    compiled((exports, memory) => {
      const [atX, w, S, B] = [memory.read(x), memory.read(factor), memory.read(added), memory.read(least)];
      const [γ, β, y] = [memory.read(gain), memory.read(shift), memory.write(out)];
      const work = memory.room(exports.rowsWork(n));
      exports.overLarger32(atX, w, S, stepOf(task), B, γ, β, y, work, x.length / n, n, positions);
    });
  if (!ran) js.overLarger(task, out);
};

/** Declines for float64. */
export const overLargerBack: Kernels['overLargerBack'] = (task, gradient, outgoing) => {
  const { x, n, positions, factor, added, least, gain } = task;
  const { ofX, ofAdded, ofLeast, ofFactor } = outgoing;
  const { ofGain = new Float64Array(n), ofShift = new Float64Array(n) } = outgoing;
  const ran =
    x instanceof Float32Array &&
    gradient instanceof Float32Array &&
    compiled((exports, memory) => {
      const [dy, atX, w] = [memory.read(gradient), memory.read(x), memory.read(factor)];
      const [S, B, γ] = [memory.read(added), memory.read(least), memory.read(gain)];
      const [dx, dS, dB] = [memory.write(ofX), memory.write(ofAdded), memory.write(ofLeast)];
      const [dw, dγ, dβ] = [memory.write(ofFactor), memory.write(ofGain), memory.write(ofShift)];
      const work = memory.room(exports.rowsWork(n));
      const [step, rows] = [stepOf(task), x.length / n];
      exports.overLargerBack32(dy, atX, w, S, step, B, γ, dx, dS, dB, dw, dγ, dβ, work, rows, n, positions);
    });
  if (!ran) js.overLargerBack(task, gradient, outgoing);
};

import * as js from '../js/index.js';
import type { Kernels } from '../kernels.js';
import type { Squash } from '../operands.js';
import { compiled } from './call.js';

/** The curves by the numbers that the compiled kernels know them by. */
const CURVES: Readonly<Record<Squash['curve'], number>> = { tanh: 0, isru: 1, erf: 2 };

/** Declines for float64. Short buffers are copied too, so that a sample has the same bits alone. */
export const squash: Kernels['squash'] = (task, t, out) => {
  const { x, groups, curve, alpha, offset, gain, shift } = task;
  const { outer, n, inner } = groups;
  const ran =
    x instanceof Float32Array &&
    compiled((exports, memory) => {
      const [atX, w, b] = [memory.read(x), memory.read(gain), memory.read(shift)];
      const [atT, atOut] = [memory.write(t), memory.write(out)];
      const work = memory.room(exports.squashWork(n, inner));
      exports.squash32(atX, alpha, offset, w, b, atT, atOut, work, outer, n, inner, CURVES[curve]);
    });
  if (!ran) js.squash(task, t, out);
};

/** Declines for float64. */
export const squashBack: Kernels['squashBack'] = (task, t, gradient, outgoing) => {
  const { x, groups, curve, alpha, offset, gain } = task;
  const { outer, n, inner } = groups;
  const { ofX, ofGain, ofShift } = outgoing;
  const ofOffset = curve === 'erf' ? (outgoing.ofOffset ?? new Float64Array(1)) : undefined;
  let ofAlpha = 0;
  const ran =
    x instanceof Float32Array &&
    gradient instanceof Float32Array &&
    compiled((exports, memory) => {
      const [atG, atX, atT, w] = [memory.read(gradient), memory.read(x), memory.read(t), memory.read(gain)];
      const [dx, dw, db] = [memory.write(ofX), memory.write(ofGain), memory.write(ofShift)];
      const ds = memory.write(ofOffset);
      const work = memory.room(exports.squashWork(n, inner));
      const at = CURVES[curve];
      ofAlpha = exports.squashBack32(
        atG,
        atX,
        atT,
        alpha,
        offset,
        w,
        dx,
        dw,
        db,
        ds,
        work,
        outer,
        n,
        inner,
        at,
      );
    });
  return ran ? ofAlpha : js.squashBack(task, t, gradient, outgoing);
};

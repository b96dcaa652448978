import * as js from '../js/index.js';
import type { Kernels } from '../kernels.js';
import { compiled } from './call.js';

/** Declines for float64, and for erf. Short buffers are copied too, so that a sample has the same bits alone. */
export const squash: Kernels['squash'] = (task, t, out) => {
  const { x, groups, curve, alpha, gain, shift } = task;
  const { outer, n, inner } = groups;
  const ran =
    curve !== 'erf' &&
    x instanceof Float32Array &&
    compiled((exports, memory) => {
      const [atX, atGain, atShift] = [memory.read(x), memory.read(gain), memory.read(shift)];
      const [atT, atOut] = [memory.write(t), memory.write(out)];
      const work = memory.room(exports.squashWork(n, inner));
      exports.squash32(atX, alpha, atGain, atShift, atT, atOut, work, outer, n, inner, +(curve === 'isru'));
    });
  if (!ran) js.squash(task, t, out);
};

/** Declines for float64, and for erf. */
export const squashBack: Kernels['squashBack'] = (task, t, gradient, outgoing) => {
  const { x, groups, curve, alpha, gain } = task;
  const { outer, n, inner } = groups;
  const { ofX, ofGain, ofShift } = outgoing;
  let ofAlpha = 0;
  const ran =
    curve !== 'erf' &&
    x instanceof Float32Array &&
    gradient instanceof Float32Array &&
    compiled((exports, memory) => {
      const [atG, atX, atT, w] = [memory.read(gradient), memory.read(x), memory.read(t), memory.read(gain)];
      const [dx, dw, db] = [memory.write(ofX), memory.write(ofGain), memory.write(ofShift)];
      const work = memory.room(exports.squashWork(n, inner));
      const isru = +(curve === 'isru');
      ofAlpha = exports.squashBack32(atG, atX, atT, alpha, w, dx, dw, db, work, outer, n, inner, isru);
    });
  return ran ? ofAlpha : js.squashBack(task, t, gradient, outgoing);
};

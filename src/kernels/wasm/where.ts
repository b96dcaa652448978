import * as js from '../js/index.js';
import type { Kernels } from '../kernels.js';
import { compiled } from './call.js';

/** Declines for float64, or for a number of channels that is not a multiple of four. */
export const normalizeWhere: Kernels['normalizeWhere'] = (task, out) => {
  const { x, channels, mask, centered, extra, epsilon, gain, shift, steps, statistics } = task;
  const { outer, n, groups, size } = channels;
  const ran =
    x instanceof Float32Array &&
    (groups * size) % 4 === 0 &&
    compiled((exports, memory) => {
      const [from, w, γ, β] = [memory.read(x), memory.read(mask), memory.read(gain), memory.read(shift)];
      const [to, found] = [memory.write(out), memory.write(statistics)];
      const work = memory.room(exports.whereWork(groups * size));
      const kernel = exports.normalizeWhere32;
      const [outerStep, step] = [steps.outer, steps.n];
      kernel(
        from,
        w,
        γ,
        β,
        to,
        found,
        work,
        outer,
        n,
        groups,
        size,
        outerStep,
        step,
        +centered,
        extra,
        epsilon,
      );
    });
  if (!ran) js.normalizeWhere(task, out);
};

/** Declines for float64, or for a number of channels that is not a multiple of four. */
export const normalizeWhereBack: Kernels['normalizeWhereBack'] = (task, gradient, outgoing) => {
  const { x, channels, mask, centered, extra, gain, steps, statistics } = task;
  const { outer, n, groups, size } = channels;
  const ran =
    x instanceof Float32Array &&
    (groups * size) % 4 === 0 &&
    gradient instanceof Float32Array &&
    compiled((exports, memory) => {
      const [dy, from, w] = [memory.read(gradient), memory.read(x), memory.read(mask)];
      const [γ, found] = [memory.read(gain), memory.read(statistics)];
      const { ofX, ofGain, ofShift } = outgoing;
      const [dx, dγ, dβ] = [memory.write(ofX), memory.update(ofGain), memory.update(ofShift)];
      const work = memory.room(exports.whereWork(groups * size));
      const kernel = exports.normalizeWhereBack32;
      const [outerStep, step] = [steps.outer, steps.n];
      kernel(
        dy,
        from,
        w,
        γ,
        found,
        dx,
        dγ,
        dβ,
        work,
        outer,
        n,
        groups,
        size,
        outerStep,
        step,
        +centered,
        extra,
      );
    });
  if (!ran) js.normalizeWhereBack(task, gradient, outgoing);
};

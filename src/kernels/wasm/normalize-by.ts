import * as js from '../js/index.js';
import type { Kernels } from '../kernels.js';
import type { Task } from '../measures.js';
import { type Call, compiled } from './call.js';

/** Runs a call for rows of float32. */
const ran = ({ x, groups }: Task, call: Call): boolean =>
  x instanceof Float32Array && groups.inner === 1 && groups.n > 1 && compiled(call);

/** Declines for float64, or for groups that are not rows. */
export const normalizeBy: Kernels['normalizeBy'] = (task, out) => {
  const { x, groups, measures, gain, shift } = task;
  const call: Call = (exports, memory) => {
    const [from, γ, β] = [memory.read(x), memory.read(gain), memory.read(shift)];
    const [to, m] = [memory.write(out), memory.read(measures)];
    exports.normalizeRows32(from, γ, β, to, m, groups.outer, groups.n, 1, 0, -1, 0);
  };
  if (!ran(task, call)) js.normalizeBy(task, out);
};

/** Declines for float64, or for groups that are not rows. */
export const pullBy: Kernels['pullBy'] = (task, gradient, sums) => {
  const { x, groups, measures, gain } = task;
  const call: Call = (exports, memory) => {
    const [dy, from, γ] = [memory.read(gradient), memory.read(x), memory.read(gain)];
    const [m, to] = [memory.read(measures), memory.write(sums)];
    const work = memory.room(exports.rowsBackWork(groups.n));
    exports.pullRows32(dy, from, γ, m, to, work, groups.outer, groups.n);
  };
  if (!(gradient instanceof Float32Array && ran(task, call))) js.pullBy(task, gradient, sums);
};

/** Declines for float64, or for groups that are not rows. */
export const normalizeByBack: Kernels['normalizeByBack'] = (task, gradient, taken, outgoing) => {
  const { x, groups, measures, gain } = task;
  const call: Call = (exports, memory) => {
    const [dy, from, γ] = [memory.read(gradient), memory.read(x), memory.read(gain)];
    const [m, given] = [memory.read(measures), memory.read(taken)];
    const [dγ, dβ] = [memory.update(outgoing.ofGain), memory.update(outgoing.ofShift)];
    const dx = memory.write(outgoing.ofX);
    const work = memory.room(exports.rowsBackWork(groups.n));
    exports.normalizeRowsBack32(dy, from, γ, m, dx, dγ, dβ, 0, work, groups.outer, groups.n, 1, 0, given);
  };
  if (!(gradient instanceof Float32Array && ran(task, call)))
    js.normalizeByBack(task, gradient, taken, outgoing);
};

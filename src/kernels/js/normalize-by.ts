import type { Kernels } from '../kernels.js';
import type { Task } from '../measures.js';
import { placesOf, readMeasures, write } from './normalize.js';

const groupsOf = ({ groups }: Task): number => groups.outer * groups.inner;

export const normalizeBy: Kernels['normalizeBy'] = (task, out) => {
  for (let group = 0; group < groupsOf(task); group++) write(task, out, group);
};

export const pullBy: Kernels['pullBy'] = (task, gradient, sums) => {
  const { x, groups, measures, gain } = task;
  for (let group = 0; group < groupsOf(task); group++) {
    const { mean, rest, root } = readMeasures(measures, groups, group);
    const { from, end, step, side } = placesOf(groups, group);
    let [sum, turn] = [0, 0];
    for (let i = 0, p = from; p < end; i++, p += step) {
      const g = gain ? gradient[p]! * gain[step === 1 ? i : side]! : gradient[p]!;
      sum += g;
      turn += g * ((x[p]! - mean - rest) / root);
    }
    sums[group] = sum;
    sums[groupsOf(task) + group] = turn;
  }
};

export const normalizeByBack: Kernels['normalizeByBack'] = (
  task,
  gradient,
  taken,
  { ofX, ofGain, ofShift },
) => {
  const { x, groups, measures, gain } = task;
  for (let group = 0; group < groupsOf(task); group++) {
    const { mean, rest, root } = readMeasures(measures, groups, group);
    const { from, end, step, side } = placesOf(groups, group);
    const [offset, along] = [taken[group]!, taken[groupsOf(task) + group]!];
    for (let i = 0, p = from; p < end; i++, p += step) {
      const w = step === 1 ? i : side;
      const dy = gradient[p]!;
      const unit = (x[p]! - mean - rest) / root;
      ofX[p] = ((gain ? dy * gain[w]! : dy) - offset - along * unit) / root;
      if (ofGain) ofGain[w]! += dy * unit;
      if (ofShift) ofShift[w]! += dy;
    }
  }
};

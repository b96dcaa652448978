import {
  type Incoming,
  type Outgoing,
  type Task,
  normalizeGroup,
  normalizeGroupBack,
  read,
  settle,
} from '../normalize.js';
import type { Numbers } from '../numbers.js';
import { type Unrolled, unrolledFor } from './set.js';

/** Stands where a loop is handed what it does not read. */
const NONE = new Float64Array(0);

/** γ x̂ + β of rows; false, and nothing done, for groups side by side or of one. Rows to be rescued go through the general loops. */
export function normalize(task: Task, out: Numbers): boolean {
  const { x, groups, recipe, measures, gain, shift } = task;
  const { outer, n, inner } = groups;
  const loops = unrolledFor(x, out, gain, shift);
  if (!loops || inner !== 1 || n < 2) return false;
  const write = loops[`writeRow${weights(gain, shift)}`];
  for (let row = 0, p = 0; row < outer; row++, p += n) {
    if (settle(task, row, statistics(loops, n, x, p, recipe.centered))) {
      const { mean, rest, root } = read(measures, groups, row);
      write(n, x, p, mean, rest, root, out, gain ?? NONE, shift ?? NONE);
    } else normalizeGroup(task, out, row);
  }
  return true;
}

function statistics(loops: Unrolled, n: number, x: Numbers, p: number, centered: boolean) {
  if (!centered) return { mean: 0, rest: 0, squares: loops.powerRow(n, x, p) };
  loops.measureRow(n, x, p);
  const { sums } = loops;
  return { mean: sums[0]!, rest: sums[1]!, squares: sums[2]! };
}

const weights = (gain: unknown, shift: unknown) =>
  gain ? (shift ? 'Both' : 'Gained') : shift ? 'Shifted' : '';

/** The gradients of rows; false, and nothing done, as for `normalize`, or where a weight has no gradient. */
export function normalizeBack(task: Task, incoming: Incoming, outgoing: Outgoing): boolean {
  const { x, groups, recipe, measures, gain } = task;
  const { outer, n, inner } = groups;
  const { gradient, ofLength } = incoming;
  const { ofX, ofGain, ofShift } = outgoing;
  const loops = unrolledFor(x, gradient, gain, ofX);
  if (!loops || inner !== 1 || n < 2 || !gain !== !ofGain) return false;
  const pull = loops[`pullRow${weights(gain, ofShift)}`];
  const offsetOf = gain ? loops.offsetRowGained : loops.offsetRow;
  const push = gain ? loops.pushRowGained : loops.pushRow;
  const [γ, share] = [gain ?? NONE, recipe.total === 'mean' ? 1 / n : 1];
  for (let row = 0, p = 0; row < outer; row++, p += n) {
    const { mean, rest, root, live, scale } = read(measures, groups, row);
    if (scale !== 1) {
      normalizeGroupBack(task, row, incoming, outgoing);
      continue;
    }
    pull(n, x, gradient, p, mean, rest, root, γ, ofGain ?? NONE, ofShift ?? NONE);
    const radial = live ? loops.sums[0]! * share : 0;
    const pushed = live && ofLength ? ofLength[row]! * share : 0;
    const offset = recipe.centered ? offsetOf(n, x, gradient, p, mean, rest, root, γ, radial) / n : 0;
    push(n, x, gradient, p, mean, rest, root, γ, radial, offset, pushed, ofX);
  }
  return true;
}

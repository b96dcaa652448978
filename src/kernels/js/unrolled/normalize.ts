import type { Kernels } from '../../kernels.js';
import type { Numbers } from '../../numbers.js';
import * as float32 from '../generated/float32.js';
import * as float64 from '../generated/float64.js';
import * as general from '../normalize.js';
import { loopsFor } from './set.js';

const FORWARD = {
  float32: {
    sums: float32.sums,
    measureRow: float32.measureRow,
    powerRow: float32.powerRow,
    writeRow: float32.writeRow,
    writeRowGained: float32.writeRowGained,
    writeRowShifted: float32.writeRowShifted,
    writeRowBoth: float32.writeRowBoth,
  },
  float64: {
    sums: float64.sums,
    measureRow: float64.measureRow,
    powerRow: float64.powerRow,
    writeRow: float64.writeRow,
    writeRowGained: float64.writeRowGained,
    writeRowShifted: float64.writeRowShifted,
    writeRowBoth: float64.writeRowBoth,
  },
};

const BACKWARD = {
  float32: {
    sums: float32.sums,
    pullRow: float32.pullRow,
    pullRowGained: float32.pullRowGained,
    pullRowShifted: float32.pullRowShifted,
    pullRowBoth: float32.pullRowBoth,
    offsetRow: float32.offsetRow,
    offsetRowGained: float32.offsetRowGained,
    pushRow: float32.pushRow,
    pushRowGained: float32.pushRowGained,
  },
  float64: {
    sums: float64.sums,
    pullRow: float64.pullRow,
    pullRowGained: float64.pullRowGained,
    pullRowShifted: float64.pullRowShifted,
    pullRowBoth: float64.pullRowBoth,
    offsetRow: float64.offsetRow,
    offsetRowGained: float64.offsetRowGained,
    pushRow: float64.pushRow,
    pushRowGained: float64.pushRowGained,
  },
};

/** Takes the place of an operand that the loop does not read. */
const NONE = new Float64Array(0);

/**
 * γ x̂ + β of rows; the general loops run for columns, groups of one, and rows whose squares leave the range of
 * float64.
 */
export const normalize: Kernels['normalize'] = (task, out) => {
  const { x, groups, recipe, measures, gain, shift } = task;
  const { outer, n, inner } = groups;
  const loops = loopsFor(FORWARD, x, out, gain, shift);
  if (!loops || inner !== 1 || n < 2) return general.normalize(task, out);
  const write = loops[`writeRow${weights(gain, shift)}`];
  for (let row = 0, p = 0; row < outer; row++, p += n) {
    if (general.writeMeasures(task, row, statistics(loops, n, x, p, recipe.centered))) {
      const { mean, rest, root } = general.readMeasures(measures, groups, row);
      write(n, x, p, mean, rest, root, out, gain ?? NONE, shift ?? NONE);
    } else general.normalizeGroup(task, out, row);
  }
};

function statistics(loops: (typeof FORWARD)['float64'], n: number, x: Numbers, p: number, centered: boolean) {
  if (!centered) return { mean: 0, rest: 0, squares: loops.powerRow(n, x, p) };
  loops.measureRow(n, x, p);
  const { sums } = loops;
  return { mean: sums[0]!, rest: sums[1]!, squares: sums[2]! };
}

const weights = (gain: unknown, shift: unknown) =>
  gain ? (shift ? 'Both' : 'Gained') : shift ? 'Shifted' : '';

/** The gradients of rows; the general loops run as for `normalize`, and if a gain has no gradient. */
export const normalizeBack: Kernels['normalizeBack'] = (task, incoming, outgoing) => {
  const { x, groups, recipe, measures, gain } = task;
  const { outer, n, inner } = groups;
  const { gradient, ofLength } = incoming;
  const { ofX, ofGain, ofShift } = outgoing;
  const loops = loopsFor(BACKWARD, x, gradient, gain, ofX);
  if (!loops || inner !== 1 || n < 2 || !gain !== !ofGain)
    return general.normalizeBack(task, incoming, outgoing);
  const pull = loops[`pullRow${weights(gain, ofShift)}`];
  const offsetOf = gain ? loops.offsetRowGained : loops.offsetRow;
  const push = gain ? loops.pushRowGained : loops.pushRow;
  const [γ, share] = [gain ?? NONE, recipe.total === 'mean' ? 1 / n : 1];
  for (let row = 0, p = 0; row < outer; row++, p += n) {
    const { mean, rest, root, live, scale } = general.readMeasures(measures, groups, row);
    if (scale !== 1) {
      general.normalizeGroupBack(task, row, incoming, outgoing);
      continue;
    }
    pull(n, x, gradient, p, mean, rest, root, γ, ofGain ?? NONE, ofShift ?? NONE);
    const radial = live ? loops.sums[0]! * (share * live) : 0;
    const pushed = live && ofLength ? ofLength[row]! * share * live : 0;
    const offset = recipe.centered ? offsetOf(n, x, gradient, p, mean, rest, root, γ, radial) / n : 0;
    push(n, x, gradient, p, mean, rest, root, γ, radial, offset, pushed, ofX);
  }
};

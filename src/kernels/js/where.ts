import type { Kernels } from '../kernels.js';
import { LENGTH, MEAN, STATISTICS, TOTAL, VARIANCE, type Where } from '../positions.js';

type Visit = (place: number, weight: number, counts: boolean) => void;

/** Visits the numbers of a group, with the places of their weights. */
function each({ channels, mask, steps }: Where, group: number, visit: Visit): void {
  const { n, groups, size } = channels;
  const o = Math.floor(group / groups);
  const side = (group % groups) * size;
  for (let i = 0; i < n; i++) {
    const position = o * n + i;
    const counts = !mask || mask[position] === 1;
    for (let k = side; k < side + size; k++)
      visit(position * groups * size + k, o * steps.outer + i * steps.n + k, counts);
  }
}

export const normalizeWhere: Kernels['normalizeWhere'] = (task, out) => {
  const { x, channels, centered, extra, epsilon, gain, shift, statistics } = task;
  for (let group = 0; group < channels.outer * channels.groups; group++) {
    let [total, sum, squares] = [extra, 0, 0];
    each(task, group, (p, _, counts) => {
      if (!counts) return;
      total += 1;
      sum += x[p]!;
    });
    const mean = centered && total > 0 ? sum / total : 0;
    each(task, group, (p, _, counts) => {
      if (counts) squares += (x[p]! - mean) ** 2;
    });
    const variance = total > 0 ? squares / total : 0;
    const length = Math.sqrt(variance + epsilon);
    const at = group * STATISTICS;
    statistics[at + TOTAL] = total;
    statistics[at + MEAN] = mean;
    statistics[at + VARIANCE] = variance;
    statistics[at + LENGTH] = length;
    const inverse = total > 0 ? 1 / length : 0;
    each(task, group, (p, w) => {
      const unit = (x[p]! - mean) * inverse;
      out[p] = (gain ? unit * gain[w]! : unit) + (shift ? shift[w]! : 0);
    });
  }
};

/**
 * With h = γ dy, a = Σ h and s = Σ h x̂ over all positions, and e for extra:
 *
 *     dx = (h − (w / W) (a + (x̂ − e x̄ / (N W)) s)) / N
 *
 * and without the part of a, and e = 0, if x is not centered.
 */
export const normalizeWhereBack: Kernels['normalizeWhereBack'] = (
  task,
  gradient,
  { ofX, ofGain, ofShift },
) => {
  const { x, channels, centered, extra, gain, statistics } = task;
  for (let group = 0; group < channels.outer * channels.groups; group++) {
    const at = group * STATISTICS;
    const [total, mean] = [statistics[at + TOTAL]!, statistics[at + MEAN]!];
    const inverse = total > 0 ? 1 / statistics[at + LENGTH]! : 0;
    let [offset, radial] = [0, 0];
    each(task, group, (p, w) => {
      const dy = gradient[p]!;
      const unit = (x[p]! - mean) * inverse;
      const h = gain ? dy * gain[w]! : dy;
      offset += h;
      radial += h * unit;
      if (ofGain) ofGain[w]! += dy * unit;
      if (ofShift) ofShift[w]! += dy;
    });
    const share = total > 0 ? 1 / total : 0;
    const taken = centered ? (offset - extra * mean * inverse * share * radial) * share : 0;
    const along = radial * share;
    each(task, group, (p, w, counts) => {
      const h = gain ? gradient[p]! * gain[w]! : gradient[p]!;
      ofX[p] = (counts ? h - taken - (x[p]! - mean) * inverse * along : h) * inverse;
    });
  }
};

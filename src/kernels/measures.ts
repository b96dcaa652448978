import type { Groups, Numbers } from './numbers.js';

/** How a group x is normalized: x̂ = (x − x̄) / N, where N is computed from the squares of x − x̄ and ε. */
export interface Recipe {
  /** Whether the mean x̄ is subtracted; otherwise x̄ is 0. */
  readonly centered: boolean;
  /** Whether the squares are averaged (m) or summed (Q). */
  readonly total: 'mean' | 'sum';
  /** N is √(total + ε), √max(total, ε), max(√(total + ε), ε), √total + ε, or max(√total, ε). */
  readonly bound: 'added' | 'floor' | 'clamped' | 'rootAdded' | 'rootFloor';
  readonly epsilon: number;
}

/** Whether ε has the size of N, as x does, and not that of its square. */
export const isOfRoot = ({ bound }: Recipe): boolean => bound === 'rootAdded' || bound === 'rootFloor';

/**
 * The gain γ and the shift β of y = γ x̂ + β: n numbers each if groups are rows, otherwise one for each of the `inner`
 * neighbouring groups.
 */
export interface Affine {
  readonly gain?: Numbers | undefined;
  readonly shift?: Numbers | undefined;
}

/** The operands of a normalization, with a buffer for the measures of every group. */
export interface Task extends Affine {
  readonly x: Numbers;
  readonly groups: Groups;
  readonly recipe: Recipe;
  readonly measures: Float64Array;
}

/** The incoming gradients of the backward pass: that of y and, if N was used, that of every N. */
export interface Incoming {
  readonly gradient: Numbers;
  readonly ofLength?: Numbers | undefined;
}

/** The buffers for outgoing gradients: that of x is written, those of gain and shift are accumulated. */
export interface Outgoing {
  readonly ofX: Numbers;
  readonly ofGain?: Float64Array | undefined;
  readonly ofShift?: Float64Array | undefined;
}

/** The number of measures of a group, in float64. The backward pass reads them. */
export const MEASURES = 7;

/**
 * The measures of a group that was computed as if x were SCALE · x, for a power of two that is 1 for most groups.
 * CENTER + REST is the mean of SCALE · x, and ROOT its N; POWER is the mean or the sum of the squares of x − x̄
 * itself. LIVE is the slope of N: dN/dx = LIVE · x̂ for a sum, and that / n for a mean; it is 0 if a bound holds N
 * constant. FAR is 1 if the squares left the range of float64, so that the compiled kernel passed over the group, which
 * is then computed alone; otherwise 0.
 */
export const [CENTER, POWER, ROOT, LIVE, REST, SCALE, FAR] = [0, 1, 2, 3, 4, 5, 6] as const;

/** The place of a group's first measure, and the distance between its measures: 1 for rows, else the number of groups. */
export const measuresOf = (
  { outer, inner }: Groups,
  group: number,
): { readonly at: number; readonly run: number } =>
  inner === 1 ? { at: group * MEASURES, run: 1 } : { at: group, run: outer * inner };

import type { Kernels } from '../kernels.js';
import {
  CENTER,
  FAR,
  type Incoming,
  LIVE,
  type Outgoing,
  POWER,
  REST,
  ROOT,
  SCALE,
  type Task,
  isOfRoot,
  measuresOf,
} from '../measures.js';
import type { Groups, Numbers } from '../numbers.js';

/** The range of sums of squares in which none can have vanished or overflowed. */
const LEAST = 1e-270;
const MOST = 1e300;

/** Computes everything in float64. */
export const normalize: Kernels['normalize'] = (task, out) => {
  const count = task.groups.outer * task.groups.inner;
  for (let group = 0; group < count; group++) normalizeGroup(task, out, group);
};

/** Normalizes one group; if its squares leave the range of float64, it is scaled by a power of two first. */
export function normalizeGroup(task: Task, out: Numbers, group: number): void {
  if (!measure(task, group, undefined)) measure(task, group, scaleOf(task, group));
  write(task, out, group);
}

/** The mean of a group, the mean of the rest x − mean, and the sum of the squares of x − mean − rest. */
export interface Statistics {
  readonly mean: number;
  readonly rest: number;
  readonly squares: number;
}

/**
 * Measures one group as if x were scale · x and ε were scale² · ε, which changes no x̂, and with a power of two no
 * rounding either. False, with nothing written, if no scale is given and squares may have left the range of float64.
 */
function measure(task: Task, group: number, given: number | undefined): boolean {
  const { x, groups, recipe } = task;
  const { n, inner: step } = groups;
  const { centered } = recipe;
  const scale = given ?? 1;
  const from = first(groups, group);
  const end = from + n * step;
  // The mean of x − mean is the rounding error of the mean; it is subtracted too.
  let mean = 0;
  let rest = 0;
  let squares = 0;
  if (centered) {
    for (let p = from; p < end; p += step) mean += scale * x[p]!;
    mean /= n;
    let offset = 0;
    for (let p = from; p < end; p += step) offset += scale * x[p]! - mean;
    rest = offset / n;
    for (let p = from; p < end; p += step) {
      const c = scale * x[p]! - mean - rest;
      squares += c * c;
    }
  } else {
    for (let p = from; p < end; p += step) {
      const c = scale * x[p]!;
      squares += c * c;
    }
  }
  return writeMeasures(task, group, { mean, rest, squares }, given);
}

/** Writes the measures of a group from the statistics of scale · x; false, with nothing written, as `measure` says. */
export function writeMeasures(
  { groups, recipe, measures }: Task,
  group: number,
  { mean, rest, squares }: Statistics,
  given?: number,
): boolean {
  const { n } = groups;
  const { total, bound, epsilon } = recipe;
  const scale = given ?? 1;
  const ofRoot = isOfRoot(recipe);
  const scaledEpsilon = epsilon * scale * (ofRoot ? 1 : scale);
  const size = total === 'mean' ? squares / n : squares;
  const others = ofRoot ? epsilon * epsilon : epsilon;
  if (given === undefined && !(size + others > LEAST && squares < MOST)) return false;

  // If all squares are 0, N is that of ε alone, which may have vanished when scaled: the scale is dropped.
  const own = squares === 0 ? 1 : scale;
  const least = squares === 0 ? epsilon : scaledEpsilon;
  let root: number;
  let live = 1;
  if (bound === 'floor') {
    root = Math.sqrt(Math.max(size, least));
    live = size >= least ? 1 : 0;
  } else if (ofRoot) {
    const length = Math.sqrt(size);
    root = bound === 'rootAdded' ? length + least : Math.max(length, least);
    // Beside a subnormal length the quotient overflows; what it multiplies is then as small.
    if (bound === 'rootAdded') live = length > 0 ? Math.min(root / length, Number.MAX_VALUE) : 0;
    else live = length >= least ? 1 : 0;
  } else {
    root = Math.sqrt(size + least);
    if (bound === 'clamped' && root < epsilon * own) {
      root = epsilon * own;
      live = 0;
    }
  }
  const { at, run } = measuresOf(groups, group);
  measures[at + CENTER * run] = mean / (scale / own);
  measures[at + POWER * run] = size / own / own;
  measures[at + ROOT * run] = root;
  measures[at + LIVE * run] = live;
  measures[at + REST * run] = rest / (scale / own);
  measures[at + SCALE * run] = own;
  measures[at + FAR * run] = 0;
  return true;
}

/** Writes γ x̂ + β of one group from its measures. */
export function write({ x, groups, recipe, measures, gain, shift }: Task, out: Numbers, group: number): void {
  const { n, inner: step } = groups;
  const { mean, rest, root, scale } = readMeasures(measures, groups, group);
  const from = first(groups, group);
  const { centered } = recipe;
  for (let i = 0, p = from; i < n; i++, p += step) {
    let y = (centered ? scale * x[p]! - mean - rest : scale * x[p]!) / root;
    const w = step === 1 ? i : group % step;
    if (gain) y *= gain[w]!;
    if (shift) y += shift[w]!;
    out[p] = y;
  }
}

/** The measures of a group by name. */
export function readMeasures(measures: Float64Array, groups: Groups, group: number) {
  const { at, run } = measuresOf(groups, group);
  return {
    mean: measures[at + CENTER * run]!,
    root: measures[at + ROOT * run]!,
    live: measures[at + LIVE * run]!,
    rest: measures[at + REST * run]!,
    scale: measures[at + SCALE * run]!,
  };
}

/** The place of the first element of a group. */
const first = ({ n, inner }: Groups, group: number): number => {
  const j = group % inner;
  return (group - j) * n + j;
};

/** The place of the first element of a group, the end, the step to the next, and the place among neighbouring groups. */
export function placesOf(groups: Groups, group: number) {
  const from = first(groups, group);
  return { from, end: from + groups.n * groups.inner, step: groups.inner, side: group % groups.inner };
}

/** The power of two that scales the largest |x| of a group, or the N of ε alone if it is larger, to about 1. */
export function scaleOf({ x, groups, recipe }: Task, group: number): number {
  let most = isOfRoot(recipe) ? recipe.epsilon : Math.sqrt(recipe.epsilon);
  const from = first(groups, group);
  for (let p = from; p < from + groups.n * groups.inner; p += groups.inner)
    most = Math.max(most, Math.abs(x[p]!));
  const exponent = Math.round(Math.log2(most));
  return 2 ** -Math.max(-1022, Math.min(1022, exponent));
}

export const normalizeBack: Kernels['normalizeBack'] = (task, incoming, outgoing) => {
  const count = task.groups.outer * task.groups.inner;
  for (let group = 0; group < count; group++) normalizeGroupBack(task, group, incoming, outgoing);
};

/**
 * The gradient of x from that of y = γ x̂ + β and, if N was used, that of N; x̂ is computed again. With g = γ dy, dx
 * = (c − live · x̂ · total(x̂ c)) / N, where c = g − mean(g) if centered, and g otherwise: the map is symmetric, so
 * it is its own transpose, with the centering last. The part through N is dN · live · x̂, or that / n for a mean. dγ
 * = Σ dy x̂ and dβ = Σ dy over all elements that share a weight.
 */
export function normalizeGroupBack(
  { x, groups, recipe, measures, gain }: Task,
  group: number,
  { gradient, ofLength }: Incoming,
  { ofX, ofGain, ofShift }: Outgoing,
): void {
  const { n, inner: step } = groups;
  const { mean, rest, root, scale, live } = readMeasures(measures, groups, group);
  const share = recipe.total === 'mean' ? 1 / n : 1;
  const from = first(groups, group);
  const side = group % step;
  let radial = 0;
  let pushed = 0;
  if (live || ofGain || ofShift) {
    for (let i = 0, p = from; i < n; i++, p += step) {
      const w = step === 1 ? i : side;
      const unit = (scale * x[p]! - mean - rest) / root;
      const dy = gradient[p]!;
      radial += (gain ? dy * gain[w]! : dy) * unit;
      if (ofGain) ofGain[w]! += dy * unit;
      if (ofShift) ofShift[w]! += dy;
    }
  }
  if (live) {
    radial *= share * live;
    if (ofLength) pushed = ofLength[group]! * share * live;
  } else radial = 0;
  let offset = 0;
  if (recipe.centered) {
    for (let i = 0, p = from; i < n; i++, p += step) {
      const g = gain ? gradient[p]! * gain[step === 1 ? i : side]! : gradient[p]!;
      offset += g - ((scale * x[p]! - mean - rest) / root) * radial;
    }
    offset /= n;
  }
  for (let i = 0, p = from; i < n; i++, p += step) {
    const unit = (scale * x[p]! - mean - rest) / root;
    const g = gain ? gradient[p]! * gain[step === 1 ? i : side]! : gradient[p]!;
    ofX[p] = ((g - unit * radial - offset) / root) * scale + pushed * unit;
  }
}

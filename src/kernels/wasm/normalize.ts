import * as js from '../js/index.js';
import { normalizeGroup, normalizeGroupBack, scaleOf } from '../js/normalize.js';
import type { Kernels } from '../kernels.js';
import {
  CENTER,
  FAR,
  type Incoming,
  LIVE,
  MEASURES,
  type Outgoing,
  POWER,
  REST,
  ROOT,
  type Recipe,
  SCALE,
  type Task,
  isOfRoot,
  measuresOf,
} from '../measures.js';
import type { Groups, Numbers } from '../numbers.js';
import { compiled } from './call.js';

/** The bounds of N by the numbers that the compiled kernels know them by. */
const BOUNDS: Readonly<Record<Recipe['bound'], number>> = {
  added: 0,
  floor: 1,
  clamped: 2,
  rootAdded: 3,
  rootFloor: 4,
};

/** Declines for groups of one number. */
export const normalize: Kernels['normalize'] = (task, out) => {
  const { groups, measures } = task;
  let far = groups.n < 2 ? undefined : forward(task, out, groups.inner === 1);
  if (far === undefined) return js.normalize(task, out);
  for (let group = 0; far > 0 && group < groups.outer * groups.inner; group++) {
    const { at, run } = measuresOf(groups, group);
    if (measures[at + FAR * run] !== 1) continue;
    normalizeFar(task, out, group);
    measures[at + FAR * run] = 1;
    far -= 1;
  }
};

/**
 * Normalizes all groups except far ones by the kernel for rows or for columns, which round otherwise. Returns the
 * count of far groups; undefined, and nothing done, if it did not run.
 */
function forward(task: Task, out: Numbers, rows: boolean): number | undefined {
  const { x, groups, recipe, measures, gain, shift } = task;
  const { outer, n, inner } = groups;
  const { epsilon } = recipe;
  const [centered, sum, bound] = [+recipe.centered, +(recipe.total === 'sum'), BOUNDS[recipe.bound]];
  const single = x instanceof Float32Array;
  let far = 0;
  const ran = compiled((exports, memory) => {
    const [from, γ, β] = [memory.read(x), memory.read(gain), memory.read(shift)];
    const [to, m] = [memory.write(out), memory.write(measures)];
    if (rows) {
      const kernel = single ? exports.normalizeRows32 : exports.normalizeRows64;
      far = kernel(from, γ, β, to, m, outer, n, centered, sum, bound, epsilon);
    } else {
      const work = memory.room(exports.columnsWork(inner));
      const kernel = single ? exports.normalizeColumns32 : exports.normalizeColumns64;
      far = kernel(from, γ, β, to, m, work, outer, n, inner, centered, sum, bound, epsilon);
    }
  });
  return ran ? far : undefined;
}

/** Normalizes a far group as if it were scaled by a power of two, which changes no bit of the result. */
function normalizeFar(task: Task, out: Numbers, group: number): void {
  const { measures, recipe, groups } = task;
  const scale = scaleOf(task, group);
  const near = alone(task, group, scale);
  const y = near.x.slice();
  // The square of the scale may overflow.
  const epsilon = recipe.epsilon * scale * (isOfRoot(recipe) ? 1 : scale);
  const far = forward({ ...near, recipe: { ...recipe, epsilon } }, y, groups.inner === 1);
  const squares = near.measures[POWER]!;
  // If all squares are 0, N is that of ε alone, which may have vanished when scaled; a group that is not finite has
  // no scale.
  if (far !== 0 || squares === 0) return normalizeGroup(task, out, group);
  each(groups, group, (p, i) => (out[p] = y[i]!));
  near.measures[SCALE] = scale;
  near.measures[POWER] = squares / scale / scale;
  const { at, run } = measuresOf(groups, group);
  near.measures.forEach((value, k) => (measures[at + k * run] = value));
}

/** A group as a task of its own, with x scaled. */
function alone({ x, groups, measures, gain, shift, recipe }: Task, group: number, scale: number): Task {
  const { at, run } = measuresOf(groups, group);
  const own = x.slice(0, groups.n);
  each(groups, group, (p, i) => (own[i] = scale * x[p]!));
  const side = group % groups.inner;
  const ownWeight = (w: Numbers | undefined) => (groups.inner === 1 ? w : w?.slice(side, side + 1));
  return {
    x: own,
    recipe,
    groups: { outer: 1, n: groups.n, inner: 1 },
    gain: ownWeight(gain),
    shift: ownWeight(shift),
    measures: Float64Array.from({ length: MEASURES }, (_, k) => measures[at + k * run]!),
  };
}

/** Calls `visit` with the place of each element of a group. */
function each({ n, inner }: Groups, group: number, visit: (place: number, i: number) => void): void {
  const side = group % inner;
  for (let i = 0, p = (group - side) * n + side; i < n; i++, p += inner) visit(p, i);
}

/** Declines for groups of one number, or if the gradient and x have different dtypes: float32 may overflow. */
export const normalizeBack: Kernels['normalizeBack'] = (task, incoming, outgoing) => {
  const { x, groups, measures } = task;
  const { gradient, ofLength } = incoming;
  const wide = x instanceof Float64Array;
  const narrow = ofLength instanceof Float64Array && !wide ? Float32Array.from(ofLength) : ofLength;
  const ran =
    groups.n >= 2 &&
    gradient instanceof Float64Array === wide &&
    back(task, { gradient, ofLength: narrow }, outgoing, groups.inner === 1);
  if (!ran) return js.normalizeBack(task, incoming, outgoing);
  // If the gradient of N does not fit float32, that of x is computed again; those of γ and β do not depend on it.
  if (narrow !== ofLength)
    narrow?.forEach((dN, group) => {
      const fits = Number.isFinite(dN) || !Number.isFinite(ofLength![group]);
      if (!fits) normalizeGroupBack(task, group, incoming, { ofX: outgoing.ofX });
    });
  if (!wide) return;
  for (let group = 0; group < groups.outer * groups.inner; group++) {
    const { at, run } = measuresOf(groups, group);
    if (measures[at + FAR * run] === 1) normalizeFarBack(task, incoming, outgoing, group);
  }
};

/** The gradients of all groups except far ones; false if it did not run. */
function back(task: Task, incoming: Incoming, outgoing: Outgoing, rows: boolean): boolean {
  const { x, groups, recipe, measures, gain } = task;
  const { outer, n, inner } = groups;
  const [centered, sum] = [+recipe.centered, +(recipe.total === 'sum')];
  const single = x instanceof Float32Array;
  return compiled((exports, memory) => {
    const [dy, from] = [memory.read(incoming.gradient), memory.read(x)];
    const [γ, m, dN] = [memory.read(gain), memory.read(measures), memory.read(incoming.ofLength)];
    const [dγ, dβ] = [memory.update(outgoing.ofGain), memory.update(outgoing.ofShift)];
    const dx = memory.write(outgoing.ofX);
    if (rows) {
      const work = memory.room(exports.rowsBackWork(n));
      if (single)
        exports.normalizeRowsBack32(dy, from, γ, m, dx, dγ, dβ, dN, work, outer, n, centered, sum, 0);
      else exports.normalizeRowsBack64(dy, from, γ, m, dx, dγ, dβ, dN, work, outer, n, centered, sum);
    } else {
      const work = memory.room(exports.columnsWork(inner));
      const kernel = single ? exports.normalizeColumnsBack32 : exports.normalizeColumnsBack64;
      kernel(dy, from, γ, m, dx, dγ, dβ, dN, work, outer, n, inner, centered, sum);
    }
  });
}

/**
 * The gradients of a far group: the part through x̂ is scaled once more, the part through N is not. So the kernel gets
 * the gradient of N over the scale, and adds both parts as it does in a near group, unless that leaves the range of float64.
 */
function normalizeFarBack(task: Task, incoming: Incoming, outgoing: Outgoing, group: number): void {
  const [{ gradient, ofLength }, { ofX, ofGain, ofShift }] = [incoming, outgoing];
  const { groups, recipe, measures } = task;
  const { at, run } = measuresOf(groups, group);
  const scale = measures[at + SCALE * run]!;
  const near = alone(task, group, scale);
  const { x, measures: own } = near;
  own[FAR] = 0;
  const g = x.slice();
  each(groups, group, (p, i) => (g[i] = gradient[p]!));
  const side = group % groups.inner;
  const ownSums = (w: Float64Array | undefined) => (groups.inner === 1 ? w : w?.subarray(side, side + 1));
  const ofNear = x.slice();
  const ofRoot = ofLength ? ofLength[group]! / scale : 0;
  const fits = ofRoot === 0 ? !ofLength?.[group] : Math.abs(ofRoot) > 1e-290 && Math.abs(ofRoot) < 1e290;
  const ran = back(
    near,
    { gradient: g, ofLength: fits && ofLength ? Float64Array.of(ofRoot) : undefined },
    { ofX: ofNear, ofGain: ownSums(ofGain), ofShift: ownSums(ofShift) },
    groups.inner === 1,
  );
  if (!ran) return normalizeGroupBack(task, group, incoming, outgoing);
  const share = recipe.total === 'mean' ? 1 / groups.n : 1;
  const live = own[LIVE]!;
  const pushed = live && ofLength && !fits ? ofLength[group]! * share * live : 0;
  each(groups, group, (p, i) => {
    const unit = (x[i]! - own[CENTER]! - own[REST]!) / own[ROOT]!;
    ofX[p] = fits ? ofNear[i]! * scale : ofNear[i]! * scale + pushed * unit;
  });
}

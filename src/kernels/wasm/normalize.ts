import {
  CENTER,
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
  balance,
  measuresOf,
  normalizeGroup,
  normalizeGroupBack,
} from '../normalize.js';
import type { Groups, Numbers } from '../numbers.js';
import { type Engine, roomier } from './engine.js';
import { type Bound, COLUMN_WORK, ROW_WORK } from './exports.js';
import { Staging } from './staging.js';

const BOUNDS: Readonly<Record<Recipe['bound'], Bound>> = { added: 0, floor: 1, clamped: 2 };

/** From here on, the LIVE of a group says that the kernel passed over it; the rest after 2 is its own. */
const REDONE = 2;

/** γ x̂ + β as the kernel in JavaScript has it; false, and nothing done, for groups of one and without room. */
export function normalize(engine: Engine, task: Task, out: Numbers): boolean {
  const { groups, measures } = task;
  if (groups.n < 2) return false;
  let undone = forward(engine, task, out, groups.inner === 1);
  if (undone === undefined) return false;
  for (let group = 0; undone > 0 && group < groups.outer * groups.inner; group++) {
    const { at, run } = measuresOf(groups, group);
    if (measures[at + LIVE * run] !== REDONE) continue;
    normalizeFar(engine, task, out, group);
    measures[at + LIVE * run]! += REDONE;
    undone -= 1;
  }
  return true;
}

/**
 * How many groups were not done, since their squares leave the range of float64; undefined where nothing was, for want
 * of room. Rows are read along, columns beside each other.
 */
function forward(engine: Engine, task: Task, out: Numbers, rows: boolean): number | undefined {
  const { kernels, arena } = engine;
  const { x, groups, recipe, measures, gain, shift } = task;
  const { outer, n, inner } = groups;
  const staging = new Staging(arena);
  const [atX, atGain, atShift] = [staging.read(x), readOr0(staging, gain), readOr0(staging, shift)];
  const [atOut, atMeasures] = [staging.write(out), staging.write(measures)];
  const work = rows ? 0 : (staging.room(inner * COLUMN_WORK)?.address ?? 0);
  const { epsilon } = recipe;
  const [centered, sum, bound] = [+recipe.centered, +(recipe.total === 'sum'), BOUNDS[recipe.bound]];
  const single = x instanceof Float32Array;
  let undone: number | undefined;
  staging.run(() => {
    if (rows) {
      const kernel = single ? kernels.normalizeRows32 : kernels.normalizeRows64;
      undone = kernel(atX, atGain, atShift, atOut, atMeasures, outer, n, centered, sum, bound, epsilon);
    } else {
      const kernel = single ? kernels.normalizeColumns32 : kernels.normalizeColumns64;
      undone = kernel(
        atX,
        atGain,
        atShift,
        atOut,
        atMeasures,
        work,
        outer,
        n,
        inner,
        centered,
        sum,
        bound,
        epsilon,
      );
    }
  });
  return undone;
}

/** One group whose squares leave the range of float64, as if it were scaled by a power of two: to the same bits. */
function normalizeFar(engine: Engine, task: Task, out: Numbers, group: number): void {
  const { measures, recipe, groups } = task;
  const scale = balance(task, group);
  const near = alone(task, group, scale);
  const y = near.x.slice();
  const epsilon = recipe.epsilon * scale * scale;
  let undone: number | undefined;
  for (let on: Engine | undefined = engine; on && undone === undefined; on = roomier(on))
    undone = forward(on, { ...near, recipe: { ...recipe, epsilon } }, y, groups.inner === 1);
  const squares = near.measures[POWER]!;
  // Of nothing but zeros, N is what it is of ε alone, which scaled may have vanished; what is not finite has no scale.
  if (undone !== 0 || squares === 0) return normalizeGroup(task, out, group);
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
  const beside = (w: Numbers | undefined) => (groups.inner === 1 ? w : w?.slice(side, side + 1));
  return {
    x: own,
    recipe,
    groups: { outer: 1, n: groups.n, inner: 1 },
    gain: beside(gain),
    shift: beside(shift),
    measures: Float64Array.from({ length: MEASURES }, (_, k) => measures[at + k * run]!),
  };
}

/** Visits the places of a group. */
function each({ n, inner }: Groups, group: number, visit: (place: number, i: number) => void): void {
  const side = group % inner;
  for (let i = 0, p = (group - side) * n + side; i < n; i++, p += inner) visit(p, i);
}

/** The gradients of groups; false, and nothing done, as for `normalize`. */
export function normalizeBack(engine: Engine, task: Task, incoming: Incoming, outgoing: Outgoing): boolean {
  const { x, groups, measures } = task;
  const { gradient, ofLength } = incoming;
  // A gradient may come in float64 where float32 does not hold it.
  if (groups.n < 2 || isWide(gradient) !== isWide(x)) return false;
  const narrow = ofLength && !isWide(x) ? Float32Array.from(ofLength) : ofLength;
  const ran = back(engine, task, { gradient, ofLength: narrow }, outgoing, groups.inner === 1);
  if (!ran) return false;
  // So may that of N; what it did to γ and β is done.
  narrow?.forEach((dN, group) => {
    const held = Number.isFinite(dN) || !Number.isFinite(ofLength![group]);
    if (!held) normalizeGroupBack(task, group, incoming, { ofX: outgoing.ofX });
  });
  if (!isWide(x)) return true;
  for (let group = 0; group < groups.outer * groups.inner; group++) {
    const { at, run } = measuresOf(groups, group);
    if (measures[at + LIVE * run]! >= REDONE) normalizeFarBack(engine, task, incoming, outgoing, group);
  }
  return true;
}

function back(
  { kernels, arena }: Engine,
  task: Task,
  incoming: Incoming,
  outgoing: Outgoing,
  rows: boolean,
): boolean {
  const { x, groups, recipe, measures, gain } = task;
  const { outer, n, inner } = groups;
  const staging = new Staging(arena);
  const [atGradient, atX] = [staging.read(incoming.gradient), staging.read(x)];
  const [atGain, atMeasures] = [readOr0(staging, gain), staging.read(measures)];
  const atLength = readOr0(staging, incoming.ofLength);
  const [ofGain, ofShift] = [sums(staging, outgoing.ofGain), sums(staging, outgoing.ofShift)];
  const atOut = staging.write(outgoing.ofX);
  const needed = rows ? n * ROW_WORK.each + ROW_WORK.more : inner * COLUMN_WORK;
  const work = staging.room(needed)?.address ?? 0;
  const [centered, sum] = [+recipe.centered, +(recipe.total === 'sum')];
  const single = x instanceof Float32Array;
  return staging.run(() => {
    if (rows) {
      const kernel = single ? kernels.normalizeRowsBack32 : kernels.normalizeRowsBack64;
      kernel(
        atGradient,
        atX,
        atGain,
        atMeasures,
        atOut,
        ofGain,
        ofShift,
        atLength,
        work,
        outer,
        n,
        centered,
        sum,
      );
    } else {
      const kernel = single ? kernels.normalizeColumnsBack32 : kernels.normalizeColumnsBack64;
      kernel(
        atGradient,
        atX,
        atGain,
        atMeasures,
        atOut,
        ofGain,
        ofShift,
        atLength,
        work,
        outer,
        n,
        inner,
        centered,
        sum,
      );
    }
  });
}

/** The gradients of a group that was scaled: what comes through x̂ is scaled once more, what comes through N is not. */
function normalizeFarBack(
  engine: Engine,
  task: Task,
  incoming: Incoming,
  outgoing: Outgoing,
  group: number,
): void {
  const [{ gradient, ofLength }, { ofX, ofGain, ofShift }] = [incoming, outgoing];
  const { groups, recipe, measures } = task;
  const rows = groups.inner === 1;
  const { at, run } = measuresOf(groups, group);
  const scale = measures[at + SCALE * run]!;
  const near = alone(task, group, scale);
  const { x, measures: own } = near;
  own[LIVE]! -= REDONE;
  const g = x.slice();
  each(groups, group, (p, i) => (g[i] = gradient[p]!));
  const side = group % groups.inner;
  const beside = (w: Float64Array | undefined) => (rows ? w : w?.subarray(side, side + 1));
  const ofNear = x.slice();
  const outgoingNear = { ofX: ofNear, ofGain: beside(ofGain), ofShift: beside(ofShift) };
  let ran = false;
  for (let on: Engine | undefined = engine; on && !ran; on = roomier(on))
    ran = back(on, near, { gradient: g }, outgoingNear, rows);
  if (!ran) return normalizeGroupBack(task, group, incoming, outgoing);
  const share = recipe.total === 'mean' ? 1 / groups.n : 1;
  const pushed = own[LIVE] && ofLength ? ofLength[group]! * share : 0;
  each(groups, group, (p, i) => {
    const unit = (x[i]! - own[CENTER]! - own[REST]!) / own[ROOT]!;
    ofX[p] = ofNear[i]! * scale + pushed * unit;
  });
}

const isWide = (numbers: Numbers): boolean => numbers instanceof Float64Array;

const readOr0 = (staging: Staging, numbers: Numbers | undefined): number =>
  numbers ? staging.read(numbers) : 0;

const sums = (staging: Staging, numbers: Float64Array | undefined): number =>
  numbers ? staging.update(numbers) : 0;

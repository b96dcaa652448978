import {
  CENTER,
  type Incoming,
  LIVE,
  MEASURES,
  type Outgoing,
  type Recipe,
  type Task,
  POWER,
  REST,
  ROOT,
  SCALE,
  balance,
  normalizeGroup,
} from '../normalize.js';
import type { Groups, Numbers } from '../numbers.js';
import type { Engine } from './engine.js';
import type { Bound } from './exports.js';
import { Staging } from './staging.js';

const BOUNDS: Readonly<Record<Recipe['bound'], Bound>> = { added: 0, floor: 1, clamped: 2 };

/** From here on, the LIVE of a row says that the kernel passed over it; the rest after 2 is its own. */
const REDONE = 2;

/** Rows as the kernel in JavaScript normalizes them; false, and nothing done, for other groups or without room. */
export function normalize(engine: Engine, task: Task, out: Numbers): boolean {
  const { groups, measures } = task;
  if (!areRows(groups)) return false;
  let undone = normalizeRows(engine, task, out);
  if (undone === undefined) return false;
  for (let row = 0; undone > 0 && row < groups.outer; row++) {
    if (measures[row * MEASURES + LIVE] !== REDONE) continue;
    normalizeFar(engine, task, out, row);
    measures[row * MEASURES + LIVE]! += REDONE;
    undone -= 1;
  }
  return true;
}

/** How many rows were not done, since their squares leave the range of float64; undefined where nothing was. */
function normalizeRows({ kernels, arena }: Engine, task: Task, out: Numbers): number | undefined {
  const { x, groups, recipe, measures, gain, shift } = task;
  const staging = new Staging(arena);
  const kernel = x instanceof Float32Array ? kernels.normalizeRows32 : kernels.normalizeRows64;
  const [atX, atGain, atShift] = [staging.read(x), readOr0(staging, gain), readOr0(staging, shift)];
  const [atOut, atMeasures] = [staging.write(out), staging.write(measures)];
  const [centered, sum, bound] = [+recipe.centered, +(recipe.total === 'sum'), BOUNDS[recipe.bound]];
  let undone: number | undefined;
  staging.run(() => {
    const { outer, n } = groups;
    undone = kernel(atX, atGain, atShift, atOut, atMeasures, outer, n, centered, sum, bound, recipe.epsilon);
  });
  return undone;
}

/** One row whose squares leave the range of float64, as if it were scaled by a power of two: to the same bits. */
function normalizeFar(engine: Engine, task: Task, out: Numbers, row: number): void {
  const scale = balance(task, row);
  const { measures, recipe } = task;
  const [near, y, own] = [scaled(task, row, scale), rowOf(task, out, row), rowMeasures(measures, row)];
  const epsilon = recipe.epsilon * scale * scale;
  const undone = normalizeRows(engine, { ...near, recipe: { ...recipe, epsilon } }, y);
  const squares = near.measures[POWER]!;
  // Of nothing but zeros, N is what it is of ε alone, which scaled may have vanished; what is not finite has no scale.
  if (undone !== 0 || squares === 0) return normalizeGroup(task, out, row);
  own.set(near.measures);
  own[SCALE] = scale;
  own[POWER] = squares / scale / scale;
}

/** A row as a task of its own, with x scaled; its measures are those of that. */
function scaled({ x, groups, measures, ...rest }: Task, row: number, scale: number): Task {
  return {
    ...rest,
    x: x.slice(row * groups.n, (row + 1) * groups.n).map((value) => scale * value),
    groups: { ...groups, outer: 1 },
    measures: measures.slice(row * MEASURES, (row + 1) * MEASURES),
  };
}

const rowOf = ({ groups: { n } }: Task, numbers: Numbers, row: number): Numbers =>
  numbers.subarray(row * n, (row + 1) * n);

const rowMeasures = (measures: Float64Array, row: number): Float64Array =>
  measures.subarray(row * MEASURES, (row + 1) * MEASURES);

/** The gradients of rows; false, and nothing done, for other groups or without room. */
export function normalizeBack(engine: Engine, task: Task, incoming: Incoming, outgoing: Outgoing): boolean {
  const { kernels, arena } = engine;
  const { x, groups, recipe, measures, gain } = task;
  // A gradient may come in float64 where float32 does not hold it.
  if (!areRows(groups) || isWide(incoming.gradient) !== isWide(x)) return false;
  const staging = new Staging(arena);
  const kernel = x instanceof Float32Array ? kernels.normalizeRowsBack32 : kernels.normalizeRowsBack64;
  const [atGradient, atX] = [staging.read(incoming.gradient), staging.read(x)];
  const [atGain, atMeasures] = [readOr0(staging, gain), staging.read(measures)];
  const atLength = readOr0(staging, incoming.ofLength);
  const [ofGain, ofShift] = [sums(staging, outgoing.ofGain), sums(staging, outgoing.ofShift)];
  const atOut = staging.write(outgoing.ofX);
  const ran = staging.run(() =>
    kernel(
      atGradient,
      atX,
      atGain,
      atMeasures,
      atOut,
      ofGain,
      ofShift,
      atLength,
      groups.outer,
      groups.n,
      +recipe.centered,
      +(recipe.total === 'sum'),
    ),
  );
  if (ran && x instanceof Float64Array) {
    for (let row = 0; row < groups.outer; row++) {
      if (measures[row * MEASURES + LIVE]! >= REDONE) normalizeFarBack(engine, task, incoming, outgoing, row);
    }
  }
  return ran;
}

/** The gradients of a row that was scaled: what comes through x̂ is scaled once more, what comes through N is not. */
function normalizeFarBack(
  engine: Engine,
  task: Task,
  incoming: Incoming,
  outgoing: Outgoing,
  row: number,
): void {
  const scale = task.measures[row * MEASURES + SCALE]!;
  const near = scaled(task, row, scale);
  near.measures[LIVE]! -= REDONE;
  const ofX = rowOf(task, outgoing.ofX, row);
  const gradient = rowOf(task, incoming.gradient, row);
  normalizeBack(engine, near, { gradient }, { ...outgoing, ofX });
  const { x, groups, recipe, measures: own } = near;
  const share = recipe.total === 'mean' ? 1 / groups.n : 1;
  const pushed = own[LIVE] && incoming.ofLength ? incoming.ofLength[row]! * share : 0;
  for (let i = 0; i < ofX.length; i++) {
    const unit = (x[i]! - own[CENTER]! - own[REST]!) / own[ROOT]!;
    ofX[i] = ofX[i]! * scale + pushed * unit;
  }
}

/** A single number is to be divided by itself, which gives 1; the kernels multiply by what was rounded before. */
const areRows = ({ n, inner }: Groups): boolean => inner === 1 && n > 1;

const isWide = (numbers: Numbers): boolean => numbers instanceof Float64Array;

const readOr0 = (staging: Staging, numbers: Numbers | undefined): number =>
  numbers ? staging.read(numbers) : 0;

const sums = (staging: Staging, numbers: Float64Array | undefined): number =>
  numbers ? staging.update(numbers) : 0;

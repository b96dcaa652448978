import * as kernels from '../kernels/index.js';
import {
  type Axes,
  type NdArray,
  type Shape,
  demandCount,
  demandShapeOf,
  positiveAxes,
  sameShape,
  sizeOf,
} from './array.js';
import { cast, flat } from './contiguous.js';
import { type Grouped, grouped } from './groups.js';
import type { Gradients, Normalized, Weights } from './normalized.js';
import { NormalizedGroups, pulledBack } from './normalized-groups.js';
import { Singles } from './singles.js';

export type { Weights };

/**
 * γ x̂ + β along the axes by the recipe, in one pass; undefined if the weights lie neither along the groups nor along all
 * axes behind them, or if groups are single numbers. Statistics are in float64. If the square of a number overflows or vanishes, its group is scaled
 * by a power of two first.
 */
export function normalizeWith(
  x: NdArray,
  axes: Axes,
  recipe: kernels.Recipe,
  { gain, shift, along }: Weights,
): Normalized | undefined {
  const layout = grouped(x, axes);
  if ((gain ?? shift) === undefined) return unweighed(x, layout, recipe);
  if (layout.groups.n === 1 || !isAligned(x.shape, axes, along, layout)) return undefined;
  const { n, inner } = layout.groups;
  const count = inner === 1 ? n : inner;
  if (gain) demandCount('normalizeWith.gain', count, gain.shape);
  if (shift) demandCount('normalizeWith.shift', count, shift.shape);
  return new NormalizedGroups(x, layout, recipe, gain, shift);
}

/** The least rows of a block for which a call of its own costs less than two passes over all. */
const LEAST_ROWS = 8;

/**
 * γ x̂ + β of rows along the axes, with a row of weights for each of so many equal blocks of neighbouring rows, each in one
 * pass; undefined if groups are no rows, or blocks are small. A block is computed as it is alone. Undefined too for float32 in
 * JavaScript, which rounds a pass once, but x̂ and its weights twice: bits must not depend on how many rows share weights.
 */
export function normalizeBlocks(
  x: NdArray,
  axes: Axes,
  recipe: kernels.Recipe,
  { gain, shift }: Omit<Weights, 'along'>,
  blocks: number,
): Normalized | undefined {
  const layout = grouped(x, axes);
  const { outer, n, inner } = layout.groups;
  const roundsAlike = x.dtype === 'float64' || kernels.arena();
  if (!roundsAlike || inner !== 1 || n === 1 || outer < LEAST_ROWS * blocks) return undefined;
  if (gain) demandCount('normalizeBlocks.gain', n * blocks, gain.shape);
  if (shift) demandCount('normalizeBlocks.shift', n * blocks, shift.shape);
  return new NormalizedGroups(x, layout, recipe, gain, shift, blocks);
}

/** x̂ = (x − x̄) / N along the axes. */
export const normalize = (x: NdArray, axes: Axes, recipe: kernels.Recipe): Normalized =>
  unweighed(x, grouped(x, axes), recipe);

const unweighed = (x: NdArray, layout: Grouped, recipe: kernels.Recipe): Normalized =>
  layout.groups.n === 1 ? new Singles(x, recipe) : new NormalizedGroups(x, layout, recipe);

/** Whether weights along some axes are one per element of every row, or one per column, the same in every block of columns. */
export function isAligned(shape: Shape, axes: Axes, along: Axes, { groups }: Grouped): boolean {
  const rank = shape.length;
  const [own, weighed] = [positiveAxes(axes, rank), positiveAxes(along, rank)];
  const long = (list: readonly number[]) => list.filter((axis) => shape[axis] !== 1);
  if (groups.inner === 1) return sameShape(long(own), long(weighed));
  const last = Math.max(...long(own));
  return sameShape(long(shape.map((_, axis) => axis).filter((axis) => axis > last)), long(weighed));
}

/** Nothing is subtracted, and N is constant. */
const DIVISION: kernels.Recipe = { centered: false, total: 'mean', bound: 'floor', epsilon: 0 };

/**
 * The gradients of γ x / N + β along the axes, in one pass, for lengths N that do not move with x; undefined if the
 * weights, which may be left out, do not align as `normalizeWith` demands.
 */
export function divideBack(
  x: NdArray,
  axes: Axes,
  length: NdArray,
  { gain, shift, along }: Weights,
  gradient: NdArray,
): Gradients | undefined {
  const layout = grouped(x, axes);
  demandShapeOf('divideBack.length', length, layout.measured);
  demandShapeOf('divideBack.gradient', gradient, x.shape);
  if (!isAligned(x.shape, axes, along, layout)) return undefined;
  const { groups } = layout;
  const measures = new Float64Array(sizeOf(layout.measured) * kernels.MEASURES);
  flat(length).forEach((N, group) => {
    const { at, run } = kernels.measuresOf(groups, group);
    measures[at + kernels.ROOT * run] = N;
    measures[at + kernels.SCALE * run] = 1;
  });
  const [own, ownShift] = [gain && cast(gain, x.dtype), shift && cast(shift, x.dtype)];
  const task = { x: layout.data, groups, recipe: DIVISION, measures, gain: own && flat(own) };
  const incoming = { gradient: layout.arrange(gradient) };
  return pulledBack(layout, task, incoming, { gain: own, shift: ownShift }, x.dtype);
}

import * as kernels from '../kernels/index.js';
import {
  type Axes,
  type Dtype,
  type NdArray,
  type Shape,
  demandCount,
  demandShapeOf,
  empty,
  full,
  positiveAxes,
  sameShape,
  sizeOf,
} from './array.js';
import { mul, scale } from './arithmetic.js';
import { cast, flat } from './contiguous.js';
import { type Grouped, grouped } from './groups.js';
import { SHORT, mended } from './range.js';
import type { Gradients, Normalized } from './normalized.js';
import { Singles } from './singles.js';
import type { View } from './view.js';

/** The gain γ and the shift β of x̂ along some axes of x; either may be left out. */
export interface Weights {
  readonly gain?: NdArray | undefined;
  readonly shift?: NdArray | undefined;
  readonly along: Axes;
}

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
  return new Groups(x, layout, recipe, gain, shift);
}

/** x̂ = (x − x̄) / N along the axes. */
export const normalize = (x: NdArray, axes: Axes, recipe: kernels.Recipe): Normalized =>
  unweighed(x, grouped(x, axes), recipe);

const unweighed = (x: NdArray, layout: Grouped, recipe: kernels.Recipe): Normalized =>
  layout.groups.n === 1 ? new Singles(x, recipe) : new Groups(x, layout, recipe);

/** Whether weights along some axes are one per element of every row, or one per column, the same in every block of columns. */
export function isAligned(shape: Shape, axes: Axes, along: Axes, { groups }: Grouped): boolean {
  const rank = shape.length;
  const [own, weighed] = [positiveAxes(axes, rank), positiveAxes(along, rank)];
  const long = (list: readonly number[]) => list.filter((axis) => shape[axis] !== 1);
  if (groups.inner === 1) return sameShape(long(own), long(weighed));
  const last = Math.max(...long(own));
  return sameShape(long(shape.map((_, axis) => axis).filter((axis) => axis > last)), long(weighed));
}

/** Groups of several numbers, whose measures are computed when read. */
class Groups implements Normalized {
  readonly value: NdArray;
  readonly #measures: View;
  readonly #x: NdArray;
  readonly #layout: Grouped;
  readonly #recipe: kernels.Recipe;
  readonly #gain: NdArray | undefined;
  readonly #shift: NdArray | undefined;

  constructor(x: NdArray, layout: Grouped, recipe: kernels.Recipe, gain?: NdArray, shift?: NdArray) {
    [this.#x, this.#layout, this.#recipe] = [x, layout, recipe];
    // The kernels read x and its weights in one dtype.
    [this.#gain, this.#shift] = [gain && cast(gain, x.dtype), shift && cast(shift, x.dtype)];
    const { outer, inner } = layout.groups;
    const out = layout.room();
    this.#measures = empty([outer * inner, kernels.MEASURES], 'float64');
    kernels.normalize(this.#task(), out.store.numbers);
    this.value = layout.restore(out);
  }

  #task(): kernels.Task {
    const [layout, gain, shift] = [this.#layout, this.#gain, this.#shift];
    return {
      x: layout.arrange(this.#x),
      groups: layout.groups,
      recipe: this.#recipe,
      measures: this.#measures.store.numbers as Float64Array,
      gain: gain && flat(gain),
      shift: shift && flat(shift),
    };
  }

  get center(): NdArray {
    return this.#measure(this.#x.dtype, kernels.CENTER, kernels.REST);
  }

  get power(): NdArray {
    return this.#measure(this.#x.dtype, kernels.POWER);
  }

  powerShare(share: number): NdArray {
    const plain = this.#measure('float64', kernels.POWER, undefined, share);
    // If the power overflows, it is N²: relative to that, ε is negligible.
    return mended(plain, () => {
      const length = this.#measure('float64', kernels.ROOT);
      return mul(scale(length, share), length);
    });
  }

  statistics(): { readonly center: Float64Array; readonly deviation: Float64Array } {
    const { groups, measured } = this.#layout;
    const from = this.#measures.store.numbers;
    const { epsilon } = this.#recipe;
    const center = new Float64Array(sizeOf(measured));
    const deviation = new Float64Array(center.length);
    for (let group = 0; group < center.length; group++) {
      const { at, run } = kernels.measuresOf(groups, group);
      const [root, scale] = [from[at + kernels.ROOT * run]!, from[at + kernels.SCALE * run]!];
      center[group] = (from[at + kernels.CENTER * run]! + from[at + kernels.REST * run]!) / scale;
      deviation[group] = Math.sqrt(Math.max(0, root * root - epsilon * scale * scale)) / scale;
    }
    return { center, deviation };
  }

  get length(): NdArray {
    return this.#measure(this.#x.dtype, kernels.ROOT);
  }

  get short(): NdArray {
    return this.#measure('float64', kernels.ROOT, undefined, SHORT);
  }

  moments(): { readonly center: NdArray; readonly length: NdArray } {
    const measure = (slot: number, rest?: number) => this.#measure('float64', slot, rest);
    let [center, length]: (NdArray | undefined)[] = [];
    // Each is computed if it is read.
    return {
      get center() {
        return (center ??= measure(kernels.CENTER, kernels.REST));
      },
      get length() {
        return (length ??= measure(kernels.ROOT));
      },
    };
  }

  /** One measure of every group, or the sum of two, divided by the scale at which all but the power were computed. */
  #measure(dtype: Dtype, slot: number, rest?: number, factor = 1): NdArray {
    const { groups, measured } = this.#layout;
    const made = empty(measured, dtype);
    const [from, to] = [this.#measures.store.numbers, made.store.numbers];
    const { run } = kernels.measuresOf(groups, 0);
    const step = run === 1 ? kernels.MEASURES : 1;
    for (let group = 0, at = 0; group < to.length; group++, at += step) {
      const value = from[at + slot * run]! + (rest === undefined ? 0 : from[at + rest * run]!);
      to[group] = (value * factor) / (slot === kernels.POWER ? 1 : from[at + kernels.SCALE * run]!);
    }
    return made;
  }

  back(gradient: NdArray, ofLength?: NdArray): Gradients {
    const layout = this.#layout;
    demandShapeOf('Normalized.back.gradient', gradient, this.#x.shape);
    if (ofLength) demandShapeOf('Normalized.back.ofLength', ofLength, layout.measured);
    const incoming = { gradient: layout.arrange(gradient), ofLength: ofLength && flat(ofLength) };
    return pulledBack(
      layout,
      this.#task(),
      incoming,
      { gain: this.#gain, shift: this.#shift },
      this.#x.dtype,
    );
  }
}

/** Runs the backward kernel, with sums of γ and β in float64. */
function pulledBack(
  layout: Grouped,
  task: kernels.Task,
  incoming: kernels.Incoming,
  { gain, shift }: Omit<Weights, 'along'>,
  dtype: Dtype,
): Gradients {
  const ofX = layout.room();
  const ofGain = gain && full(gain.shape, 0, 'float64');
  const ofShift = shift && full(shift.shape, 0, 'float64');
  kernels.normalizeBack(task, incoming, {
    ofX: ofX.store.numbers,
    ofGain: ofGain && (flat(ofGain) as Float64Array),
    ofShift: ofShift && (flat(ofShift) as Float64Array),
  });
  return {
    x: layout.restore(ofX),
    gain: ofGain && cast(ofGain, dtype),
    shift: ofShift && cast(ofShift, dtype),
  };
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

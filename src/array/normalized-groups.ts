import * as kernels from '../kernels/index.js';
import { mul, scale } from './arithmetic.js';
import { type Dtype, type NdArray, demandShapeOf, empty, full, sizeOf } from './array.js';
import { cast, flat } from './contiguous.js';
import type { Grouped } from './groups.js';
import type { Gradients, Normalized, Weights } from './normalized.js';
import { SHORT, mended } from './range.js';
import type { View } from './view.js';

/** Groups of several numbers, whose measures are computed when read. */
export class NormalizedGroups implements Normalized {
  readonly value: NdArray;
  readonly #measures: View;
  readonly #x: NdArray;
  readonly #layout: Grouped;
  readonly #recipe: kernels.Recipe;
  readonly #gain: NdArray | undefined;
  readonly #shift: NdArray | undefined;

  constructor(
    x: NdArray,
    layout: Grouped,
    recipe: kernels.Recipe,
    gain?: NdArray,
    shift?: NdArray,
    /** The blocks that rows are split into, each with weights of its own. */
    readonly blocks = 1,
  ) {
    [this.#x, this.#layout, this.#recipe] = [x, layout, recipe];
    // The kernels read x and its weights in one dtype.
    [this.#gain, this.#shift] = [gain && cast(gain, x.dtype), shift && cast(shift, x.dtype)];
    const { outer, inner } = layout.groups;
    const out = layout.room();
    this.#measures = empty([outer * inner, kernels.MEASURES], 'float64');
    const task = this.#task();
    for (let block = 0; block < blocks; block++)
      kernels.normalize(taskOf(task, block, blocks), partOf(out.store.numbers, block, blocks));
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
      this.blocks,
    );
  }
}

/** One of so many equal blocks of a buffer. */
function partOf<T extends kernels.Numbers | undefined>(numbers: T, block: number, blocks: number): T {
  if (blocks === 1 || !numbers) return numbers;
  const size = numbers.length / blocks;
  return numbers.subarray(block * size, (block + 1) * size) as T;
}

/** The task of one of so many equal blocks of rows. */
function taskOf(task: kernels.Task, block: number, blocks: number): kernels.Task {
  if (blocks === 1) return task;
  const { groups, recipe } = task;
  const own = <T extends kernels.Numbers | undefined>(numbers: T): T => partOf(numbers, block, blocks);
  return {
    x: own(task.x),
    groups: { ...groups, outer: groups.outer / blocks },
    recipe,
    measures: own(task.measures),
    gain: own(task.gain),
    shift: own(task.shift),
  };
}

/** Runs the backward kernel, with sums of γ and β in float64. */
export function pulledBack(
  layout: Grouped,
  task: kernels.Task,
  incoming: kernels.Incoming,
  { gain, shift }: Omit<Weights, 'along'>,
  dtype: Dtype,
  blocks = 1,
): Gradients {
  const ofX = layout.room();
  const ofGain = gain && full(gain.shape, 0, 'float64');
  const ofShift = shift && full(shift.shape, 0, 'float64');
  const sums = [ofGain, ofShift].map((a) => a && (flat(a) as Float64Array));
  for (let block = 0; block < blocks; block++) {
    const own = <T extends kernels.Numbers | undefined>(numbers: T): T => partOf(numbers, block, blocks);
    kernels.normalizeBack(
      taskOf(task, block, blocks),
      { gradient: own(incoming.gradient), ofLength: own(incoming.ofLength) },
      { ofX: own(ofX.store.numbers), ofGain: own(sums[0]), ofShift: own(sums[1]) },
    );
  }
  return {
    x: layout.restore(ofX),
    gain: ofGain && cast(ofGain, dtype),
    shift: ofShift && cast(ofShift, dtype),
  };
}

import * as kernels from '../kernels/index.js';
import {
  type Axes,
  type NdArray,
  type Shape,
  empty,
  emptyLike,
  filled,
  full,
  onto,
  positiveAxes,
  sizeOf,
} from './array.js';
import { broadcastTo } from './broadcast.js';
import { cast, contiguous, flat, reshape } from './contiguous.js';
import type { Weights } from './normalize.js';
import type { Gradients } from './normalized.js';
import { finite } from './range.js';
import { transpose } from './transpose.js';
import type { View } from './view.js';

/** How groups are normalized by the positions that count; see the kernel. */
export interface WhereRecipe {
  readonly centered: boolean;
  readonly epsilon: number;
  /** Added to the count. */
  readonly extra: number;
}

/** An ε below this may bring an x̂ near the largest float64. */
const LEAST_EPSILON = 2 ** -300;

/** The axes in the order of the kernel: blocks, positions, groups, and the channels of a group. */
interface Order {
  readonly axes: readonly number[];
  readonly blocks: readonly number[];
  readonly positions: readonly number[];
  readonly channels: readonly number[];
  readonly layout: kernels.Channels;
}

/**
 * Normalized axes along which the mask differs are positions; the others that it differs along, blocks. Without a mask,
 * the normalized axes before the first group are positions.
 */
function orderOf({ shape }: NdArray, along: Axes, mask: Shape | undefined): Order {
  const own = positiveAxes(along, shape.length);
  const all = shape.map((_, axis) => axis).filter((axis) => shape[axis] !== 1);
  const normalized = all.filter((axis) => own.includes(axis));
  const [first = 0, last = 0] = [normalized[0], normalized.at(-1)];
  const between = all.find((axis) => !own.includes(axis) && axis > first && axis < last);
  const differs = (axis: number): boolean =>
    mask ? mask[axis] !== 1 : axis < (own.includes(axis) ? (between ?? shape.length) : first);
  const [blocks, positions, groups, size] = [
    shape
      .map((_, axis) => axis)
      .filter((axis) => shape[axis] === 1 || (differs(axis) && !own.includes(axis))),
    all.filter((axis) => differs(axis) && own.includes(axis)),
    all.filter((axis) => !differs(axis) && !own.includes(axis)),
    all.filter((axis) => !differs(axis) && own.includes(axis)),
  ] as const;
  const count = (axes: readonly number[]): number => sizeOf(axes.map((axis) => shape[axis]!));
  return {
    axes: [...blocks, ...positions, ...groups, ...size],
    blocks: blocks.filter((axis) => shape[axis] !== 1),
    positions,
    channels: [...groups, ...size],
    layout: { outer: count(blocks), n: count(positions), groups: count(groups), size: count(size) },
  };
}

/** The distance from the weights of one block, and of one position, to those of the next; undefined if they lie otherwise. */
function stepsOf(order: Order, weights: readonly number[], shape: Shape): kernels.Where['steps'] | undefined {
  const own = weights.filter((axis) => shape[axis] !== 1);
  const some = (axes: readonly number[]) => axes.length > 0 && axes.every((axis) => own.includes(axis));
  const [blocks, positions] = [some(order.blocks), some(order.positions)];
  const [{ n, groups, size }, channels] = [order.layout, order.channels];
  const covered = [...(blocks ? order.blocks : []), ...(positions ? order.positions : []), ...channels];
  if (covered.length !== own.length || !covered.every((axis) => own.includes(axis))) return undefined;
  const step = positions ? groups * size : 0;
  return { outer: blocks ? (positions ? n * step : groups * size) : 0, n: step };
}

/** A normalized array, and the statistics of its groups, which keep the axes at size 1, in float64. */
export interface NormalizedWhere {
  readonly value: NdArray;
  readonly mean: NdArray;
  readonly variance: NdArray;
  readonly length: NdArray;
  /** The gradients; undefined for a gradient that comes in float64. */
  back(gradient: NdArray): Gradients | undefined;
}

/**
 * γ (x − x̄) / N + β by the positions that count: those at which the mask is 1, which keeps some axes of x and has the
 * others at size 1. Without a mask all do. Undefined if the kernel cannot do it: for float64, for an ε next to 0, or for
 * weights that are not finite or lie in another way than the groups.
 */
export function normalizeWhere(
  x: NdArray,
  axes: Axes,
  mask: NdArray | undefined,
  recipe: WhereRecipe,
  weights: Weights,
): NormalizedWhere | undefined {
  const { gain, shift } = weights;
  if (x.dtype !== 'float32' || recipe.epsilon < LEAST_EPSILON) return undefined;
  if ([gain, shift].some((weight) => weight && !finite(weight))) return undefined;
  const order = orderOf(x, axes, mask?.shape);
  const along = positiveAxes(weights.along, x.shape.length);
  // Missing weights decide as others would: a gain of 1 changes no bit.
  const steps = stepsOf(order, along, x.shape);
  return steps && new Where(x, positiveAxes(axes, x.shape.length), order, mask, recipe, weights, steps);
}

class Where implements NormalizedWhere {
  readonly value: NdArray;
  readonly #statistics: View;

  constructor(
    readonly x: NdArray,
    readonly axes: readonly number[],
    readonly order: Order,
    readonly mask: NdArray | undefined,
    readonly recipe: WhereRecipe,
    readonly weights: Weights,
    readonly steps: kernels.Where['steps'],
  ) {
    const { outer, groups } = order.layout;
    this.#statistics = empty([outer, groups, kernels.STATISTICS], 'float64');
    const out = this.#room();
    kernels.normalizeWhere(this.#task(), out.store.numbers);
    this.value = this.#restored(out);
  }

  get #isPlain(): boolean {
    return this.order.axes.every((axis, i) => axis === i);
  }

  /** An array in the order of the kernel. */
  #arranged(a: NdArray): NdArray {
    return this.#isPlain ? a : transpose(a, this.order.axes);
  }

  #room(): View {
    return this.#isPlain ? emptyLike(this.x) : emptyLike(this.#arranged(this.x));
  }

  #restored(made: NdArray): NdArray {
    const { axes } = this.order;
    return this.#isPlain
      ? made
      : contiguous(
          transpose(
            made,
            axes.map((_, axis) => axes.indexOf(axis)),
          ),
        );
  }

  /** Weights in the order of the kernel. */
  #laid(weight: NdArray | undefined): NdArray | undefined {
    const { shape } = this.x;
    return weight && this.#arranged(reshape(cast(weight, 'float32'), onto(shape, this.weights.along)));
  }

  #task(): kernels.Where {
    const { x, mask, recipe, order, steps, weights } = this;
    const { shape } = x;
    const [gain, shift] = [this.#laid(weights.gain), this.#laid(weights.shift)];
    const places = shape.map((size, axis) => (order.channels.includes(axis) ? 1 : size));
    return {
      x: flat(this.#arranged(x)),
      channels: order.layout,
      mask: mask && flat(this.#arranged(broadcastTo(cast(mask, 'float32'), places))),
      ...recipe,
      gain: gain && flat(gain),
      shift: shift && flat(shift),
      steps,
      statistics: flat(this.#statistics) as Float64Array,
    };
  }

  #measured(slot: number): NdArray {
    const from = flat(this.#statistics);
    const numbers = Float64Array.from({ length: from.length / kernels.STATISTICS }, (_, group) => {
      return from[group * kernels.STATISTICS + slot]!;
    });
    const { shape } = this.x;
    const measured = shape.map((size, axis) => (this.axes.includes(axis) ? 1 : size));
    const { axes } = this.order;
    const ordered = filled(
      numbers,
      axes.map((axis) => measured[axis]!),
      'float64',
    );
    return this.#restored(ordered);
  }

  get mean(): NdArray {
    return this.#measured(kernels.MEAN);
  }

  get variance(): NdArray {
    return this.#measured(kernels.VARIANCE);
  }

  get length(): NdArray {
    return this.#measured(kernels.LENGTH);
  }

  back(gradient: NdArray): Gradients | undefined {
    if (gradient.dtype !== 'float32') return undefined;
    const { gain, shift } = this.weights;
    const ofX = this.#room();
    const sums = (weight: NdArray | undefined) => {
      const laid = this.#laid(weight);
      return laid && full(laid.shape, 0, 'float64');
    };
    const [ofGain, ofShift] = [sums(gain), sums(shift)];
    kernels.normalizeWhereBack(this.#task(), flat(this.#arranged(gradient)), {
      ofX: ofX.store.numbers,
      ofGain: ofGain && (flat(ofGain) as Float64Array),
      ofShift: ofShift && (flat(ofShift) as Float64Array),
    });
    const own = (made: NdArray | undefined, like: NdArray | undefined) =>
      made && like && cast(reshape(this.#restored(made), like.shape), this.x.dtype);
    return { x: this.#restored(ofX), gain: own(ofGain, gain), shift: own(ofShift, shift) };
  }
}

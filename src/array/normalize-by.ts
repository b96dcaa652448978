import * as kernels from '../kernels/index.js';
import { type Axes, type NdArray, demandShapeOf, full } from './array.js';
import { cast, flat } from './contiguous.js';
import { grouped } from './groups.js';
import { type Weights, isAligned } from './normalize.js';
import type { Gradients } from './normalized.js';

/** The mean and the length N of every group, in order, in float64. */
export interface Given {
  readonly mean: ArrayLike<number>;
  readonly length: ArrayLike<number>;
}

/** Nothing of it is read but that the mean is subtracted. */
const GIVEN: kernels.Recipe = { centered: true, total: 'mean', bound: 'added', epsilon: 0 };

/** Numbers of every group, in order: those of g and those along x̂. */
export interface Parts {
  readonly offset: Float64Array;
  readonly along: Float64Array;
}

/** γ (x − mean) / N + β in one pass, and the two steps of its backward pass. */
export interface NormalizedBy {
  readonly value: NdArray;
  /** Σ g and Σ g x̂, for g = γ dy. */
  sums(gradient: NdArray): Parts;
  /** The gradients, with (g − P − Q x̂) / N for x; without P and Q nothing is taken off g. */
  back(gradient: NdArray, taken?: Parts): Gradients;
}

/**
 * γ (x − mean) / N + β along the axes, by statistics that are given; undefined if groups are no rows, or if the weights do
 * not lie along them.
 */
export function normalizeBy(
  x: NdArray,
  axes: Axes,
  { mean, length }: Given,
  { gain, shift, along }: Weights,
): NormalizedBy | undefined {
  const layout = grouped(x, axes);
  const { groups } = layout;
  if (groups.inner !== 1 || groups.n < 2 || !isAligned(x.shape, axes, along, layout)) return undefined;
  const measures = new Float64Array(groups.outer * kernels.MEASURES);
  for (let group = 0, at = 0; group < groups.outer; group++, at += kernels.MEASURES) {
    measures[at + kernels.CENTER] = mean[group]!;
    measures[at + kernels.ROOT] = length[group]!;
    measures[at + kernels.SCALE] = 1;
  }
  // The kernels read x and its weights in one dtype.
  const [own, ownShift] = [gain, shift].map((weight) => weight && cast(weight, x.dtype));
  const task = (): kernels.Task => ({
    x: layout.data,
    groups,
    recipe: GIVEN,
    measures,
    gain: own && flat(own),
    shift: ownShift && flat(ownShift),
  });
  const out = layout.room();
  kernels.normalizeBy(task(), out.store.numbers);
  return {
    value: layout.restore(out),
    sums(gradient) {
      demandShapeOf('normalizeBy.gradient', gradient, x.shape);
      const sums = new Float64Array(2 * groups.outer);
      kernels.pullBy(task(), layout.arrange(gradient), sums);
      return { offset: sums.subarray(0, groups.outer), along: sums.subarray(groups.outer) };
    },
    back(gradient, taken) {
      const ofX = layout.room();
      const parts = new Float64Array(2 * groups.outer);
      if (taken) {
        parts.set(taken.offset);
        parts.set(taken.along, groups.outer);
      }
      const [ofGain, ofShift] = [gain, shift].map((weight) => weight && full(weight.shape, 0, 'float64'));
      kernels.normalizeByBack(task(), layout.arrange(gradient), parts, {
        ofX: ofX.store.numbers,
        ofGain: ofGain && (flat(ofGain) as Float64Array),
        ofShift: ofShift && (flat(ofShift) as Float64Array),
      });
      return {
        x: layout.restore(ofX),
        gain: ofGain && cast(ofGain, x.dtype),
        shift: ofShift && cast(ofShift, x.dtype),
      };
    },
  };
}

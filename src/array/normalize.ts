import * as kernels from '../kernels/index.js';
import { type Axes, type Dtype, type NdArray, filled } from './array.js';
import { flat } from './contiguous.js';
import { grouped } from './groups.js';

export type { Recipe } from '../kernels/index.js';

/** A normalized array, with what each group was divided by; measures keep the axes at size 1. */
export interface Normalized {
  /** x̂ = (x − x̄) / N, in the shape of x. */
  readonly unit: NdArray;
  /** x̄; zeros where the recipe does not center. */
  readonly center: NdArray;
  /** The mean or the sum, as the recipe says, of the squares of x − x̄. */
  readonly power: NdArray;
  /** N; infinite where that is past the largest number. */
  readonly length: NdArray;
  /** N · SHORT in float64, which holds every N. */
  readonly short: NdArray;
  /** The gradient of x, from that of x̂ and, where there is one, that of N. */
  back(ofUnit: NdArray, ofLength?: NdArray): NdArray;
}

/** What lengths are taken in where none may overflow. No N is below √ε, so that none vanishes. */
export const SHORT = 2 ** -64;

/**
 * Normalizes every group along the axes by the recipe, with statistics in float64 and, for centred ones, the mean
 * taken off twice. No square overflows or vanishes: where one would, its group is scaled by a power of two first.
 */
export function normalize(x: NdArray, axes: Axes, recipe: kernels.Recipe): Normalized {
  const { data, groups, measured, room, restore, arrange } = grouped(x, axes);
  const unit = room();
  const measures = kernels.normalize(data, unit.store.numbers, groups, recipe);
  const measure = (values: Float64Array, dtype: Dtype = x.dtype): NdArray => filled(values, measured, dtype);
  return {
    unit: restore(unit),
    center: measure(measures.center),
    power: measure(measures.power),
    length: measure(lengths(measures, 1)),
    short: measure(lengths(measures, SHORT), 'float64'),
    back(ofUnit, ofLength) {
      const out = room();
      const pushed = ofLength && flat(ofLength);
      kernels.normalizeBack(
        arrange(ofUnit),
        unit.store.numbers,
        out.store.numbers,
        groups,
        recipe,
        measures,
        pushed,
      );
      return restore(out);
    },
  };
}

/** N times a power of two. */
const lengths = ({ root, scale }: kernels.Measures, factor: number): Float64Array =>
  root.map((length, group) => (length * factor) / scale[group]!);

import * as kernels from '../kernels/index.js';
import {
  type Axes,
  type Dtype,
  type NdArray,
  type Numbers,
  type Shape,
  along as sizesAlong,
  empty,
  full,
  positiveAxes,
  sameShape,
} from './array.js';
import { finite } from './arithmetic.js';
import { cast, flat } from './contiguous.js';
import { type Grouped, grouped } from './groups.js';

export type { Recipe } from '../kernels/index.js';

/** What x̂ is multiplied by, and what is added, along some axes of x; either may be left out. */
export interface Weights {
  readonly gain?: NdArray | undefined;
  readonly shift?: NdArray | undefined;
  readonly along: Axes;
}

/** A normalized array, with what each group was divided by; measures keep the axes at size 1, and are made when they
 * are read. */
export interface Normalized {
  /** γ x̂ + β for x̂ = (x − x̄) / N, in the shape of x. */
  readonly value: NdArray;
  /** x̄; zeros where the recipe does not center. */
  readonly center: NdArray;
  /** The mean or the sum, as the recipe says, of the squares of x − x̄. */
  readonly power: NdArray;
  /** N; infinite where that is past the largest number. */
  readonly length: NdArray;
  /** N · SHORT in float64, which holds every N. */
  readonly short: NdArray;
  /** The gradients of x, γ and β, from that of the value and, where there is one, that of N. */
  back(
    gradient: NdArray,
    ofLength?: NdArray,
  ): { readonly x: NdArray; readonly gain?: NdArray; readonly shift?: NdArray };
}

/** What lengths are taken in where none may overflow. No N is below √ε, so that none vanishes. */
export const SHORT = 2 ** -64;

/**
 * Normalizes every group along the axes by the recipe, and applies weights that lie alike, in one pass. Statistics are
 * in float64. No square overflows or vanishes: where one would, its group is scaled by a power of two first. Undefined
 * where the weights do not lie along the groups or, side by side, across them.
 */
export function normalizeWith(
  x: NdArray,
  axes: Axes,
  recipe: kernels.Recipe,
  { gain, shift, along }: Weights,
): Normalized | undefined {
  const layout = grouped(x, axes);
  return (gain ?? shift) === undefined || liesAlike(x.shape, axes, along, layout)
    ? normalized(x, layout, recipe, gain, shift, sizesAlong(x.shape, along))
    : undefined;
}

/** x̂ = (x − x̄) / N along the axes. */
export const normalize = (x: NdArray, axes: Axes, recipe: kernels.Recipe): Normalized =>
  normalized(x, grouped(x, axes), recipe, undefined, undefined, []);

/** Whether weights along some axes are one a number of every row, or one a column. */
function liesAlike({ length: rank, ...shape }: Shape, axes: Axes, along: Axes, { groups }: Grouped): boolean {
  const [own, weighed] = [positiveAxes(axes, rank), positiveAxes(along, rank)];
  if (groups.inner === 1) return sameShape(own, weighed);
  const others = Object.keys(shape)
    .map(Number)
    .filter((axis) => !own.includes(axis));
  return groups.outer === 1 && sameShape(others, weighed);
}

function normalized(
  x: NdArray,
  { groups, measured, room, restore, arrange }: Grouped,
  recipe: kernels.Recipe,
  gain: NdArray | undefined,
  shift: NdArray | undefined,
  weighed: Shape,
): Normalized {
  const out = room();
  const measures = empty([groups.outer * groups.inner, kernels.MEASURES], 'float64');
  const task = (): kernels.Task => ({
    x: arrange(x),
    groups,
    recipe,
    measures: measures.store.numbers as Float64Array,
    gain: gain && flat(gain),
    shift: shift && flat(shift),
  });
  kernels.normalize(task(), out.store.numbers);
  const count = groups.outer * groups.inner;
  const [step, run] = groups.inner === 1 ? [kernels.MEASURES, 1] : [1, count];
  // N and x̄ were measured at a scale, which is taken back.
  const measure = (dtype: Dtype, of: (numbers: Numbers, at: number) => number): NdArray => {
    const made = empty(measured, dtype);
    const [from, to] = [measures.store.numbers, made.store.numbers];
    for (let group = 0; group < count; group++) to[group] = of(from, group * step);
    return made;
  };
  const [center, rest, power] = [kernels.CENTER * run, kernels.REST * run, kernels.POWER * run];
  const [root, scale] = [kernels.ROOT * run, kernels.SCALE * run];
  return {
    value: restore(out),
    get center() {
      return measure(x.dtype, (m, at) => (m[at + center]! + m[at + rest]!) / m[at + scale]!);
    },
    get power() {
      return measure(x.dtype, (m, at) => m[at + power]!);
    },
    get length() {
      return measure(x.dtype, (m, at) => m[at + root]! / m[at + scale]!);
    },
    get short() {
      return measure('float64', (m, at) => (m[at + root]! * SHORT) / m[at + scale]!);
    },
    back(gradient, ofLength) {
      const ofX = room();
      const [ofGain, ofShift] = [gain && full(weighed, 0, 'float64'), shift && full(weighed, 0, 'float64')];
      kernels.normalizeBack(
        task(),
        { gradient: arrange(gradient), ofLength: ofLength && flat(fitting(ofLength, x.dtype)) },
        {
          ofX: ofX.store.numbers,
          ofGain: ofGain && (flat(ofGain) as Float64Array),
          ofShift: ofShift && (flat(ofShift) as Float64Array),
        },
      );
      return {
        x: restore(ofX),
        ...(ofGain && { gain: cast(ofGain, x.dtype) }),
        ...(ofShift && { shift: cast(ofShift, x.dtype) }),
      };
    },
  };
}

/** In a dtype, but for gradients past its largest number: what they are multiplied by may bring them back. */
function fitting(a: NdArray, dtype: Dtype): NdArray {
  const plain = cast(a, dtype);
  return finite(plain) ? plain : a;
}

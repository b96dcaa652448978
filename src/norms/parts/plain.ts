import {
  type Axes,
  type NdArray,
  type Shape,
  type Weights,
  across,
  flat,
  onto,
  positiveAxes,
  reshape,
} from '../../array/index.js';
import type { Algebra, Setting } from '../algebra.js';
import { momentsWhere, rootMeanSquare, standardizedWhere, unitOf } from '../formula.js';
import type { Situation } from '../norm.js';
import type { Traits } from '../traits.js';
import { affine } from './affine.js';
import { standardizeWhere } from './masked.js';
import { standardizeSamples, unitizeSamples } from './normalize.js';
import { blend, rootOf, standardizeBy } from './running.js';
import { splitShape } from './split.js';

// Norms without weights of their own, N(x), for norms that modulate another.

interface PlainOptions {
  readonly axis: number;
  readonly groups: number;
  readonly epsilon: number;
  readonly momentum: number;
}

type Running = 'moving_mean' | 'moving_variance';

/** gain ⊙ N(x) + shift, with its backward pass and the running statistics afterwards. */
interface Applied {
  readonly value: NdArray;
  pullback(gradient: NdArray): {
    readonly x: NdArray;
    readonly gain?: NdArray | undefined;
    readonly shift?: NdArray | undefined;
  };
  readonly state?: Readonly<Record<Running, NdArray>>;
}

/**
 * A norm without weights: what its outputs depend on, its formula, and the same on arrays, followed by weights that lie
 * along axes of their own.
 */
interface Plain {
  readonly couples: Traits['couples'];
  apply(x: NdArray, weights: Weights, options: PlainOptions, situation: Situation<Running>): Applied;
  formula<T>(
    math: Algebra<T>,
    x: T,
    options: PlainOptions,
    setting: Setting<T, Running>,
  ): { readonly value: T; readonly state?: Readonly<Record<Running, T>> };
}

/** Every axis but these. */
const allBut = (shape: Shape, ...axes: readonly number[]): number[] => {
  const left = positiveAxes(axes, shape.length);
  return shape.map((_, axis) => axis).filter((axis) => !left.includes(axis));
};

/**
 * gain ⊙ x̂ + shift in two steps: one kernel for both would need a batch of one sample, and so round a sample alone in
 * another way than among others.
 */
function weighed(unit: Applied, { gain, shift, along }: Weights): Applied {
  const learned = affine(unit.value, along, gain, shift);
  return {
    value: learned.value,
    pullback(gradient) {
      const { x: ofUnit, ...others } = learned.pullback(gradient);
      return { x: unit.pullback(ofUnit).x, ...others };
    },
  };
}

/**
 * `standardizeWhere` by samples if groups are rows of one, and otherwise in two steps, unless positions of a group do not
 * count: their x̂ has no bound, and needs its care for weights. A mask hides rows as a whole.
 */
function standardized(
  mask: NdArray | undefined,
  x: NdArray,
  axes: Axes,
  epsilon: number,
  weights: Weights,
): Applied {
  const own = positiveAxes(axes, x.shape.length);
  const isRow = own.length === 1;
  if (mask && !isRow) return standardizeWhere(mask, x, axes, epsilon, weights);
  if (!mask && isRow) return standardizeSamples(x, axes, epsilon, weights);
  // The kernel is chosen by axes of weights too: those of the groups, so that x̂ has the same bits for all weights.
  const along = allBut(x.shape, ...own);
  return weighed(standardizeWhere(mask, x, axes, epsilon, { along }), weights);
}

/** x̂ = (x − x̄) / N over some axes. */
const centered = (couples: Traits['couples'], axesOf: (shape: Shape, axis: number) => Axes): Plain => ({
  couples,
  apply(x, weights, { axis, epsilon }, { mask }) {
    const counting = mask && reshape(mask, across(x.shape, axis));
    return standardized(counting, x, axesOf(x.shape, axis), epsilon, weights);
  },
  formula(math, x, { axis, epsilon }, { mask }) {
    const shape = math.shape(x);
    const weight = mask && math.reshape(mask, across(shape, axis));
    return { value: standardizedWhere(math, weight, x, axesOf(shape, axis), epsilon) };
  },
});

/** In the layout of groups: the shape of a mask, and every axis but the batch and the groups. */
function groupLayout(shape: Shape, axis: number) {
  const [at = 0] = positiveAxes(axis, shape.length);
  const positions = splitShape(across(shape, axis), { axis, groups: 1 });
  return { at, positions, within: positions.map((_, i) => i).filter((i) => i !== 0 && i !== at) };
}

const groupNorm: Plain = {
  couples: 'sample',
  apply(x, { gain, shift, along }, options, { mask }) {
    const { at, positions, within } = groupLayout(x.shape, options.axis);
    const shape = splitShape(x.shape, options);
    const counting = mask && reshape(mask, positions);
    const axes = positiveAxes(along, x.shape.length).flatMap((own) =>
      own === at ? [at, at + 1] : own < at ? own : own + 1,
    );
    const weights = { gain, shift, along: axes };
    const unit = standardized(counting, reshape(x, shape), within, options.epsilon, weights);
    return {
      value: reshape(unit.value, x.shape),
      pullback(gradient) {
        const pulled = unit.pullback(reshape(gradient, shape));
        return { ...pulled, x: reshape(pulled.x, x.shape) };
      },
    };
  },
  formula(math, x, options, { mask }) {
    const shape = math.shape(x);
    const { positions, within } = groupLayout(shape, options.axis);
    const weight = mask && math.reshape(mask, positions);
    const split = math.reshape(x, splitShape(shape, options));
    const unit = standardizedWhere(math, weight, split, within, options.epsilon);
    return { value: math.reshape(unit, shape) };
  },
};

const rmsNorm: Plain = {
  couples: 'group',
  apply: (x, weights, { axis, epsilon }) => unitizeSamples(x, axis, epsilon, weights),
  formula(math, x, { axis, epsilon }) {
    return { value: unitOf(math, x, math.name('N', rootMeanSquare(math, x, axis, epsilon))) };
  },
};

const batchNorm: Plain = {
  couples: 'batch',
  apply(x, weights, { axis, epsilon, momentum }, { training, state, mask }) {
    const { moving_mean, moving_variance } = state;
    if (!training) {
      const statistics = { mean: moving_mean, length: rootOf(moving_variance, epsilon) };
      return standardizeBy(x, statistics, weights, axis);
    }
    const counting = mask && reshape(mask, across(x.shape, axis));
    const axes = allBut(x.shape, axis);
    const unit = standardizeWhere(counting, x, axes, epsilon, counting ? weights : { along: axis });
    const learned = counting ? unit : weighed(unit, weights);
    // A batch in which nothing counts has no statistics.
    const isEmpty = mask && !flat(mask).some((on) => on === 1);
    return {
      value: learned.value,
      pullback: (g) => learned.pullback(g),
      state: isEmpty
        ? { moving_mean, moving_variance }
        : {
            moving_mean: blend(moving_mean, unit.center(), momentum),
            moving_variance: blend(moving_variance, unit.variance(), momentum, (part) =>
              unit.varianceShare(part),
            ),
          },
    };
  },
  formula(math, x, { axis, epsilon, momentum }, { training, state, mask }) {
    const shape = math.shape(x);
    const { moving_mean, moving_variance } = state;
    const weight = mask && math.reshape(mask, across(shape, axis));
    const along = (a: typeof x) => math.reshape(a, onto(shape, axis));
    const { mean, variance, some } = training
      ? momentsWhere(math, weight, x, allBut(shape, axis))
      : { mean: along(moving_mean), variance: along(moving_variance), some: undefined };
    const length = math.name('N', math.sqrt(math.add(variance, epsilon)));
    const unit = math.div(math.sub(x, mean), length);
    const value = math.name('x̂', some === undefined ? unit : math.mul(some, unit));
    if (!training) return { value };
    const flatly = (a: typeof x) => math.reshape(a, math.shape(moving_mean));
    const fresh = math.sub(1, momentum);
    const share = some === undefined ? fresh : math.mul(fresh, flatly(some));
    const blended = (running: typeof x, now: typeof x) =>
      math.add(math.mul(math.sub(1, share), running), math.mul(share, flatly(now)));
    return {
      value,
      state: {
        moving_mean: blended(moving_mean, mean),
        moving_variance: blended(moving_variance, variance),
      },
    };
  },
};

const none: Plain = {
  couples: 'nothing',
  apply: (x, { gain, shift, along }) => affine(x, along, gain, shift),
  formula: (_, x) => ({ value: x }),
};

/** The norms without weights, by their types. */
export const plainNorms = {
  layer_norm: centered('group', (_, axis) => axis),
  rms_norm: rmsNorm,
  group_norm: groupNorm,
  instance_norm: centered('sample', (shape, axis) => allBut(shape, 0, axis)),
  batch_norm: batchNorm,
  none,
} as const satisfies Readonly<Record<string, Plain>>;

export type PlainType = keyof typeof plainNorms;

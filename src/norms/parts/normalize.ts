import {
  type Axes,
  type NdArray,
  type Normalized,
  type Recipe,
  type Weights,
  areTame,
  flat,
  mean,
  mended,
  normalize,
  normalizeBlocks,
  normalizeWith,
  onto,
  positiveAxes,
  reshape,
  scale,
  shortEpsilon,
  SHORT,
  square,
  sub,
  sum,
} from '../../array/index.js';
import { affine, contract } from './affine.js';

/** The formulas of the length N, which differ in the place of ε. */
const LENGTHS = {
  /** √(mean(x²) + ε) */
  mean: { total: 'mean', bound: 'added' },
  /** √(Σx² + ε) */
  sum: { total: 'sum', bound: 'added' },
  /** √max(Σx², ε): below the floor N is constant, and x̂ is linear in x. */
  floor: { total: 'sum', bound: 'floor' },
  /** max(√(mean(x²) + ε), ε): the clamp can only bind for ε above 1. */
  clamp: { total: 'mean', bound: 'clamped' },
  /** max(√Σx², ε): below the floor N is constant, as for `floor`. */
  lengthFloor: { total: 'sum', bound: 'rootFloor' },
  /** √mean(x²) + ε */
  outside: { total: 'mean', bound: 'rootAdded' },
  /** √Σx² + ε */
  lengthOutside: { total: 'sum', bound: 'rootAdded' },
  /** max(√mean(x²), ε) */
  meanFloor: { total: 'mean', bound: 'rootFloor' },
} as const satisfies Record<string, Pick<Recipe, 'total' | 'bound'>>;

export type Length = keyof typeof LENGTHS;

function recipeOf(centered: boolean, epsilon: number, length: Length): Recipe {
  const { total, bound } = LENGTHS[length];
  return { centered, epsilon, total, bound };
}

/** An array divided by its lengths. */
export interface Unit {
  /** x̂ */
  readonly value: NdArray;
  /** N, with the axes at size 1; infinite if it exceeds the largest number of the dtype. */
  readonly length: NdArray;
  /** N · SHORT in float64, which never overflows; for norms that compute with N. */
  readonly short: NdArray;
  /** The gradient of x, from that of x̂ and, if N was used, that of N. */
  pullback(gradient: NdArray, ofLength?: NdArray): NdArray;
}

/** x̂ = x / N over the axes. */
export function unitize(x: NdArray, axes: Axes, epsilon: number, length: Length): Unit {
  return new Unitized(normalize(x, axes, recipeOf(false, epsilon, length)));
}

/** x̂ = (x − x̄) / N over the axes, with N for norms that compute with it. */
export const unitizeCentered = (x: NdArray, axes: Axes, epsilon: number, length: 'mean' | 'clamp'): Unit =>
  new Unitized(normalize(x, axes, recipeOf(true, epsilon, length)));

class Unitized implements Unit {
  readonly value: NdArray;

  constructor(readonly normalized: Normalized) {
    this.value = normalized.value;
  }

  get length(): NdArray {
    return this.normalized.length;
  }

  get short(): NdArray {
    return this.normalized.short;
  }

  pullback(gradient: NdArray, ofLength?: NdArray): NdArray {
    return this.normalized.back(gradient, ofLength).x;
  }
}

/** The same for x − x̄, where `standardize` has no gradient. */
export const centeredBoundGap = (x: NdArray, axes: Axes, epsilon: number): number =>
  boundGap(sub(x, mean(x, axes)), axes, epsilon, 'clamp');

/** The distance of the groups of x from the length at which N has a corner, such as that where a floor binds. */
export function boundGap(
  x: NdArray,
  axes: Axes,
  epsilon: number,
  length: Exclude<Length, 'mean' | 'sum'>,
): number {
  const total = (LENGTHS[length].total === 'sum' ? sum : mean)(square(x), axes);
  const at = {
    floor: Math.sqrt(epsilon),
    clamp: Math.sqrt(epsilon * (epsilon - 1)),
    lengthFloor: epsilon,
    outside: 0,
    lengthOutside: 0,
    meanFloor: epsilon,
  }[length];
  return Number.isNaN(at) ? Infinity : Math.min(...flat(total).map((t) => Math.abs(Math.sqrt(t) - at)));
}

/** x̂ = (x − x̄) / N over the axes, where N is the length of x − x̄; for 'mean' that is √(var + ε). */
export function standardize(x: NdArray, axes: Axes, epsilon: number, length: 'mean' | 'clamp' = 'mean') {
  const unit = normalize(x, axes, recipeOf(true, epsilon, length));
  return new Standardized(unit, unit.value, (g) => unit.back(g).x);
}

/** `standardize` for lengths in short units, by LayerNorm(a L; a² ε) = LayerNorm(L; ε), with the gradient of the lengths. */
export function standardizeShort(lengths: NdArray, axes: Axes, epsilon: number) {
  const unit = normalize(lengths, axes, recipeOf(true, shortEpsilon(epsilon), 'mean'));
  return { value: unit.value, pullback: (g: NdArray) => scale(unit.back(g).x, SHORT) };
}

/** A value computed from a normalized array, with the mean and variance of its groups and the backward pass. */
class Standardized<P> {
  constructor(
    readonly unit: Normalized,
    readonly value: NdArray,
    readonly pullback: (g: NdArray, ofLength?: NdArray) => P,
  ) {}

  center(): NdArray {
    return this.unit.center;
  }

  variance(): NdArray {
    return this.unit.power;
  }

  /** The mean and N in float64, whatever the dtype of x. */
  moments() {
    return this.unit.moments();
  }

  /** A share of the variance, in float64: it may be finite if the variance is not. */
  varianceShare(share: number): NdArray {
    return this.unit.powerShare(share);
  }
}

/** γ ⊙ x̂ + β for x̂ = x / N over the axes; the weights lie along axes of their own. */
export const unitizeWith = (x: NdArray, axes: Axes, epsilon: number, length: Length, weights: Weights) =>
  weighed(x, axes, recipeOf(false, epsilon, length), weights);

/**
 * γ ⊙ x̂ + β for x̂ = (x − x̄) / N over the axes, where N is a length of x − x̄, √(var + ε) if it is left out; the weights
 * lie along axes of their own.
 */
export const standardizeWith = (
  x: NdArray,
  axes: Axes,
  epsilon: number,
  weights: Weights,
  length: Length = 'mean',
) => weighed(x, axes, recipeOf(true, epsilon, length), weights);

/** `standardizeWith` for weights that differ between samples, and do not between the rows of one. */
export const standardizeSamples = (x: NdArray, axes: Axes, epsilon: number, weights: Weights) =>
  weighed(x, axes, recipeOf(true, epsilon, 'mean'), weights, bySample);

/** `unitizeWith` for weights that differ between samples, and do not between the rows of one. */
export const unitizeSamples = (x: NdArray, axes: Axes, epsilon: number, weights: Weights) =>
  weighed(x, axes, recipeOf(false, epsilon, 'mean'), weights, bySample);

/** One sample after the other, so that a sample alone is rounded as it is among others. */
const bySample: typeof normalizeWith = (x, axes, recipe, weights) => {
  const [along, own] = [weights.along, axes].map((each) => positiveAxes(each, x.shape.length));
  const isBySample = along!.length === own!.length + 1 && along!.includes(0) && !own!.includes(0);
  return isBySample && own!.every((axis) => along!.includes(axis))
    ? normalizeBlocks(x, axes, recipe, weights, x.shape[0]!)
    : undefined;
};

/** Uses one fused kernel if the weights align with the groups and cannot overflow; otherwise two steps. */
function weighed(
  x: NdArray,
  axes: Axes,
  recipe: Recipe,
  weights: Weights,
  inOnePass: typeof normalizeWith = normalizeWith,
) {
  const { gain, shift, along: own } = weights;
  const fused = areTame(x.dtype, [gain, shift]) && inOnePass(x, axes, recipe, weights);
  if (fused) {
    return new Standardized(fused, fused.value, (g, ofLength) => {
      const pulled = fused.back(g, ofLength);
      // Products that overflow may add up to a sum that does not.
      const ofGain = pulled.gain && mended(pulled.gain, () => gainAfresh(g));
      return { x: pulled.x, gain: ofGain, shift: pulled.shift };
    });
  }
  const unit = normalize(x, axes, recipe);
  const learned = affine(unit.value, own, gain, shift);
  return new Standardized(unit, learned.value, (g, ofLength) => {
    const { x: ofUnit, ...others } = learned.pullback(g);
    return { x: unit.back(ofUnit, ofLength).x, ...others };
  });

  function gainAfresh(g: NdArray): NdArray {
    const unit = normalize(x, axes, recipe);
    return reshape(contract(g, unit.value, onto(x.shape, own)), gain!.shape);
  }
}

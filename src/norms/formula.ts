import { type Axes, onto, without } from '../array/index.js';
import type { Algebra } from './algebra.js';
import type { Placement } from './option.js';
import type { Activation } from './parts/activation.js';

// Parts that the formulas of several norms share, each over any algebra.

export const square = <T>(math: Algebra<T>, x: T): T => math.mul(x, x);

/** γ ⊙ x + β, either left out, both laid onto the axes that they were learned along. */
export function learned<T>(math: Algebra<T>, x: T, axes: Axes, gain: T | undefined, shift?: T): T {
  const shape = onto(math.shape(x), axes);
  const grown = gain === undefined ? x : math.mul(math.reshape(gain, shape), x);
  return shift === undefined ? grown : math.add(grown, math.reshape(shift, shape));
}

/** The matrix product of [m, k] and [k, n], as a sum of products. */
export function matrixProduct<T>(math: Algebra<T>, a: T, b: T): T {
  const [[m = 0], [k = 0, n = 0]] = [math.shape(a), math.shape(b)];
  const products = math.mul(math.reshape(a, [m, k, 1]), math.reshape(b, [1, k, n]));
  return math.reshape(math.sum(products, 1), [m, n]);
}

/** φ(z): z σ(z), σ(z) or z. */
export function activation<T>(math: Algebra<T>, z: T, name: Activation): T {
  if (name === 'linear') return z;
  const open = math.sigmoid(z);
  return name === 'silu' ? math.mul(z, open) : open;
}

/** x̂ = (x − x̄) / N with N = √(var + ε). */
export const standardized = <T>(math: Algebra<T>, x: T, axes: Axes, epsilon: number, over?: string): T =>
  standardizedWhere(math, undefined, x, axes, epsilon, over);

/**
 * `standardized` by the positions that count, whose weight is 1 and not 0, or by all without weights. All positions are
 * divided by the same N; if none of a group counts, its x̂ is 0.
 */
export function standardizedWhere<T>(
  math: Algebra<T>,
  weight: T | undefined,
  x: T,
  axes: Axes,
  epsilon: number,
  over?: string,
): T {
  const { mean, variance, some } = momentsWhere(math, weight, x, axes, { over });
  const length = math.name('N', math.sqrt(math.add(variance, epsilon)));
  const unit = math.div(math.sub(x, mean), length);
  return math.name('x̂', some === undefined ? unit : math.mul(some, unit));
}

/**
 * The mean and the variance of x: x̄ = Σ w x / W and v = Σ w (x − x̄)² / W for weights w of 0 and 1, where W = Σ w +
 * extra; without weights all are 1. `some` is 0 in a group without any weight, whose mean and variance are 0, and else 1;
 * undefined if there is no such group.
 */
export function momentsWhere<T>(
  math: Algebra<T>,
  weight: T | undefined,
  x: T,
  axes: Axes,
  { extra = 0, over }: { readonly extra?: number; readonly over?: string | undefined } = {},
): { readonly mean: T; readonly variance: T; readonly some?: T } {
  if (weight === undefined) {
    const mean = math.name('x̄', math.mean(x, axes, over));
    return { mean, variance: math.name('v', math.variance(x, mean, axes, over)) };
  }
  const everywhere = math.add(math.mul(x, 0), weight);
  const count = math.sum(everywhere, axes);
  // A count below 1 is 0.
  const total = extra > 0 ? math.add(count, extra) : math.maximum(count, 1);
  const mean = math.name('x̄', math.div(math.sum(math.mul(everywhere, x), axes), total));
  const squares = square(math, math.sub(x, mean));
  const variance = math.name('v', math.div(math.sum(math.mul(everywhere, squares), axes), total));
  return { mean, variance, ...(extra === 0 && { some: math.div(count, total) }) };
}

/**
 * x̂ = x / N with N = √(mean(x²) + added) by the positions that count, whose weight is 1 and not 0, or by all without
 * weights; 0 in a group without any.
 */
export function unitWhere<T>(
  math: Algebra<T>,
  weight: T | undefined,
  x: T,
  axes: Axes,
  added: T | number,
): T {
  const lengthOf = (squares: T): T => math.name('N', math.sqrt(math.add(squares, added)));
  if (weight === undefined) return unitOf(math, x, lengthOf(math.mean(square(math, x), axes)));
  const everywhere = math.add(math.mul(x, 0), weight);
  const count = math.sum(everywhere, axes);
  // A count below 1 is 0.
  const total = math.maximum(count, 1);
  const squares = math.div(math.sum(math.mul(everywhere, square(math, x)), axes), total);
  return math.name('x̂', math.mul(math.div(count, total), math.div(x, lengthOf(squares))));
}

/** momentum · running + (1 − momentum) · now, or the running statistic as it is where `some` is 0. */
export function blended<T>(math: Algebra<T>, running: T, now: T, momentum: T | number, some?: T): T {
  const alike = (a: T) => math.reshape(a, math.shape(running));
  const share = some === undefined ? math.sub(1, momentum) : math.mul(math.sub(1, momentum), alike(some));
  const kept = some === undefined ? momentum : math.sub(1, share);
  return math.add(math.mul(kept, running), math.mul(share, alike(now)));
}

/** N = √(mean(x²) + ε). */
export const rootMeanSquare = <T>(math: Algebra<T>, x: T, axes: Axes, epsilon: number): T =>
  math.sqrt(math.add(math.mean(square(math, x), axes), epsilon));

/** N = √(mean(x²) + ε), or √mean(x²) + ε, or max(√mean(x²), ε). */
export function placedRoot<T>(
  math: Algebra<T>,
  x: T,
  axes: Axes,
  {
    epsilon,
    epsilonPlacement: placement,
  }: { readonly epsilon: number; readonly epsilonPlacement: Placement },
): T {
  const squares = math.mean(square(math, x), axes);
  if (placement === 'inside') return math.name('N', math.sqrt(math.add(squares, epsilon)));
  if (placement === 'outside') return math.name('N', math.add(math.sqrt(squares), epsilon));
  return math.name('N', math.sqrt(math.maximum(squares, math.mul(epsilon, epsilon))));
}

/** N = max(√(mean(x²) + ε), ε). */
export const clampedRoot = <T>(math: Algebra<T>, x: T, axes: Axes, epsilon: number): T =>
  math.name('N', math.maximum(rootMeanSquare(math, x, axes, epsilon), epsilon));

/** x̂ = (x − x̄) / N and N = max(√(v + ε), ε), where v is the variance of x. */
export function centeredAndClamped<T>(math: Algebra<T>, x: T, axes: Axes, epsilon: number) {
  const { mean, variance } = momentsWhere(math, undefined, x, axes);
  const length = math.name('N', math.maximum(math.sqrt(math.add(variance, epsilon)), epsilon));
  return { unit: unitOf(math, math.sub(x, mean), length), length };
}

/** N = √(Σ x² + ε). */
export const addedRoot = <T>(math: Algebra<T>, x: T, axes: Axes, epsilon: number): T =>
  math.name('N', math.sqrt(math.add(math.sum(square(math, x), axes), epsilon)));

/** N = √max(Σ x², ε). */
export const flooredRoot = <T>(math: Algebra<T>, x: T, axes: Axes, epsilon: number): T =>
  math.name('N', math.sqrt(math.maximum(math.sum(square(math, x), axes), epsilon)));

/** N = max(√Σ x², ε), as a root that is never 0, where it would have no derivative. */
export const leastLength = <T>(math: Algebra<T>, x: T, axes: Axes, epsilon: number): T =>
  math.name('N', math.sqrt(math.maximum(math.sum(square(math, x), axes), math.mul(epsilon, epsilon))));

/** x̂ = x / N. */
export const unitOf = <T>(math: Algebra<T>, x: T, length: T): T => math.name('x̂', math.div(x, length));

/** s = 1 − α + α · share: a scale in the band of width α below 1. */
export const inBand = <T>(math: Algebra<T>, share: T, width: number): T =>
  math.name('s', math.add(math.sub(1, width), math.mul(width, share)));

/** The array without its axis of size 1. */
export const dropped = <T>(math: Algebra<T>, x: T, axis: number): T =>
  math.reshape(x, without(math.shape(x), axis));

import { type Axes, onto, without } from '../array/index.js';
import type { Algebra } from './algebra.js';
import type { Activation } from './parts/activation.js';

// Parts that the formulas of several norms share, each over any algebra.

export const square = <T>(math: Algebra<T>, x: T): T => math.mul(x, x);

/** γ ⊙ x + β, either left out, both laid onto the axes that they were learned along. */
export function learned<T>(math: Algebra<T>, x: T, axes: Axes, gain: T | undefined, shift?: T): T {
  const shape = onto(math.shape(x), axes);
  const grown = gain === undefined ? x : math.mul(math.reshape(gain, shape), x);
  return shift === undefined ? grown : math.add(grown, math.reshape(shift, shape));
}

/** φ(z): z σ(z), σ(z) or z. */
export function activation<T>(math: Algebra<T>, z: T, name: Activation): T {
  if (name === 'linear') return z;
  const open = math.sigmoid(z);
  return name === 'silu' ? math.mul(z, open) : open;
}

/** x̂ = (x − x̄) / N with N = √(var + ε). */
export function standardized<T>(math: Algebra<T>, x: T, axes: Axes, epsilon: number, over?: string): T {
  const mean = math.name('x̄', math.mean(x, axes, over));
  const variance = math.name('v', math.variance(x, mean, axes, over));
  const length = math.name('N', math.sqrt(math.add(variance, epsilon)));
  return math.name('x̂', math.div(math.sub(x, mean), length));
}

/** N = √(mean(x²) + ε). */
export const rootMeanSquare = <T>(math: Algebra<T>, x: T, axes: Axes, epsilon: number): T =>
  math.sqrt(math.add(math.mean(square(math, x), axes), epsilon));

/** N = max(√(mean(x²) + ε), ε). */
export const clampedRoot = <T>(math: Algebra<T>, x: T, axes: Axes, epsilon: number): T =>
  math.name('N', math.maximum(rootMeanSquare(math, x, axes, epsilon), epsilon));

/** N = √(Σ x² + ε). */
export const addedRoot = <T>(math: Algebra<T>, x: T, axes: Axes, epsilon: number): T =>
  math.name('N', math.sqrt(math.add(math.sum(square(math, x), axes), epsilon)));

/** N = √max(Σ x², ε). */
export const flooredRoot = <T>(math: Algebra<T>, x: T, axes: Axes, epsilon: number): T =>
  math.name('N', math.sqrt(math.maximum(math.sum(square(math, x), axes), epsilon)));

/** x̂ = x / N. */
export const unitOf = <T>(math: Algebra<T>, x: T, length: T): T => math.name('x̂', math.div(x, length));

/** s = 1 − α + α · share: a scale in the band of width α below 1. */
export const inBand = <T>(math: Algebra<T>, share: T, width: number): T =>
  math.name('s', math.add(math.sub(1, width), math.mul(width, share)));

/** The array without its axis of size 1. */
export const dropped = <T>(math: Algebra<T>, x: T, axis: number): T =>
  math.reshape(x, without(math.shape(x), axis));

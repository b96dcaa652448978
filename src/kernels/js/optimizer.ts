import type { Kernels } from '../kernels.js';
import type { Numbers } from '../numbers.js';
import {
  addedSquare,
  blend,
  largerSquare,
  largestIn,
  nextSquare,
  rootOf,
  rootPlus,
} from './second-moment.js';

/** v ← momentum·v + inward·g; w ← w − outward·v, or with Nesterov w − outward·(inward·g + momentum·v). */
export const sgd: Kernels['sgd'] = (weight, gradient, memory, next, nextMemory, settings) => {
  const { decay, keep, momentum, inward, outward, nesterov } = settings;
  const [velocity] = memory;
  const [nextVelocity] = nextMemory;
  for (let i = 0; i < weight.length; i++) {
    const w = weight[i]!;
    const push = inward * (gradient[i]! + decay * w);
    let move = push;
    if (velocity && nextVelocity) {
      const v = momentum * velocity[i]! + push;
      nextVelocity[i] = v;
      move = nesterov ? push + momentum * v : v;
    }
    next[i] = keep * w - outward * move;
  }
};

/**
 * m ← m + (1 − β₁)(g − m); v ← v + (1 − β₂)(g² − v); w ← w − rate·m / (√v + ε). A third memory is the largest v so
 * far, which then takes the place of v. `second-moment.ts` defines the elements of v, here and below.
 */
export const adam: Kernels['adam'] = (weight, gradient, memory, next, nextMemory, settings) => {
  const { decay, keep, beta1, beta2, rate, epsilon } = settings;
  const [mean, square, largest] = memory;
  const [nextMean, nextSquares, nextLargest] = nextMemory;
  const most = largestIn(nextSquares!);
  for (let i = 0; i < weight.length; i++) {
    const w = weight[i]!;
    const g = gradient[i]! + decay * w;
    const m = blend(mean![i]!, g, 1 - beta1);
    let v = nextSquare(square![i]!, g, 1 - beta2, most);
    nextMean![i] = m;
    nextSquares![i] = v;
    if (largest && nextLargest) nextLargest[i] = v = largerSquare(largest[i]!, v);
    next[i] = keep * w - (rate * m) / (rootOf(v) + epsilon);
  }
};

/**
 * s ← ρ·s + (1 − ρ)·g²; the push g / √(s + ε), or g / (√s + ε), goes through a velocity if there is momentum.
 * If centered, the square of the running mean of g is subtracted from s. The memories are s, that mean, the velocity.
 */
export const rmsprop: Kernels['rmsprop'] = (weight, gradient, memory, next, nextMemory, settings) => {
  const { decay, keep, momentum, inward, outward, rho, epsilon, inside, centered } = settings;
  const [square] = memory;
  const [nextSquares] = nextMemory;
  const most = largestIn(nextSquares!);
  const [mean, nextMean] = centered ? [memory[1], nextMemory[1]] : [];
  const at = centered ? 2 : 1;
  const [velocity, nextVelocity] = [memory[at], nextMemory[at]];
  for (let i = 0; i < weight.length; i++) {
    const w = weight[i]!;
    const g = gradient[i]! + decay * w;
    const s = nextSquare(square![i]!, g, 1 - rho, most);
    nextSquares![i] = s;
    let variance = s;
    if (mean && nextMean) {
      const m = rho * mean[i]! + (1 - rho) * g;
      nextMean[i] = m;
      variance = varianceOf(s, m);
    }
    let move = (inward * g) / (inside ? rootPlus(variance, epsilon) : rootOf(variance) + epsilon);
    if (velocity && nextVelocity) {
      move += momentum * velocity[i]!;
      nextVelocity[i] = move;
    }
    next[i] = keep * w - outward * move;
  }
};

/** s − m² of a mean of squares and a mean; 0 if it is negative, which only rounding can make it. */
function varianceOf(s: number, m: number): number {
  if (s >= 0) return Math.max(0, s - m * m);
  const share = m / s;
  return s * Math.sqrt(Math.max(0, 1 - share * share));
}

/** s ← s + g²; w ← w − rate·g / √(s + ε), or g / (√s + ε). */
export const adagrad: Kernels['adagrad'] = (
  weight,
  gradient,
  memory,
  next,
  nextMemory,
  { decay, keep, rate, epsilon, inside },
) => {
  const [sum] = memory;
  const [nextSum] = nextMemory;
  const most = largestIn(nextSum!);
  for (let i = 0; i < weight.length; i++) {
    const w = weight[i]!;
    const g = gradient[i]! + decay * w;
    const s = addedSquare(sum![i]!, g, most);
    nextSum![i] = s;
    next[i] = keep * w - (rate * g) / (inside ? rootPlus(s, epsilon) : rootOf(s) + epsilon);
  }
};

/** m and v as in Adam; w ← w − (meanRate·m + gradientRate·g) / (√v / rootCorrection + ε). */
export const nadam: Kernels['nadam'] = (
  weight,
  gradient,
  memory,
  next,
  nextMemory,
  { decay, keep, beta1, beta2, meanRate, gradientRate, rootCorrection, epsilon },
) => {
  const [mean, square] = memory;
  const [nextMean, nextSquares] = nextMemory;
  const most = largestIn(nextSquares!);
  for (let i = 0; i < weight.length; i++) {
    const w = weight[i]!;
    const g = gradient[i]! + decay * w;
    const m = blend(mean![i]!, g, 1 - beta1);
    const v = nextSquare(square![i]!, g, 1 - beta2, most);
    nextMean![i] = m;
    nextSquares![i] = v;
    next[i] = keep * w - (meanRate * m + gradientRate * g) / (rootOf(v) / rootCorrection + epsilon);
  }
};

/** Math.sign, without branches on a sign, which nothing can predict for gradients. */
const signOf = (x: number): number => (Number.isNaN(x) ? x : Number(x > 0) - Number(x < 0));

/** w ← keep·w − rate·sign(m + (1 − β₁)(g − m)); m ← m + (1 − β₂)(g − m). */
export const lion: Kernels['lion'] = (weight, gradient, memory, next, nextMemory, settings) => {
  const { keep, beta1, beta2, rate } = settings;
  const [mean] = memory;
  const [nextMean] = nextMemory;
  for (let i = 0; i < weight.length; i++) {
    const g = gradient[i]!;
    const m = mean![i]!;
    const aim = blend(m, g, 1 - beta1);
    next[i] = keep * weight[i]! - rate * signOf(aim);
    nextMean![i] = blend(m, g, 1 - beta2);
  }
};

/**
 * m and v as in Adam; r = m̂ / (√v̂ + ε) + decay·w; w ← w − rate·(‖w‖ / ‖r‖)·r, where the ratio is 1 if a length is 0.
 */
export const lamb: Kernels['lamb'] = (weight, gradient, memory, next, nextMemory, settings) => {
  const { decay, beta1, beta2, rate, epsilon, meanCorrection, squareCorrection } = settings;
  const [mean, square] = memory;
  const [nextMean, nextSquares] = nextMemory;
  const most = largestIn(nextSquares!);
  const direction = new Float64Array(weight.length);
  for (let i = 0; i < weight.length; i++) {
    const g = gradient[i]!;
    const m = blend(mean![i]!, g, 1 - beta1);
    const v = nextSquare(square![i]!, g, 1 - beta2, most);
    nextMean![i] = m;
    nextSquares![i] = v;
    const root = v < 0 ? -v / Math.sqrt(squareCorrection) : Math.sqrt(v / squareCorrection);
    direction[i] = m / meanCorrection / (root + epsilon) + decay * weight[i]!;
  }
  const ratio = length(weight) / length(direction);
  const trust = ratio > 0 && Number.isFinite(ratio) ? ratio : 1;
  for (let i = 0; i < weight.length; i++) next[i] = weight[i]! - rate * trust * direction[i]!;
};

/** The length of a vector, in units of its largest element, so that squares neither overflow nor vanish. */
function length(x: Numbers): number {
  let unit = 0;
  for (let i = 0; i < x.length; i++) unit = Math.max(unit, Math.abs(x[i]!));
  if (unit === 0) return 0;
  let squares = 0;
  for (let i = 0; i < x.length; i++) {
    const share = x[i]! / unit;
    squares += share * share;
  }
  return unit * Math.sqrt(squares);
}

import type { Numbers } from './numbers.js';
import {
  addedSquare,
  blend,
  largerSquare,
  largestIn,
  nextSquare,
  rootOf,
  rootPlus,
} from './second-moment.js';

/**
 * One step of one weight: reads it, its gradient and what is remembered of it, and writes the next weight and
 * memory. All are of one length and lie without gaps; what is read is not written to.
 */
export type OptimizerKernel<S> = (
  weight: Numbers,
  gradient: Numbers,
  memory: readonly Numbers[],
  next: Numbers,
  nextMemory: readonly Numbers[],
  settings: S,
) => void;

/** The two ways to pull weights to 0: `decay` times the weight joins the gradient; the weight is cut to `keep` of it. */
export interface Decay {
  readonly decay: number;
  readonly keep: number;
}

export interface MomentumSettings extends Decay {
  readonly momentum: number;
  /** What the gradient is multiplied by on its way into the velocity, and the velocity on its way out. */
  readonly inward: number;
  readonly outward: number;
}

export interface SgdSettings extends MomentumSettings {
  readonly nesterov: boolean;
}

/** v ← momentum·v + inward·g; w ← w − outward·v, or with Nesterov w − outward·(inward·g + momentum·v). */
export const sgd: OptimizerKernel<SgdSettings> = (weight, gradient, memory, next, nextMemory, settings) => {
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

export interface AdamSettings extends Decay {
  readonly beta1: number;
  readonly beta2: number;
  /** Both corrected for the bias of the first steps. */
  readonly rate: number;
  readonly epsilon: number;
}

/**
 * m ← m + (1 − β₁)(g − m); v ← v + (1 − β₂)(g² − v); w ← w − rate·m / (√v + ε).
 * A third memory is the largest v so far, which then takes the place of v. What v and that hold is told in
 * `second-moment.ts`; so it is below.
 */
export const adam: OptimizerKernel<AdamSettings> = (weight, gradient, memory, next, nextMemory, settings) => {
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

export interface RmspropSettings extends MomentumSettings {
  readonly rho: number;
  readonly epsilon: number;
  /** Whether ε is added under the root, or to it. */
  readonly inside: boolean;
  readonly centered: boolean;
}

/**
 * s ← ρ·s + (1 − ρ)·g²; the push g / √(s + ε), or g / (√s + ε), goes through a velocity where there is momentum.
 * Centered, the square of the running mean of g is taken off s. The memories are s, then that mean, then the velocity.
 */
export const rmsprop: OptimizerKernel<RmspropSettings> = (
  weight,
  gradient,
  memory,
  next,
  nextMemory,
  settings,
) => {
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

/** s − m² of a mean of squares and a mean; below 0 only by rounding, and taken for 0 then. */
function varianceOf(s: number, m: number): number {
  if (s >= 0) return Math.max(0, s - m * m);
  const share = m / s;
  return s * Math.sqrt(Math.max(0, 1 - share * share));
}

export interface AdagradSettings extends Decay {
  readonly rate: number;
  readonly epsilon: number;
  /** Whether ε is added under the root, or to it. */
  readonly inside: boolean;
}

/** s ← s + g²; w ← w − rate·g / √(s + ε), or g / (√s + ε). */
export const adagrad: OptimizerKernel<AdagradSettings> = (
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

export interface NadamSettings extends Decay {
  readonly beta1: number;
  readonly beta2: number;
  /** What the mean of the gradients, and what the gradient, is multiplied by on its way to the weight. */
  readonly meanRate: number;
  readonly gradientRate: number;
  /** What √v is divided by, having started at 0. */
  readonly rootCorrection: number;
  readonly epsilon: number;
}

/** m and v as in Adam; w ← w − (meanRate·m + gradientRate·g) / (√v / rootCorrection + ε). */
export const nadam: OptimizerKernel<NadamSettings> = (
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

export interface LionSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly rate: number;
  /** What the weight is cut to, for its decay. */
  readonly keep: number;
}

/** w ← keep·w − rate·sign(m + (1 − β₁)(g − m)); m ← m + (1 − β₂)(g − m). */
export const lion: OptimizerKernel<LionSettings> = (weight, gradient, memory, next, nextMemory, settings) => {
  const { keep, beta1, beta2, rate } = settings;
  const [mean] = memory;
  const [nextMean] = nextMemory;
  for (let i = 0; i < weight.length; i++) {
    const [g, m] = [gradient[i]!, mean![i]!];
    next[i] = keep * weight[i]! - rate * Math.sign(blend(m, g, 1 - beta1));
    nextMean![i] = blend(m, g, 1 - beta2);
  }
};

export interface LambSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly rate: number;
  readonly epsilon: number;
  readonly decay: number;
  /** What the running means are divided by, having started at 0. */
  readonly meanCorrection: number;
  readonly squareCorrection: number;
}

/**
 * m and v as in Adam; r = m̂ / (√v̂ + ε) + decay·w; w ← w − rate·(‖w‖ / ‖r‖)·r, where the ratio is 1 if a length
 * is 0.
 */
export const lamb: OptimizerKernel<LambSettings> = (weight, gradient, memory, next, nextMemory, settings) => {
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

/** The length of a vector, measured in units of its largest number so that squares neither overflow nor vanish. */
function length(x: Numbers): number {
  let unit = 0;
  for (const a of x) unit = Math.max(unit, Math.abs(a));
  if (unit === 0) return 0;
  let squares = 0;
  for (const a of x) squares += (a / unit) ** 2;
  return unit * Math.sqrt(squares);
}

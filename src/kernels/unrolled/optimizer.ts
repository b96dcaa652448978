import type { AdamSettings, OptimizerKernel, SgdSettings } from '../optimizer.js';
import { largestIn } from '../second-moment.js';
import { unrolledFor } from './set.js';

/** An optimizer's step that may not be done: false, and what is there to be written may be anything. */
type Step<S> = (...of: Parameters<OptimizerKernel<S>>) => boolean;

/** Adam; not with the largest of its squares, nor where a mean of squares is beyond the largest number. */
export const adam: Step<AdamSettings> = (weight, gradient, memory, next, nextMemory, settings) => {
  const { decay, keep, beta1, beta2, rate, epsilon } = settings;
  const [mean, square, largest] = memory;
  const [nextMean, nextSquare] = nextMemory;
  const loops = unrolledFor(weight, gradient, mean, square, next, nextMean, nextSquare);
  if (!loops || largest) return false;
  return loops.adam(
    weight,
    gradient,
    mean!,
    square!,
    next,
    nextMean!,
    nextSquare!,
    decay,
    keep,
    beta1,
    beta2,
    rate,
    epsilon,
    largestIn(square!),
  );
};

/** Stochastic gradient descent. */
export const sgd: Step<SgdSettings> = (weight, gradient, memory, next, nextMemory, settings) => {
  const { decay, keep, momentum, inward, outward, nesterov } = settings;
  const [velocity] = memory;
  const [nextVelocity] = nextMemory;
  const loops = unrolledFor(weight, gradient, velocity, next, nextVelocity);
  if (!loops) return false;
  if (!velocity || !nextVelocity) loops.descend(weight, gradient, next, decay, keep, inward, outward);
  else {
    const roll = nesterov ? loops.rollAhead : loops.roll;
    roll(weight, gradient, velocity, next, nextVelocity, decay, keep, momentum, inward, outward);
  }
  return true;
};

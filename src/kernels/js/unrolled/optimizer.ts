import type { Kernels } from '../../kernels.js';
import * as general from '../optimizer.js';
import { largestIn } from '../second-moment.js';
import { unrolledFor } from './set.js';

/** A step of Adam; the general loop runs for AMSGrad, and if a mean of squares is beyond the largest number. */
export const adam: Kernels['adam'] = (weight, gradient, memory, next, nextMemory, settings) => {
  const { decay, keep, beta1, beta2, rate, epsilon } = settings;
  const [mean, square, largest] = memory;
  const [nextMean, nextSquare] = nextMemory;
  const loops = unrolledFor(weight, gradient, mean, square, next, nextMean, nextSquare);
  const done =
    loops &&
    !largest &&
    loops.adam(
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
  if (!done) general.adam(weight, gradient, memory, next, nextMemory, settings);
};

export const sgd: Kernels['sgd'] = (weight, gradient, memory, next, nextMemory, settings) => {
  const { decay, keep, momentum, inward, outward, nesterov } = settings;
  const [velocity] = memory;
  const [nextVelocity] = nextMemory;
  const loops = unrolledFor(weight, gradient, velocity, next, nextVelocity);
  if (!loops) return general.sgd(weight, gradient, memory, next, nextMemory, settings);
  if (!velocity || !nextVelocity) loops.descend(weight, gradient, next, decay, keep, inward, outward);
  else {
    const roll = nesterov ? loops.rollAhead : loops.roll;
    roll(weight, gradient, velocity, next, nextVelocity, decay, keep, momentum, inward, outward);
  }
};

import type { Kernels } from '../../kernels.js';
import * as float32 from '../generated/float32.js';
import * as float64 from '../generated/float64.js';
import * as general from '../optimizer.js';
import { largestIn } from '../second-moment.js';
import { loopsFor } from './set.js';

const ADAM = {
  float32: { run: float32.adam },
  float64: { run: float64.adam },
};

const SGD = {
  float32: { descend: float32.descend, roll: float32.roll, rollAhead: float32.rollAhead },
  float64: { descend: float64.descend, roll: float64.roll, rollAhead: float64.rollAhead },
};

/** A step of Adam; the general loop runs for AMSGrad, and if a mean of squares is beyond the largest number. */
export const adam: Kernels['adam'] = (weight, gradient, memory, next, nextMemory, settings) => {
  const { decay, keep, beta1, beta2, rate, epsilon } = settings;
  const [mean, square, largest] = memory;
  const [nextMean, nextSquare] = nextMemory;
  const loops = loopsFor(ADAM, weight, gradient, mean, square, next, nextMean, nextSquare);
  const done =
    loops &&
    !largest &&
    loops.run(
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
  const loops = loopsFor(SGD, weight, gradient, velocity, next, nextVelocity);
  if (!loops) return general.sgd(weight, gradient, memory, next, nextMemory, settings);
  if (!velocity || !nextVelocity) loops.descend(weight, gradient, next, decay, keep, inward, outward);
  else {
    const roll = nesterov ? loops.rollAhead : loops.roll;
    roll(weight, gradient, velocity, next, nextVelocity, decay, keep, momentum, inward, outward);
  }
};

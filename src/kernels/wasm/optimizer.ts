import type { AdamSettings, OptimizerKernel, SgdSettings } from '../optimizer.js';
import type { Numbers } from '../numbers.js';
import type { Engine } from './engine.js';
import { Staging } from './staging.js';

/** An optimizer's step that may not be done: false, and nothing changed, where there is no room. */
type Step<S> = (engine: Engine, ...of: Parameters<OptimizerKernel<S>>) => boolean;

/** Adam in the dtype of the weights; see the kernel in JavaScript. */
export const adam: Step<AdamSettings> = (
  { kernels, arena },
  weight,
  gradient,
  memory,
  next,
  nextMemory,
  { decay, keep, beta1, beta2, rate, epsilon },
) => {
  const staging = new Staging(arena);
  const [mean, square, largest] = read(staging, memory);
  const [nextMean, nextSquare, nextLargest] = write(staging, nextMemory);
  const [w, g, out] = [staging.read(weight), staging.read(gradient), staging.write(next)];
  const kernel = weight instanceof Float32Array ? kernels.adam32 : kernels.adam64;
  return staging.run(() =>
    kernel(
      w,
      g,
      mean!,
      square!,
      largest ?? 0,
      out,
      nextMean!,
      nextSquare!,
      nextLargest ?? 0,
      weight.length,
      decay,
      keep,
      beta1,
      beta2,
      rate,
      epsilon,
    ),
  );
};

/** Stochastic gradient descent in the dtype of the weights; see the kernel in JavaScript. */
export const sgd: Step<SgdSettings> = (
  { kernels, arena },
  weight,
  gradient,
  memory,
  next,
  nextMemory,
  { decay, keep, momentum, inward, outward, nesterov },
) => {
  const staging = new Staging(arena);
  const [velocity = 0] = read(staging, memory);
  const [nextVelocity = 0] = write(staging, nextMemory);
  const [w, g, out] = [staging.read(weight), staging.read(gradient), staging.write(next)];
  const kernel = weight instanceof Float32Array ? kernels.sgd32 : kernels.sgd64;
  return staging.run(() =>
    kernel(
      w,
      g,
      velocity,
      out,
      nextVelocity,
      weight.length,
      decay,
      keep,
      momentum,
      inward,
      outward,
      +nesterov,
    ),
  );
};

const read = (staging: Staging, memory: readonly Numbers[]): number[] =>
  memory.map((numbers) => staging.read(numbers));

const write = (staging: Staging, memory: readonly Numbers[]): number[] =>
  memory.map((numbers) => staging.write(numbers));

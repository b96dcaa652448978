import * as js from '../js/index.js';
import type { Kernels } from '../kernels.js';
import { compiled } from './call.js';

export const adam: Kernels['adam'] = (weight, gradient, memory, next, nextMemory, settings) => {
  const { decay, keep, beta1, beta2, rate, epsilon } = settings;
  const ran = compiled((exports, staging) => {
    const [mean, square, largest] = memory;
    const [nextMean, nextSquare, nextLargest] = nextMemory;
    const kernel = weight instanceof Float32Array ? exports.adam32 : exports.adam64;
    kernel(
      staging.read(weight),
      staging.read(gradient),
      staging.read(mean),
      staging.read(square),
      staging.read(largest),
      staging.write(next),
      staging.write(nextMean),
      staging.write(nextSquare),
      staging.write(nextLargest),
      weight.length,
      decay,
      keep,
      beta1,
      beta2,
      rate,
      epsilon,
    );
  });
  if (!ran) js.adam(weight, gradient, memory, next, nextMemory, settings);
};

export const sgd: Kernels['sgd'] = (weight, gradient, memory, next, nextMemory, settings) => {
  const { decay, keep, momentum, inward, outward, nesterov } = settings;
  const ran = compiled((exports, staging) => {
    const kernel = weight instanceof Float32Array ? exports.sgd32 : exports.sgd64;
    kernel(
      staging.read(weight),
      staging.read(gradient),
      staging.read(memory[0]),
      staging.write(next),
      staging.write(nextMemory[0]),
      weight.length,
      decay,
      keep,
      momentum,
      inward,
      outward,
      +nesterov,
    );
  });
  if (!ran) js.sgd(weight, gradient, memory, next, nextMemory, settings);
};

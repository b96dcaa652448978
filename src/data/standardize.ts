import { map, mean, square, sub, zip } from '../array/index.js';
import { Tensor } from '../autograd/tape.js';
import type { Split } from './split.js';

/**
 * Brings every feature to mean 0 and standard deviation 1 over the training samples, and the test samples by
 * the same numbers. A feature that is the same in all training samples becomes 0 there, and is only shifted
 * in the others.
 */
export function standardize({ train, test }: Split): Split {
  const center = mean(train.features.value, 0);
  const variance = mean(square(sub(train.features.value, center)), 0);
  const deviation = map(variance, (v) => Math.sqrt(v) || 1);
  const apply = <D extends { readonly features: Tensor }>(data: D): D => ({
    ...data,
    features: new Tensor(zip(sub(data.features.value, center), deviation, (x, s) => x / s)),
  });
  return { train: apply(train), test: apply(test) };
}

import { type Dtype, type Shape, Random, draw, full } from '../array/index.js';
import { Tensor } from '../autograd/tape.js';

interface Drawn {
  readonly seed: number;
  readonly dtype?: Dtype;
}

export const zeros = (shape: Shape, { dtype = 'float32' }: { readonly dtype?: Dtype } = {}): Tensor =>
  new Tensor(full(shape, 0, dtype));

export const ones = (shape: Shape, { dtype = 'float32' }: { readonly dtype?: Dtype } = {}): Tensor =>
  new Tensor(full(shape, 1, dtype));

/** Independent normal numbers, the same for the same seed. */
export function randomNormal(
  shape: Shape,
  {
    seed,
    mean = 0,
    standardDeviation = 1,
    dtype = 'float32',
  }: Drawn & { readonly mean?: number; readonly standardDeviation?: number },
): Tensor {
  const random = new Random(seed);
  return new Tensor(draw(shape, () => mean + standardDeviation * random.normal(), dtype));
}

/** Independent uniform numbers in [low, high), the same for the same seed. */
export function randomUniform(
  shape: Shape,
  { seed, low = 0, high = 1, dtype = 'float32' }: Drawn & { readonly low?: number; readonly high?: number },
): Tensor {
  const random = new Random(seed);
  return new Tensor(draw(shape, () => low + (high - low) * random.uniform(), dtype));
}

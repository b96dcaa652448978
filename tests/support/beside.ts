import { type Dtype, type Shape, Random, draw } from '../../src/array/index.js';
import { Tensor } from '../../src/autograd/tape.js';
import type { NormalizationLayer } from '../../src/norms/layer.js';
import { besideShapes } from '../../src/norms/second-inputs.js';

/** Normal numbers for the inputs of a layer beside an x of this shape and dtype, by name; the same for the same seed. */
export function beside(
  { definition, options }: NormalizationLayer,
  { shape, dtype }: { readonly shape: Shape; readonly dtype: Dtype },
  seed = 1,
): Record<string, Tensor> {
  const random = new Random(seed);
  return Object.fromEntries(
    Object.entries(besideShapes(definition.inputs, shape, options)).map(([name, own]) => [
      name,
      new Tensor(draw(own, () => random.normal(), dtype)),
    ]),
  );
}

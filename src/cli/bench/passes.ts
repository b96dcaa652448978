import { type Dtype, Random, type Shape, draw } from '../../array/index.js';
import { scope } from '../../autograd/scope.js';
import { Tensor } from '../../autograd/tape.js';
import { vjp } from '../../autograd/vjp.js';
import { normalization } from '../../norms/layer.js';
import type { Norm } from '../../norms/norm.js';
import { besideShapes } from '../../norms/second-inputs.js';
import type { Contender } from './clock.js';

/** The name of the reference that all norms are compared with: copying x. */
export const COPY = 'copy';

export type Pass = 'forward' | 'both';

/** The name of one pass of a norm, as a contender. */
export const nameOf = (type: string, pass: Pass): string => `${type} ${pass}`;

/** The type of the norm in the name of a contender. */
export const typeIn = (name: string): string => name.slice(0, name.lastIndexOf(' '));

/**
 * The contenders at one shape: a copy of x, and a layer of each norm in training mode, once forward alone and once with
 * the gradients of x, of all weights and of the inputs beside x. Calls `onError` for each norm that throws, and leaves it out.
 */
export function contendersAt(
  shape: Shape,
  norms: readonly Norm[],
  dtype: Dtype,
  seed: number,
  onError: (type: string, error: unknown) => void,
): Contender[] {
  const random = new Random(seed);
  const normal = (like: Shape): Tensor => new Tensor(draw(like, () => random.normal(), dtype));
  const x = normal(shape);
  const passes = norms.flatMap((norm) => {
    try {
      return passesOf(norm, x, normal);
    } catch (error) {
      onError(norm.type, error);
      return [];
    }
  });
  return [copy(x.size, dtype), ...passes];
}

function copy(size: number, dtype: Dtype): Contender {
  const Numbers = dtype === 'float32' ? Float32Array : Float64Array;
  const [source, target] = [new Numbers(size).fill(1), new Numbers(size)];
  return { name: COPY, run: () => target.set(source) };
}

function passesOf(norm: Norm, x: Tensor, normal: (like: Shape) => Tensor): Contender[] {
  const layer = normalization(norm);
  const inputs = Object.fromEntries(
    Object.entries(besideShapes(norm.inputs, x.shape, layer.options)).map(([name, shape]) => [
      name,
      normal(shape),
    ]),
  );
  const forward = (): readonly Tensor[] => {
    const outputs: Tensor | readonly Tensor[] = layer.forward(x, inputs);
    return outputs instanceof Tensor ? [outputs] : outputs;
  };
  const seeds = forward().map(({ shape }) => normal(shape));
  return [
    { name: nameOf(norm.type, 'forward'), run: () => scope(() => void forward()) },
    { name: nameOf(norm.type, 'both'), run: () => scope(() => void vjp(forward).pullback(seeds)) },
  ];
}

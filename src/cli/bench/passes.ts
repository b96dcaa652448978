import { type Dtype, Random, type Shape, draw, flat, fromFlat } from '../../array/index.js';
import { scope } from '../../autograd/scope.js';
import { Tensor, arrayOf } from '../../autograd/tape.js';
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
 * The contenders at one shape, [samples, places, width], or another of its size that a norm accepts: a copy of x, and a layer of each norm in training mode, once forward alone and once with
 * the gradients of x, of all weights and of the inputs besides x. Calls `onError` for each norm that throws, and leaves it out.
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
      return passesOf(norm, acceptedBy(norm, x), normal);
    } catch (error) {
      onError(norm.type, error);
      return [];
    }
  });
  return [copy(x.size, dtype), ...passes];
}

/** x in the first of some shapes of the same numbers that the norm accepts: as given, in plain rows, and as images. */
function acceptedBy(norm: Norm, x: Tensor): Tensor {
  const { options } = normalization(norm);
  const [samples, places, width] = x.shape as readonly [number, number, number];
  const high = Math.floor(Math.sqrt(places));
  const [down, across] = places % high === 0 ? [high, places / high] : [1, places];
  const shapes: readonly Shape[] = [x.shape, [samples * places, width], [samples, down, across, width]];
  const shape = shapes.find((input) => (norm.accepts?.(input, options) ?? true) === true);
  return shape === undefined || shape === x.shape ? x : new Tensor(fromFlat(flat(arrayOf(x)), shape));
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

import * as array from '../array/index.js';
import { type NdArray, add, demandRoom, fromFlat, mul, sizeOf, store } from '../array/index.js';
import { type Operand, SMOOTH, lift, withDomain } from '../autograd/primitive.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { choice, resolveBeside } from '../option/index.js';
import { type Extent, readExtent } from './window.js';

const INTERPOLATION = {
  interpolation: choice('nearest', 'Whether pixels are repeated, or lines drawn between their middles.', [
    'nearest',
    'bilinear',
  ]),
};

export interface UpSampleOptions {
  /** The factors of the height and width. Default: 2. */
  readonly size?: Extent | undefined;
  /** `nearest` repeats pixels; `bilinear` interpolates between their centers. Default: `nearest`. */
  readonly interpolation?: 'nearest' | 'bilinear' | undefined;
}

/**
 * Images [samples, height, width, channels] enlarged by integer factors. As in Keras, and in PyTorch without aligned
 * corners, the center of output pixel i is at (i + ½)/size − ½ of the input; beyond the outermost centers the edge
 * pixel is repeated. Each input pixel receives the gradients of the output pixels computed from it, with the same
 * weights.
 *
 * @throws {NormtapeError} If x is not an image, or an option is wrong.
 */
export const upSample2d = withDomain(SMOOTH, (x: Operand, given: UpSampleOptions = {}): Tensor => {
  const where = 'upSample2d';
  const { size: factors, interpolation } = readUpSample(where, given);
  return lift(where, [x], (images) => {
    if (images.shape.length !== 4) {
      const expected = 'images [samples, height, width, channels]';
      throw new NormtapeError({ where, expected, received: images.shape });
    }
    const [samples, height, width, channels] = images.shape as [number, number, number, number];
    const grown = [samples, height * factors[0], width * factors[1], channels];
    demandRoom(sizeOf(grown), grown);
    const steps = factors.map((factor, i) =>
      (interpolation === 'nearest' ? repeating : linear)(images.shape[i + 1]!, factor, i + 1),
    );
    let value = images;
    for (const step of steps) value = step.forward(value);
    return { value, pullback: (g) => [steps.reduceRight((gradient, step) => step.back(gradient), g)] };
  });
});

/** The options with their defaults; throws, in the name of `where`, for the first invalid one. */
export function readUpSample(where: string, given: UpSampleOptions) {
  const { size = 2, interpolation } = resolveBeside(where, INTERPOLATION, given, ['size']);
  return { size: readExtent(`${where}.size`, size, 1), interpolation };
}

/** A linear map along one axis, and its transpose. */
interface Resampling {
  forward(a: NdArray): NdArray;
  back(gradient: NdArray): NdArray;
}

/** Takes the elements at these positions of an axis of n. */
function picking(places: Int32Array, n: number, axis: number): Resampling {
  const picks = { data: places, shape: [places.length] };
  return {
    forward: (a) => array.gather(a, picks, axis),
    back: (g) =>
      array.scatterAdd(
        g,
        picks,
        axis,
        g.shape.map((size, i) => (i === axis ? n : size)),
      ),
  };
}

const repeating = (n: number, factor: number, axis: number): Resampling =>
  picking(
    Int32Array.from({ length: n * factor }, (_, i) => Math.floor(i / factor)),
    n,
    axis,
  );

/** y = (1 − s)·x[below] + s·x[above]. */
function linear(n: number, factor: number, axis: number): Resampling {
  const middles = Array.from({ length: n * factor }, (_, i) => (i + 0.5) / factor - 0.5);
  const inside = (place: number): number => Math.min(Math.max(place, 0), n - 1);
  const below = picking(
    Int32Array.from(middles, (at) => inside(Math.floor(at))),
    n,
    axis,
  );
  const above = picking(
    Int32Array.from(middles, (at) => inside(Math.floor(at) + 1)),
    n,
    axis,
  );
  const shares = middles.map((at) => at - Math.floor(at));
  const along = (a: NdArray, numbers: readonly number[]): NdArray => {
    const data = store(a.dtype, numbers.length);
    data.set(numbers);
    return fromFlat(
      data,
      a.shape.map((_, i) => (i === axis ? numbers.length : 1)),
    );
  };
  const [lower, upper] = [shares.map((share) => 1 - share), shares];
  return {
    forward(a) {
      const [x, y] = [below.forward(a), above.forward(a)];
      return add(mul(x, along(x, lower)), mul(y, along(y, upper)));
    },
    back: (g) => add(below.back(mul(g, along(g, lower))), above.back(mul(g, along(g, upper)))),
  };
}

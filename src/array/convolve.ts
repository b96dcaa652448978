import { NormtapeError } from '../error.js';
import * as kernels from '../kernels/index.js';
import type { Sliding, Windows } from '../kernels/index.js';
import { type NdArray, type Shape, demandShapeOf, empty, filled, sameShape, sizeOf } from './array.js';
import { flat } from './contiguous.js';
import { numbersOf } from './view.js';

/** The output of a convolution, and its backward pass. */
export interface Convolved {
  readonly value: NdArray;
  /** Gradients that are not needed are left out. */
  back(
    gradient: NdArray,
    needed: readonly boolean[],
  ): readonly [x: NdArray | undefined, kernel: NdArray | undefined];
}

/** The output of pooling, and its backward pass. */
export interface Pooled {
  readonly value: NdArray;
  back(gradient: NdArray): NdArray;
}

/**
 * The product of every window of x with the kernel [rows, columns, channels / groups, filters]: [samples, down, across,
 * filters]. Filters are parted into groups as channels are. The backward pass reads x and the kernel again, so that no
 * window is kept.
 */
export function convolve(x: NdArray, kernel: NdArray, windows: Windows, groups: number): Convolved {
  const sliding = demandKernel('convolve', x, kernel, windows, groups);
  const { filters } = sliding;
  const value = empty([x.shape[0]!, windows.down, windows.across, filters], x.dtype);
  kernels.convolve(flat(x), flat(kernel), sliding, numbersOf(value));
  return {
    value,
    back: (gradient, [ofImages, ofKernel]) => [
      ofImages ? imageGradient(gradient, x, kernel, windows, groups) : undefined,
      ofKernel ? kernelGradient(gradient, x, kernel, windows, groups) : undefined,
    ],
  };
}

/** dK = Wᵀ G over the rows W of windows. */
export function kernelGradient(
  gradient: NdArray,
  x: NdArray,
  kernel: NdArray,
  windows: Windows,
  groups: number,
): NdArray {
  const sliding = demandKernel('kernelGradient', x, kernel, windows, groups);
  demandAfter('kernelGradient', gradient, sliding);
  const sums = new Float64Array(sizeOf(kernel.shape));
  kernels.convolveKernel(flat(gradient), flat(x), sliding, sums);
  return narrowed(sums, kernel);
}

/** dW = G Kᵀ of every window, added up where the windows lie on images of the shape of x. */
export function imageGradient(
  gradient: NdArray,
  x: Pick<NdArray, 'shape' | 'dtype'>,
  kernel: NdArray,
  windows: Windows,
  groups: number,
): NdArray {
  const sliding = demandKernel('imageGradient', x, kernel, windows, groups);
  demandAfter('imageGradient', gradient, sliding);
  const made = empty(x.shape, x.dtype);
  kernels.convolveImages(flat(gradient), flat(kernel), sliding, numbersOf(made));
  return made;
}

/** Every channel with kernels of its own, [rows, columns, channels, multiplier]: [samples, down, across, channels · multiplier]. */
export function convolveDepthwise(x: NdArray, kernel: NdArray, windows: Windows): Convolved {
  const where = 'convolveDepthwise';
  const { rows, columns, channels, down, across } = windows;
  demandShapeOf(where, kernel, [rows, columns, channels, kernel.shape[3]!]);
  demandImages('windows', x.shape, windows);
  const [samples, filters] = [x.shape[0]!, channels * kernel.shape[3]!];
  const sliding = { windows, samples, groups: channels, filters };
  const value = empty([samples, down, across, filters], x.dtype);
  kernels.depthwise(flat(x), flat(kernel), sliding, numbersOf(value));
  return {
    value,
    back(gradient, [ofImages, ofKernel]) {
      demandAfter(where, gradient, sliding);
      const g = flat(gradient);
      const made = ofImages ? empty(x.shape, x.dtype) : undefined;
      if (made) kernels.depthwiseImages(g, flat(kernel), sliding, numbersOf(made));
      if (!ofKernel) return [made, undefined];
      const sums = new Float64Array(sizeOf(kernel.shape));
      kernels.depthwiseKernel(g, flat(x), sliding, sums);
      return [made, narrowed(sums, kernel)];
    },
  };
}

/** The maximum of every window, channel by channel; elements that tie share the gradient evenly. */
export function maxPool(x: NdArray, windows: Windows): Pooled {
  const value = pooled(x, windows);
  const samples = x.shape[0]!;
  kernels.maxPool(flat(x), windows, samples, numbersOf(value));
  return {
    value,
    back(gradient) {
      demandShapeOf('maxPool.gradient', gradient, value.shape);
      const made = empty(x.shape, x.dtype);
      kernels.maxPoolBack(flat(gradient), flat(x), flat(value), windows, samples, numbersOf(made));
      return made;
    },
  };
}

/** The mean of what every window sees of the image, channel by channel. */
export function averagePool(x: NdArray, windows: Windows): Pooled {
  const value = pooled(x, windows);
  const samples = x.shape[0]!;
  kernels.averagePool(flat(x), windows, samples, numbersOf(value));
  return {
    value,
    back(gradient) {
      demandShapeOf('averagePool.gradient', gradient, value.shape);
      const made = empty(x.shape, x.dtype);
      kernels.averagePoolBack(flat(gradient), windows, samples, numbersOf(made));
      return made;
    },
  };
}

/** Room for one number of each window and channel. */
function pooled(x: NdArray, windows: Windows) {
  demandImages('windows', x.shape, windows);
  const { channels, down, across } = windows;
  return empty([x.shape[0]!, down, across, channels], x.dtype);
}

/** Throws unless the windows are those of images of this shape. */
function demandImages(where: string, shape: Shape, { height, width, channels }: Windows): void {
  const [samples = 0] = shape;
  if (sameShape(shape, [samples, height, width, channels])) return;
  const expected = `images [samples, ${height}, ${width}, ${channels}]`;
  throw new NormtapeError({ where, expected, received: shape });
}

/** How the kernel slides; throws unless it and the images have the sizes of the windows, and part into the groups. */
function demandKernel(
  where: string,
  { shape }: Pick<NdArray, 'shape'>,
  kernel: NdArray,
  windows: Windows,
  groups: number,
): Sliding {
  const { rows, columns, channels } = windows;
  const filters = kernel.shape[3] ?? 0;
  const count = channels / groups;
  if (!(count >= 1 && Number.isInteger(groups) && Number.isInteger(count))) {
    throw new NormtapeError({
      where: 'groups',
      expected: `a divisor of ${channels} channels`,
      received: groups,
    });
  }
  if (filters % groups !== 0 || !sameShape(kernel.shape, [rows, columns, count, filters])) {
    const expected = `a kernel [${rows}, ${columns}, ${count}, filters] of ${groups} groups`;
    throw new NormtapeError({ where, expected, received: kernel.shape });
  }
  demandImages('convolve', shape, windows);
  return { windows, samples: shape[0]!, groups, filters };
}

/** Throws unless a gradient has the shape of the output. */
function demandAfter(where: string, gradient: NdArray, { windows, samples, filters }: Sliding): void {
  demandShapeOf(`${where}.gradient`, gradient, [samples, windows.down, windows.across, filters]);
}

const narrowed = (sums: Float64Array, like: NdArray): NdArray => filled(sums, like.shape, like.dtype);

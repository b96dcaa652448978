import * as array from '../array/index.js';
import { type Pair, windowsOn } from '../array/index.js';
import { type Operand, SMOOTH, lift, withDomain } from '../autograd/primitive.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { resolveBeside } from '../option/index.js';
import { type Extent, GROUPS, WINDOW, type WindowOptions, readExtent, readWindow } from './window.js';

export interface ConvolutionOptions extends WindowOptions {
  /** The count of groups into which channels and filters are split, each convolved by itself. Default: 1. */
  readonly groups?: number | undefined;
}

/**
 * The product of every window of images [samples, height, width, channels] with a kernel [rows, columns, channels /
 * groups, filters]: [samples, down, across, filters], for the numbers of windows down and across the image. With the
 * windows as the rows of a matrix W, Y = W K, so that dK = Wᵀ dY, and dW = dY Kᵀ is summed over overlapping windows.
 * Throws if shapes or options do not fit.
 */
export const conv2d = withDomain(
  SMOOTH,
  (x: Operand, kernel: Operand, given: ConvolutionOptions = {}): Tensor => {
    const { groups, ...options } = resolveBeside('conv2d', GROUPS, given, WINDOW);
    const laying = readWindow('conv2d', options);
    return lift(
      'conv2d',
      [x, kernel],
      (images, weights) => {
        const windows = windowsOn('conv2d', images.shape, sizeOfKernel('conv2d', weights.shape), laying);
        const [, , channels, filters] = weights.shape;
        if (channels! * groups !== windows.channels || filters! % groups !== 0) {
          throw new NormtapeError({
            where: 'conv2d',
            expected: `a kernel [rows, columns, ${windows.channels} channels / ${groups} groups, filters], with a multiple of the groups for filters`,
            received: weights.shape,
          });
        }
        const { value, back } = array.convolve(images, weights, windows, groups);
        return { value, pullback: back };
      },
      { laying, groups },
    );
  },
);

/**
 * Every channel of images [samples, height, width, channels] with its own kernels, [rows, columns, channels,
 * multiplier]: [samples, down, across, channels · multiplier], with the results of one channel next to each other.
 * Throws if shapes or options do not fit.
 */
export const depthwiseConv2d = withDomain(
  SMOOTH,
  (x: Operand, kernel: Operand, given: WindowOptions = {}): Tensor => {
    const where = 'depthwiseConv2d';
    const laying = readWindow(where, resolveBeside(where, {}, given, WINDOW));
    return lift(
      where,
      [x, kernel],
      (images, weights) => {
        const windows = windowsOn(where, images.shape, sizeOfKernel(where, weights.shape), laying);
        if (weights.shape[2] !== windows.channels) {
          const expected = `a kernel [rows, columns, ${windows.channels} channels, multiplier]`;
          throw new NormtapeError({ where, expected, received: weights.shape });
        }
        const { value, back } = array.convolveDepthwise(images, weights, windows);
        return { value, pullback: back };
      },
      { laying },
    );
  },
);

/** The rows and columns of a kernel; throws if it has another rank. */
export function sizeOfKernel(where: string, shape: readonly number[]): Pair {
  const [rows, columns] = shape;
  if (shape.length === 4 && shape.every((n) => n > 0)) return [rows!, columns!];
  const expected = 'a kernel of rank 4 without axes of size 0';
  throw new NormtapeError({ where, expected, received: shape });
}

export interface PoolOptions extends Omit<WindowOptions, 'dilation'> {
  /** The rows and columns of a window. Default: 2. */
  readonly size?: Extent | undefined;
}

/**
 * The maximum of every window of images [samples, height, width, channels], channel by channel; a NaN wins, and
 * padding does not count. By default windows do not overlap; `stride` changes that. Ties in a window share the
 * gradient evenly. Throws if shapes or options do not fit.
 */
export const maxPool2d = withDomain(
  { ...SMOOTH, ties: true },
  (x: Operand, given: PoolOptions = {}): Tensor => pool('maxPool2d', x, given, array.maxPool),
);

/**
 * The mean of every window of images [samples, height, width, channels], channel by channel; padding does not count.
 * By default windows do not overlap; `stride` changes that. Throws if shapes or options do not fit.
 */
export const averagePool2d = withDomain(SMOOTH, (x: Operand, given: PoolOptions = {}): Tensor =>
  pool('averagePool2d', x, given, array.averagePool),
);

function pool(where: string, x: Operand, given: PoolOptions, rule: typeof array.maxPool): Tensor {
  const options = resolveBeside(where, {}, given, ['size', 'stride', 'padding']);
  const { size, laying } = readPool(where, options);
  return lift(
    where,
    [x],
    (images) => {
      const { value, back } = rule(images, windowsOn(where, images.shape, size, laying));
      return { value, pullback: (g) => [back(g)] };
    },
    { size, laying },
  );
}

/** The options of pooling with their defaults; throws, in the name of `where`, for the first invalid one. */
export function readPool(where: string, { size = 2, ...options }: PoolOptions) {
  const extent = readExtent(`${where}.size`, size, 1);
  const laying = readWindow(where, { ...options, stride: options.stride ?? extent });
  const { padding } = laying;
  if (typeof padding !== 'string' && padding.some((n, axis) => n >= extent[axis]!)) {
    const expected = 'padding smaller than the window, so that every window covers part of the image';
    throw new NormtapeError({ where: `${where}.padding`, expected, received: padding });
  }
  return { size: extent, laying };
}

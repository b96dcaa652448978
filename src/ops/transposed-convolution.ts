import * as array from '../array/index.js';
import { type Laying, type NdArray, type Pair, sizeOf, windowsOn } from '../array/index.js';
import { type Operand, SMOOTH, lift, withDomain } from '../autograd/primitive.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { resolveBeside } from '../option/index.js';
import { sizeOfKernel } from './convolution.js';
import { type Extent, WINDOW, type WindowOptions, readExtent, readWindow } from './window.js';

export interface TransposedConvolutionOptions extends WindowOptions {
  /** Rows and columns added at the end of the output, fewer than the stride; not with padding `same`. Default: 0. */
  readonly outputPadding?: Extent | undefined;
}

export const TRANSPOSED = [...WINDOW, 'outputPadding'] as const;

/**
 * The transpose of `conv2d`: images [samples, height, width, channels] and a kernel [rows, columns, filters, channels]
 * give [samples, down, across, filters], which `conv2d` with the same options would take back to the size of x. A side
 * of n pixels becomes (n − 1)·stride + reach with padding `valid`, where reach = (kernel − 1)·dilation + 1; n·stride
 * with `same`; and (n − 1)·stride + reach − 2p + outputPadding with a padding of p pixels. The output is the gradient
 * that `conv2d` would give its images for an incoming gradient x. So the gradient of x is `conv2d` of g, and the
 * gradient of the kernel is that of `conv2d` on images g for an incoming gradient x.
 *
 * @throws {NormtapeError} If shapes or options do not fit.
 */
export const conv2dTranspose = withDomain(
  SMOOTH,
  (x: Operand, kernel: Operand, given: TransposedConvolutionOptions = {}): Tensor => {
    const where = 'conv2dTranspose';
    const { laying, extra } = readTransposed(where, resolveBeside(where, {}, given, TRANSPOSED));
    return lift(where, [x, kernel], (images, weights) => {
      const { shape } = images;
      const size = sizeOfKernel(where, weights.shape);
      const [samples, height, width, channels] = shape;
      if (shape.length !== 4 || weights.shape[3] !== channels) {
        const expected =
          'images [samples, height, width, channels] and a kernel [rows, columns, filters, channels]';
        throw new NormtapeError({ where, expected, received: [shape, weights.shape] });
      }
      const grown: Pair = [
        grownSize(height!, size[0], laying, extra, 0),
        grownSize(width!, size[1], laying, extra, 1),
      ];
      if (grown.some((n) => n < 1)) {
        const expected = 'less padding, so that at least one pixel of the output is left';
        throw new NormtapeError({ where, expected, received: grown });
      }
      const like: Pick<NdArray, 'shape' | 'dtype'> = {
        shape: [samples!, ...grown, weights.shape[2]!],
        dtype: images.dtype,
      };
      array.demandRoom(sizeOf(like.shape), like.shape);
      const windows = windowsOn(where, like.shape, size, laying);
      return {
        value: array.imageGradient(images, like, weights, windows, 1),
        pullback: (g, [ofImages, ofKernel]) => [
          ofImages ? array.convolve(g, weights, windows, 1).value : undefined,
          ofKernel ? array.kernelGradient(images, g, weights, windows, 1) : undefined,
        ],
      };
    });
  },
);

/** The size of the output of a side of n pixels. */
function grownSize(
  n: number,
  kernel: number,
  { stride, padding, dilation }: Laying,
  extra: Pair,
  axis: 0 | 1,
): number {
  if (padding === 'same') return n * stride[axis];
  const cut = padding === 'valid' ? 0 : 2 * padding[axis];
  return (n - 1) * stride[axis] + (kernel - 1) * dilation[axis] + 1 - cut + extra[axis];
}

/** The options with their defaults; throws, in the name of `where`, for the first invalid one. */
export function readTransposed(
  where: string,
  { outputPadding = 0, ...options }: TransposedConvolutionOptions,
): { readonly laying: Laying; readonly extra: Pair } {
  const laying = readWindow(where, options);
  const extra = readExtent(`${where}.outputPadding`, outputPadding, 0);
  const isWord = laying.padding === 'same';
  if (extra.some((n, axis) => n > 0 && (isWord || n >= laying.stride[axis]!))) {
    const expected = isWord ? "0 with padding 'same'" : 'fewer pixels than the stride';
    throw new NormtapeError({ where: `${where}.outputPadding`, expected, received: outputPadding });
  }
  return { laying, extra };
}

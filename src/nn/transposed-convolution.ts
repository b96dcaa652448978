import type { Laying, Pair, Shape } from '../array/index.js';
import type { Tensor } from '../autograd/tape.js';
import { conv2dTranspose } from '../ops/catalog.js';
import {
  TRANSPOSED,
  type TransposedConvolutionOptions,
  readTransposed,
} from '../ops/transposed-convolution.js';
import { type Extent, readExtent } from '../ops/window.js';
import { plain, resolveBeside } from '../option/index.js';
import { JOINS, type Joins } from './absorb.js';
import { ARGUMENTS } from './construction.js';
import { KERNEL_AND_BIAS } from './kernel-and-bias.js';
import { IMAGES, SlidingKernel, type SlidingOptions, positive } from './sliding-kernel.js';

const OPTIONS = { filters: positive('How many channels the output has.'), ...KERNEL_AND_BIAS };

/** The options of `Conv2DTranspose`; each has a default. */
export type Conv2DTransposeOptions = SlidingOptions & TransposedConvolutionOptions;

/**
 * activation(conv2dTranspose(x, kernel) + bias) for images [samples, height, width, channels], which grow by the
 * stride: [samples, down, across, filters]. The first input builds it: kernel [rows, columns, filters, channels] as in
 * Keras, bias [filters].
 *
 * @throws {NormtapeError} If an option is invalid, or a later input has a different number of channels or dtype.
 */
export class Conv2DTranspose extends SlidingKernel {
  readonly filters: number;
  readonly kernelSize: Pair;
  readonly #window: TransposedConvolutionOptions;
  readonly #laying: Laying;

  /** The number of filters, and the rows and columns of the kernel. */
  constructor(filters: number, kernelSize: Extent, given: Conv2DTransposeOptions = {}) {
    const where = 'Conv2DTranspose';
    // A size must be given: null, unlike undefined, is refused.
    const all = { ...plain(where, given), filters: filters ?? null };
    const read = resolveBeside(where, OPTIONS, all, ['activation', ...TRANSPOSED]);
    const { activation: stated, stride, padding, dilation, outputPadding, ...options } = read;
    super(where, IMAGES, options, stated);
    this.filters = options.filters;
    this.kernelSize = readExtent(`${where}.kernelSize`, kernelSize, 1);
    this.#window = { stride, padding, dilation, outputPadding };
    this.#laying = readTransposed(where, this.#window).laying;
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [this.filters, this.kernelSize, { ...this.stated, ...this.#window }];
  }

  protected override channelsOf([, , , channels]: Shape): number {
    return channels!;
  }

  protected override get outputs(): readonly number[] {
    return [-2];
  }

  protected override shapes(channels: number) {
    const { kernelSize, filters } = this;
    const size = kernelSize[0] * kernelSize[1];
    // A pixel of the output is fed by one window in every step of the input.
    const [down, across] = this.#laying.stride;
    const fanIn = (size * channels) / (down * across);
    return {
      kernel: [...kernelSize, filters, channels],
      bias: [filters],
      fans: { fanIn, fanOut: size * filters },
    };
  }

  protected override [JOINS]([, , , channels]: Shape): Joins {
    return (i) => ({ input: i % channels!, output: Math.floor(i / channels!) % this.filters });
  }

  /** Outputs at the edges, and between the steps, meet parts of the kernel alone. */
  protected override get isWhole(): boolean {
    return false;
  }

  protected override slide(x: Tensor, kernel: Tensor): Tensor {
    return conv2dTranspose(x, kernel, this.#window);
  }
}

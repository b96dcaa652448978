import type { Laying, Pair, Shape } from '../array/index.js';
import type { Tensor } from '../autograd/tape.js';
import { conv2d, depthwiseConv2d } from '../ops/catalog.js';
import { type Extent, WINDOW, type WindowOptions, readExtent, readWindow } from '../ops/window.js';
import { plain, resolveBeside } from '../option/index.js';
import { JOINS, type Joins } from './absorb.js';
import { ARGUMENTS } from './construction.js';
import { KERNEL_AND_BIAS } from './kernel-and-bias.js';
import {
  IMAGES,
  SlidingKernel,
  type SlidingOptions,
  demandGroups,
  inGroups,
  isUnpadded,
  positive,
} from './sliding-kernel.js';

type Common = SlidingOptions & WindowOptions;

const BESIDE = ['activation', ...WINDOW] as const;

const FILTERS = {
  filters: positive('How many channels the output has.'),
  groups: positive('How many groups channels and filters are parted into.'),
  ...KERNEL_AND_BIAS,
};

/** The options of `Conv2D`. */
export type Conv2DOptions = Common & {
  /** How many groups channels and filters are parted into, each for itself; 1 by default. */
  readonly groups?: number | undefined;
};

/**
 * activation(conv2d(x, kernel) + bias) for images [samples, height, width, channels]: [samples, down, across, filters].
 * The first input builds it: kernel [rows, columns, channels / groups, filters], bias [filters]. Throws if an option
 * is wrong, if groups do not divide channels and filters, or if a later input has other channels or dtype.
 */
export class Conv2D extends SlidingKernel {
  readonly filters: number;
  readonly kernelSize: Pair;
  readonly groups: number;
  readonly #laying: Laying;

  /** The number of filters, and the rows and columns of the kernel. */
  constructor(filters: number, kernelSize: Extent, given: Conv2DOptions = {}) {
    // A size must be given: null, unlike undefined, is refused.
    const all = { ...plain('Conv2D', given), filters: filters ?? null };
    const {
      activation: stated,
      stride,
      padding,
      dilation,
      ...options
    } = resolveBeside('Conv2D', FILTERS, all, BESIDE);
    super('Conv2D', IMAGES, options, stated);
    this.filters = options.filters;
    this.groups = options.groups;
    this.kernelSize = readExtent('Conv2D.kernelSize', kernelSize, 1);
    this.#laying = readWindow('Conv2D', { stride, padding, dilation });
    demandGroups('Conv2D', this.groups, this.filters);
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [this.filters, this.kernelSize, { ...this.stated, groups: this.groups, ...this.#laying }];
  }

  protected override channelsOf([, , per]: Shape): number {
    return per! * this.groups;
  }

  protected override shapes(channels: number) {
    const { kernelSize, filters, groups } = this;
    demandGroups('Conv2D', groups, filters, channels);
    const size = kernelSize[0] * kernelSize[1];
    // A channel meets the filters of its group alone.
    const fans = { fanIn: (size * channels) / groups, fanOut: (size * filters) / groups };
    return { kernel: [...kernelSize, channels / groups, filters], bias: [filters], fans };
  }

  protected override [JOINS]([, , per]: Shape): Joins {
    return inGroups(per!, this);
  }

  protected override get isWhole(): boolean {
    return isUnpadded(this.#laying.padding, this.kernelSize);
  }

  protected override slide(x: Tensor, kernel: Tensor): Tensor {
    return conv2d(x, kernel, { ...this.#laying, groups: this.groups });
  }
}

const MULTIPLIER = {
  depthMultiplier: positive('How many kernels each channel has.'),
  ...KERNEL_AND_BIAS,
};

/** The options of `DepthwiseConv2D`. */
export type DepthwiseConv2DOptions = Common & {
  /** How many kernels each channel has; 1 by default. */
  readonly depthMultiplier?: number | undefined;
};

/**
 * activation(depthwiseConv2d(x, kernel) + bias) for images [samples, height, width, channels]: each channel has kernels
 * of its own, and no two meet. The first input builds it: kernel [rows, columns, channels, multiplier], bias [channels ·
 * multiplier]. Throws if an option is wrong, or if a later input has other channels or dtype.
 */
export class DepthwiseConv2D extends SlidingKernel {
  readonly kernelSize: Pair;
  readonly depthMultiplier: number;
  readonly #laying: Laying;

  /** The rows and columns of the kernel. */
  constructor(kernelSize: Extent, given: DepthwiseConv2DOptions = {}) {
    const {
      activation: stated,
      stride,
      padding,
      dilation,
      ...options
    } = resolveBeside('DepthwiseConv2D', MULTIPLIER, given, BESIDE);
    super('DepthwiseConv2D', IMAGES, options, stated);
    this.depthMultiplier = options.depthMultiplier;
    this.kernelSize = readExtent('DepthwiseConv2D.kernelSize', kernelSize, 1);
    this.#laying = readWindow('DepthwiseConv2D', { stride, padding, dilation });
  }

  override [ARGUMENTS](): readonly unknown[] {
    const { kernelSize, depthMultiplier, stated } = this;
    return [kernelSize, { ...stated, depthMultiplier, ...this.#laying }];
  }

  protected override channelsOf([, , channels]: Shape): number {
    return channels!;
  }

  protected override get outputs(): readonly number[] {
    return [-2, -1];
  }

  protected override shapes(channels: number) {
    const { kernelSize, depthMultiplier } = this;
    const size = kernelSize[0] * kernelSize[1];
    return {
      kernel: [...kernelSize, channels, depthMultiplier],
      bias: [channels * depthMultiplier],
      // An output sees one channel, and a channel its own outputs.
      fans: { fanIn: size, fanOut: size * depthMultiplier },
    };
  }

  protected override [JOINS]([, , channels]: Shape): Joins {
    const outputs = channels! * this.depthMultiplier;
    return (i) => ({ input: Math.floor((i % outputs) / this.depthMultiplier), output: i % outputs });
  }

  protected override get isWhole(): boolean {
    return isUnpadded(this.#laying.padding, this.kernelSize);
  }

  protected override slide(x: Tensor, kernel: Tensor): Tensor {
    return depthwiseConv2d(x, kernel, this.#laying);
  }
}

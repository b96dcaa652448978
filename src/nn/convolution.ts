import {
  type Dtype,
  type Laying,
  type Pair,
  type Shape,
  anySeed,
  demandShape,
  knownDtype,
} from '../array/index.js';
import type { Parameter } from '../autograd/parameter.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { add, conv2d, depthwiseConv2d } from '../ops/catalog.js';
import { type Extent, WINDOW, type WindowOptions, readExtent, readWindow } from '../ops/window.js';
import { type Given, type Values, number, plain, resolveBeside } from '../option/index.js';
import { type StatedActivation, activation } from './activations.js';
import { demandDtype, demandTensor } from './input.js';
import type { Fans } from './initializers.js';
import { KERNEL_AND_BIAS, kernelAndBias } from './kernel-and-bias.js';
import { Module } from './module.js';

interface Common extends Given<typeof KERNEL_AND_BIAS>, WindowOptions {
  /** Applied last: a name or an op; linear when left out. */
  readonly activation?: StatedActivation | undefined;
}

const BESIDE = ['activation', ...WINDOW] as const;

const positive = (about: string) => number(1, about, { min: 1, whole: true, explore: [1, 8] });

/** What layers have in common that slide a kernel over images [samples, height, width, channels]. */
abstract class Convolution extends Module {
  /** Of the initial weights: the one given, or the one that was drawn. */
  readonly seed: number;
  kernel: Parameter | undefined;
  bias: Parameter | undefined;
  readonly #where: string;
  readonly #activation: (x: Tensor) => Tensor;
  readonly #make;

  constructor(where: string, options: Values<typeof KERNEL_AND_BIAS>, stated: StatedActivation = 'linear') {
    super();
    this.#where = where;
    this.seed = options.seed ?? anySeed();
    this.#activation = activation(stated, `${where}.activation`);
    this.#make = kernelAndBias(where, options);
  }

  override get built(): boolean {
    return this.kernel !== undefined;
  }

  /** The shape of the kernel and of the bias for images of so many channels. */
  protected abstract shapes(channels: number): {
    readonly kernel: Shape;
    readonly bias: Shape;
    readonly fans: Fans;
  };

  protected abstract slide(x: Tensor, kernel: Tensor): Tensor;

  /** Makes the weights for inputs of this shape; again, only checks that they fit. */
  build(input: Shape, { dtype = 'float32' }: { readonly dtype?: Dtype } = {}): void {
    const where = this.#where;
    demandShape(`${where}.build`, input);
    const channels = input[3];
    if (input.length !== 4 || !channels) {
      const expected = 'images [samples, height, width, channels]';
      throw new NormtapeError({ where, expected, received: input });
    }
    const shapes = this.shapes(channels);
    if (this.kernel) {
      if (String(shapes.kernel) === String(this.kernel.shape)) return;
      const expected = `images for a kernel ${JSON.stringify(this.kernel.shape)}, as before`;
      throw new NormtapeError({ where, expected, received: input });
    }
    knownDtype(`${where}.build: dtype`, dtype);
    const { trainable, seed } = this;
    const { kernel, bias } = this.#make({ ...shapes, dtype, trainable, seed });
    this.bias = bias;
    this.kernel = kernel;
  }

  override forward(x: Tensor): Tensor {
    demandTensor(this.#where, x);
    if (this.kernel) demandDtype(this.#where, x, this.kernel.dtype);
    this.build(x.shape, { dtype: x.dtype });
    const y = this.slide(x, this.kernel!);
    return this.#activation(this.bias ? add(y, this.bias) : y);
  }
}

const FILTERS = {
  filters: positive('How many channels the output has.'),
  groups: positive('How many groups channels and filters are parted into.'),
  ...KERNEL_AND_BIAS,
};

export type Conv2DOptions = Common & {
  /** How many groups channels and filters are parted into, each for itself; 1 when left out. */
  readonly groups?: number | undefined;
};

/**
 * activation(conv2d(x, kernel) + bias) for images [samples, height, width, channels]: [samples, down, across, filters].
 * The first input builds it: kernel [rows, columns, channels / groups, filters], bias [filters]. Throws where an option
 * is wrong, where groups do not divide channels and filters, and where a later input has other channels or dtype.
 */
export class Conv2D extends Convolution {
  readonly filters: number;
  readonly kernelSize: Pair;
  readonly groups: number;
  readonly #laying: Laying;

  /** How many filters there are, and how many rows and columns the kernel has. */
  constructor(filters: number, kernelSize: Extent, given: Conv2DOptions = {}) {
    // Sizes are never left to their default: null, unlike undefined, is refused.
    const all = { ...plain('Conv2D', given), filters: filters ?? null };
    const {
      activation: stated,
      stride,
      padding,
      dilation,
      ...options
    } = resolveBeside('Conv2D', FILTERS, all, BESIDE);
    super('Conv2D', options, stated);
    this.filters = options.filters;
    this.groups = options.groups;
    this.kernelSize = readExtent('Conv2D.kernelSize', kernelSize, 1);
    this.#laying = readWindow('Conv2D', { stride, padding, dilation });
    if (this.filters % this.groups !== 0) {
      const expected = `a divisor of ${this.filters} filters`;
      throw new NormtapeError({ where: 'Conv2D.groups', expected, received: this.groups });
    }
  }

  protected override shapes(channels: number) {
    const { kernelSize, filters, groups } = this;
    if (channels % groups !== 0) {
      const expected = `a divisor of ${channels} channels`;
      throw new NormtapeError({ where: 'Conv2D.groups', expected, received: groups });
    }
    const size = kernelSize[0] * kernelSize[1];
    // A channel meets the filters of its group alone.
    const fans = { fanIn: (size * channels) / groups, fanOut: (size * filters) / groups };
    return { kernel: [...kernelSize, channels / groups, filters], bias: [filters], fans };
  }

  protected override slide(x: Tensor, kernel: Tensor): Tensor {
    return conv2d(x, kernel, { ...this.#laying, groups: this.groups });
  }
}

const MULTIPLIER = {
  depthMultiplier: positive('How many kernels each channel has.'),
  ...KERNEL_AND_BIAS,
};

export type DepthwiseConv2DOptions = Common & {
  /** How many kernels each channel has; 1 when left out. */
  readonly depthMultiplier?: number | undefined;
};

/**
 * activation(depthwiseConv2d(x, kernel) + bias) for images [samples, height, width, channels]: each channel has kernels
 * of its own, and no two meet. The first input builds it: kernel [rows, columns, channels, multiplier], bias [channels ·
 * multiplier]. Throws where an option is wrong, and where a later input has other channels or dtype.
 */
export class DepthwiseConv2D extends Convolution {
  readonly kernelSize: Pair;
  readonly depthMultiplier: number;
  readonly #laying: Laying;

  /** How many rows and columns the kernel has. */
  constructor(kernelSize: Extent, given: DepthwiseConv2DOptions = {}) {
    const {
      activation: stated,
      stride,
      padding,
      dilation,
      ...options
    } = resolveBeside('DepthwiseConv2D', MULTIPLIER, given, BESIDE);
    super('DepthwiseConv2D', options, stated);
    this.depthMultiplier = options.depthMultiplier;
    this.kernelSize = readExtent('DepthwiseConv2D.kernelSize', kernelSize, 1);
    this.#laying = readWindow('DepthwiseConv2D', { stride, padding, dilation });
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

  protected override slide(x: Tensor, kernel: Tensor): Tensor {
    return depthwiseConv2d(x, kernel, this.#laying);
  }
}

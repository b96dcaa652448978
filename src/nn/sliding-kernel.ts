import { type Shape, anySeed, knownDtype } from '../array/index.js';
import type { Parameter } from '../autograd/parameter.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { add } from '../ops/catalog.js';
import { type Given, type Values, number } from '../option/index.js';
import { JOINS, type Joins, LINEAR, type Linear, type Side } from './absorb.js';
import { type StatedActivation, activation, activations } from './activations.js';
import { BUILT_FOR, builtFor } from './construction.js';
import type { Fans } from './initializers.js';
import { demandDtype, demandTensor, type BuildOptions, readBuild } from './input.js';
import { type KERNEL_AND_BIAS, kernelAndBias, optionsOfNow } from './kernel-and-bias.js';
import {
  EFFECTIVE,
  EFFECTIVE_SHAPE,
  KERNELS,
  type Kernel,
  KernelLayer,
  REPARAMETERIZATION,
} from './kernel-layer.js';

/** The options of every convolutional layer, besides its sizes and the placement of its windows. */
export interface SlidingOptions extends Given<typeof KERNEL_AND_BIAS> {
  /** The activation, applied last: a name or an op; linear by default. */
  readonly activation?: StatedActivation | undefined;
}

export const positive = (about: string) => number(1, about, { min: 1, whole: true, explore: [1, 8] });

/** The inputs that a kernel slides over, in words, and their rank. */
interface Inputs {
  readonly rank: number;
  readonly named: string;
}

export const IMAGES: Inputs = { rank: 4, named: 'images [samples, height, width, channels]' };
export const SEQUENCES: Inputs = { rank: 3, named: 'sequences [samples, steps, channels]' };

/** The common part of layers that slide a kernel over inputs whose last axis is the channels. */
export abstract class SlidingKernel extends KernelLayer {
  /** The seed of the initial weights: given, or drawn. */
  readonly seed: number;
  kernel: Parameter | undefined;
  bias: Parameter | undefined;
  readonly #where: string;
  readonly #inputs: Inputs;
  readonly #activation: (x: Tensor) => Tensor;
  readonly #options: Values<typeof KERNEL_AND_BIAS>;
  readonly #make;

  constructor(
    where: string,
    inputs: Inputs,
    options: Values<typeof KERNEL_AND_BIAS>,
    stated: StatedActivation = 'linear',
  ) {
    super();
    this.#where = where;
    this.#inputs = inputs;
    this.seed = options.seed ?? anySeed();
    this.#activation = activation(stated, `${where}.activation`);
    this.#options = options;
    this.#make = kernelAndBias(where, options);
  }

  override get built(): boolean {
    return this.kernel !== undefined;
  }

  /** The shapes of kernel and bias for inputs with this many channels, and the fans of the kernel. */
  protected abstract shapes(channels: number): {
    readonly kernel: Shape;
    readonly bias: Shape;
    readonly fans: Fans;
  };

  /** The axes of the outputs in the kernel. */
  protected get outputs(): readonly number[] {
    return [-1];
  }

  override [KERNELS](): { readonly kernel: Kernel } {
    return { kernel: { stored: this.kernel, outputs: this.outputs } };
  }

  protected abstract slide(x: Tensor, kernel: Tensor): Tensor;

  /** The options that every layer of this kind has, for the weights that it has now. */
  protected get stated(): SlidingOptions {
    return { ...optionsOfNow(this.#options, this), seed: this.seed, activation: this.#activation };
  }

  /** The number of channels of inputs for a kernel of this shape. */
  protected abstract channelsOf(kernel: Shape): number;

  override get [BUILT_FOR]() {
    const ones = Array.from({ length: this.#inputs.rank - 1 }, () => 1);
    return builtFor(this.kernel, (kernel) => [
      ...ones,
      this.channelsOf(this[EFFECTIVE_SHAPE]('kernel', kernel)),
    ]);
  }

  /** Creates the weights for inputs of this shape; if there are weights, only checks that the shape fits. */
  build(input: Shape, given: BuildOptions = {}): void {
    const where = this.#where;
    const dtype = readBuild(where, input, given);
    const { rank, named } = this.#inputs;
    const channels = input.at(-1);
    if (input.length !== rank || !channels)
      throw new NormtapeError({ where, expected: named, received: input });
    const shapes = this.shapes(channels);
    if (this.kernel) {
      const known = this[EFFECTIVE_SHAPE]('kernel', this.kernel);
      if (String(shapes.kernel) === String(known)) return;
      const [kind] = named.split(' ');
      const expected = `${kind} for a kernel ${JSON.stringify(known)}, as before`;
      throw new NormtapeError({ where, expected, received: input });
    }
    knownDtype(`${where}.build: dtype`, dtype);
    const { trainable, seed } = this;
    const { kernel, bias } = this.#make({ ...shapes, dtype, trainable, seed });
    this.bias = bias;
    this.kernel = kernel;
  }

  /** The features that a number of the kernel joins, by its place in row-major order. */
  protected abstract [JOINS](kernel: Shape): Joins;

  /** Whether each output meets every number of its kernel, and no zeros around the input, to which no map applies. */
  protected abstract get isWhole(): boolean;

  /** Its weights, for an affine map of its inputs or outputs that is to become part of them. */
  [LINEAR](side: Side): Linear | string {
    if (!this.kernel) return 'it is not built';
    if (this[REPARAMETERIZATION]('kernel')) return 'its kernel has a norm, which fuseWeights bakes in';
    if (side === 'outputs' && this.#activation !== activations.linear) return 'its activation comes first';
    if (side === 'inputs' && !this.isWhole)
      return 'it meets zeros around its input, which a norm would shift';
    const { kernel, bias } = this;
    const joins = this[JOINS](kernel.shape);
    const outputs = 1 + Math.max(...Array.from({ length: kernel.size }, (_, i) => joins(i).output));
    return { kernel, bias, outputs, joins };
  }

  override forward(x: Tensor): Tensor {
    demandTensor(this.#where, x);
    if (this.kernel) demandDtype(this.#where, x, this.kernel.dtype);
    this.build(x.shape, { dtype: x.dtype });
    const y = this.slide(x, this[EFFECTIVE]('kernel', this.kernel!));
    return this.#activation(this.bias ? add(y, this.bias) : y);
  }
}

/** Throws unless the groups divide the filters and, if they are known, the channels. */
export function demandGroups(where: string, groups: number, filters: number, channels?: number): void {
  const [size, of] = filters % groups ? [filters, 'filters'] : [channels ?? groups, 'channels'];
  if (size % groups === 0) return;
  throw new NormtapeError({
    where: `${where}.groups`,
    expected: `a divisor of ${size} ${of}`,
    received: groups,
  });
}

/** The features that a kernel [..., channels of a group, filters] joins, whose groups part channels and filters alike. */
export const inGroups =
  (channels: number, { filters, groups }: { readonly filters: number; readonly groups: number }): Joins =>
  (i) => {
    const output = i % filters;
    const group = Math.floor(output / (filters / groups));
    return { input: group * channels + (Math.floor(i / filters) % channels), output };
  };

/** Whether windows of this size meet no zeros around the input. */
export const isUnpadded = (
  padding: 'same' | 'valid' | 'causal' | readonly number[],
  size: readonly number[],
): boolean =>
  padding === 'valid' ||
  size.every((n) => n === 1 && typeof padding === 'string') ||
  (typeof padding !== 'string' && padding.every((n) => n === 0));

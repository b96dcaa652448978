import { type Shape, anySeed, knownDtype } from '../array/index.js';
import type { Parameter } from '../autograd/parameter.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { add, matmul, reshape } from '../ops/catalog.js';
import { type Given, type Values, number, plain, resolveBeside } from '../option/index.js';
import { LINEAR, type Linear, type Side } from './absorb.js';
import { type StatedActivation, activation, activations } from './activations.js';
import { ARGUMENTS, BUILT_FOR, builtFor } from './construction.js';
import { demandDtype, demandTensor, type BuildOptions, readBuild } from './input.js';
import { KERNEL_AND_BIAS, kernelAndBias, optionsOfNow } from './kernel-and-bias.js';
import {
  EFFECTIVE,
  EFFECTIVE_SHAPE,
  KERNELS,
  type Kernel,
  KernelLayer,
  REPARAMETERIZATION,
} from './kernel-layer.js';

const OPTIONS = {
  units: number(1, 'The size of the last axis of the output.', { min: 1, whole: true, explore: [1, 8] }),
  ...KERNEL_AND_BIAS,
};

/** The options of `Dense`, besides its units; each has a default. */
export type DenseOptions = Omit<Given<typeof OPTIONS>, 'units'> & {
  /** Applied last: a name or an op; linear by default. */
  readonly activation?: StatedActivation | undefined;
};

/**
 * y = activation(x · kernel + bias) along the last axis, for inputs of rank 1 or more. The first input builds it: its
 * last axis determines the number of inputs, and its dtype the dtype of the weights. Throws if an option is invalid, or
 * if a later input has another width or dtype.
 */
export class Dense extends KernelLayer {
  readonly options: Values<typeof OPTIONS>;
  /** The seed of the initial weights: given, or drawn. */
  readonly seed: number;
  kernel: Parameter | undefined;
  bias: Parameter | undefined;
  readonly #activation: (x: Tensor) => Tensor;
  readonly #make;

  constructor(units: number, given: DenseOptions = {}) {
    super();
    // A size must be given: null, unlike undefined, is refused.
    const all = { ...plain('Dense', given), units: units ?? null };
    const { activation: stated = 'linear', ...options } = resolveBeside('Dense', OPTIONS, all, [
      'activation',
    ]);
    this.options = options;
    this.seed = this.options.seed ?? anySeed();
    this.#activation = activation(stated, 'Dense.activation');
    this.#make = kernelAndBias('Dense', options);
  }

  get units(): number {
    return this.options.units;
  }

  override get built(): boolean {
    return this.kernel !== undefined;
  }

  override [ARGUMENTS](): readonly unknown[] {
    const { units, options, seed } = this;
    return [units, { ...optionsOfNow(options, this), seed, activation: this.#activation }];
  }

  override get [BUILT_FOR]() {
    return builtFor(this.kernel, (kernel) => [this[EFFECTIVE_SHAPE]('kernel', kernel)[0]!]);
  }

  override [KERNELS](): { readonly kernel: Kernel } {
    return { kernel: { stored: this.kernel, outputs: [-1] } };
  }

  /** Creates the weights for inputs of this shape; if there are weights, only checks that the shape fits. */
  build(input: Shape, given: BuildOptions = {}): void {
    const dtype = readBuild('Dense', input, given);
    const inputs = input.at(-1);
    if (!inputs) {
      const expected = 'an input of rank 1 or more whose last axis is not empty';
      throw new NormtapeError({ where: 'Dense', expected, received: input });
    }
    if (this.kernel) {
      const [width] = this[EFFECTIVE_SHAPE]('kernel', this.kernel);
      if (inputs === width) return;
      const expected = `an input whose last axis has the size ${width}, as before`;
      throw new NormtapeError({ where: 'Dense', expected, received: input });
    }
    knownDtype('Dense.build: dtype', dtype);
    const { units, trainable, seed } = this;
    const { kernel, bias } = this.#make({ kernel: [inputs, units], bias: [units], dtype, trainable, seed });
    this.bias = bias;
    this.kernel = kernel;
  }

  /** Its weights, for an affine map of its inputs or outputs that is to become part of them. */
  [LINEAR](side: Side): Linear | string {
    if (!this.kernel) return 'it is not built';
    if (this[REPARAMETERIZATION]('kernel')) return 'its kernel has a norm, which fuseWeights bakes in';
    if (side === 'outputs' && this.#activation !== activations.linear) return 'its activation comes first';
    const { kernel, bias, units } = this;
    return {
      kernel,
      bias,
      outputs: units,
      joins: (i) => ({ input: Math.floor(i / units), output: i % units }),
    };
  }

  override forward(x: Tensor): Tensor {
    demandTensor('Dense', x);
    if (this.kernel) demandDtype('Dense', x, this.kernel.dtype);
    this.build(x.shape, { dtype: x.dtype });
    const kernel = this[EFFECTIVE]('kernel', this.kernel!);
    const [inputs] = kernel.shape;
    const rows = x.shape.length === 2 ? x : reshape(x, [x.size / inputs!, inputs!]);
    const product = matmul(rows, kernel);
    const y = this.bias ? add(product, this.bias) : product;
    return this.#activation(rows === x ? y : reshape(y, [...x.shape.slice(0, -1), this.units]));
  }
}

import {
  type Dtype,
  type NdArray,
  Random,
  type Shape,
  anySeed,
  full,
  knownDtype,
} from '../../array/index.js';
import { Parameter } from '../../autograd/parameter.js';
import { Tensor, areTensors } from '../../autograd/tape.js';
import { isList, isOne } from '../../demand.js';
import { NormtapeError } from '../../error.js';
import { type StatedActivation, activation } from '../../nn/activations.js';
import { ARGUMENTS, BUILT_FOR, builtFor } from '../../nn/construction.js';
import { initialize, initializers } from '../../nn/initializers.js';
import { demandDtype, demandTensor, type BuildOptions, readBuild } from '../../nn/input.js';
import { EFFECTIVE, EFFECTIVE_SHAPE, KERNELS, type Kernel, KernelLayer } from '../../nn/kernel-layer.js';
import { slice, stack, where } from '../../ops/catalog.js';
import {
  type Given,
  type Values,
  completed,
  flag,
  number,
  part,
  resolveBeside,
  seed,
  plain,
} from '../../option/index.js';
import { type ShapePreservingLayer, normalizationLayer, statedNormalization } from '../normalization.js';
import type { RowMask, Run, RunOptions, State, Weights } from './run.js';
import { readStepMask } from './step-mask.js';

/** The options of every recurrent layer. */
const RECURRENT = {
  units: number(1, 'The size of the state and of the output.', { min: 1, whole: true, explore: [1, 8] }),
  normalization: statedNormalization(
    'none',
    'Applied to the pre-activations, of the input and of the state each.',
  ),
  returnSequences: flag(false, 'Whether forward returns the outputs of all steps, not of the last alone.'),
  useBias: flag(true, 'Whether to learn biases.'),
  kernelInitializer: part(initializers, 'glorot_uniform', 'What the kernel of the input starts from.'),
  recurrentInitializer: part(initializers, 'orthogonal', 'What the kernel of the state starts from.'),
  biasInitializer: part(initializers, 'zeros', 'What the biases start from.'),
  seed: seed('Of the initial weights; left out, one is drawn.'),
};

export type RecurrentOptions = Partial<Given<typeof RECURRENT>> & {
  /** Of the candidate state: a name or an op; tanh by default. */
  readonly activation?: StatedActivation | undefined;
};

/**
 * The common part of recurrent layers, which process sequences [samples, steps, channels] step by step. The product of
 * the input with its kernel is computed for all steps at once.
 */
export abstract class Recurrent extends KernelLayer {
  readonly options: Values<typeof RECURRENT>;
  /** The seed of the initial weights: given, or drawn. */
  readonly seed: number;
  kernel: Parameter | undefined;
  recurrentKernel: Parameter | undefined;
  bias: Parameter | undefined;
  protected readonly activation: (x: Tensor) => Tensor;
  readonly #where: string;
  readonly #gates: number;

  /**
   * `gates`: the number of blocks of units in the kernels; `others`: the names of options that the layer has read
   * itself, which errors list too.
   */
  constructor(
    where: string,
    gates: number,
    units: number,
    given: RecurrentOptions,
    others: readonly string[] = [],
  ) {
    super();
    // A size must be given: null, unlike undefined, is refused.
    const all = completed(where, { ...plain(where, given), units }, { units: null });
    const { activation: stated = 'tanh', ...options } = resolveBeside(where, RECURRENT, all, [
      'activation',
      ...(others as readonly 'activation'[]),
    ]);
    this.options = options as Values<typeof RECURRENT>;
    this.activation = activation(stated as StatedActivation, `${where}.activation`);
    this.seed = this.options.seed ?? anySeed();
    this.#where = where;
    this.#gates = gates;
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [this.units, { ...this.options, seed: this.seed, activation: this.activation }];
  }

  override get [BUILT_FOR]() {
    return builtFor(this.kernel, (kernel) => [1, 1, this[EFFECTIVE_SHAPE]('kernel', kernel)[0]!]);
  }

  get units(): number {
    return this.options.units;
  }

  override get built(): boolean {
    return this.kernel !== undefined;
  }

  override [KERNELS](): { readonly kernel: Kernel; readonly recurrentKernel: Kernel } {
    const outputs = [-1];
    return {
      kernel: { stored: this.kernel, outputs },
      recurrentKernel: { stored: this.recurrentKernel, outputs },
    };
  }

  /** The bias of a new layer. */
  protected biasShape(): Shape {
    return [this.#gates * this.units];
  }

  /** The initial value of the bias, given that of its initializer. */
  protected initialBias(value: NdArray): NdArray {
    return value;
  }

  /** The number of tensors in the state. */
  protected readonly stateSize: number = 1;

  /** A layer of the normalization, for one of the pre-activations. */
  protected norm(): ShapePreservingLayer | undefined {
    return normalizationLayer(this.options.normalization);
  }

  /** The part of the input in the pre-activations, for all steps at once: [samples, steps, gates · units]. */
  protected abstract project(x: Tensor, weights: Weights, mask?: RowMask): Tensor;

  /** The state after one step, of which the first tensor is the output. */
  protected abstract step(input: Tensor, state: State, weights: Weights, mask?: RowMask): State;

  /** Creates the weights for sequences of this shape; if there are weights, only checks that the shape fits. */
  build(input: Shape, given: BuildOptions = {}): void {
    const where = this.#where;
    const dtype = readBuild(where, input, given);
    const [, , channels] = input;
    if (input.length !== 3 || !channels) {
      const expected = 'sequences [samples, steps, channels]';
      throw new NormtapeError({ where, expected, received: input });
    }
    if (this.kernel) {
      const [width] = this[EFFECTIVE_SHAPE]('kernel', this.kernel);
      if (channels === width) return;
      throw new NormtapeError({
        where,
        expected: `sequences of ${width} channels, as before`,
        received: input,
      });
    }
    knownDtype(`${where}.build: dtype`, dtype);
    const { kernelInitializer, recurrentInitializer, biasInitializer, useBias } = this.options;
    const seeds = new Random(this.seed);
    const make = (name: string, initializer: typeof kernelInitializer, shape: Shape): NdArray =>
      initialize(initializer, shape, { dtype, seed: seeds.seed(), where: `${where}.${name}` });
    const wide = this.#gates * this.units;
    const { trainable } = this;
    const kernel = make('kernelInitializer', kernelInitializer, [channels, wide]);
    const recurrent = make('recurrentInitializer', recurrentInitializer, [this.units, wide]);
    const bias = make('biasInitializer', biasInitializer, this.biasShape());
    this.recurrentKernel = new Parameter(recurrent, { trainable });
    this.bias = useBias ? new Parameter(this.initialBias(bias), { trainable }) : undefined;
    this.kernel = new Parameter(kernel, { trainable });
  }

  /**
   * The outputs of sequences [samples, steps, channels]: of the last step, [samples, units], or of all, [samples,
   * steps, units], with `returnSequences`.
   *
   * @throws {NormtapeError} If x, the initial state or the mask does not fit.
   */
  override forward(x: Tensor, options: RunOptions = {}): Tensor {
    const { outputs, state } = this.run(x, options);
    return this.options.returnSequences ? outputs : state[0]!;
  }

  /** The outputs of all steps and the state after the last; see `forward`. */
  run(x: Tensor, options: RunOptions = {}): Run {
    const name = this.#where;
    const { initialState, mask } = plain(name, options);
    demandTensor(name, x);
    if (this.kernel) demandDtype(name, x, this.kernel.dtype);
    this.build(x.shape, { dtype: x.dtype });
    const [samples, steps] = x.shape as [number, number, number];
    if (steps === 0) {
      throw new NormtapeError({ where: name, expected: 'sequences of at least one step', received: x.shape });
    }
    const weights = {
      kernel: this[EFFECTIVE]('kernel', this.kernel!),
      recurrentKernel: this[EFFECTIVE]('recurrentKernel', this.recurrentKernel!),
      bias: this.bias,
    };
    const kept = mask === undefined ? undefined : readStepMask(`${name}.mask`, mask, samples, steps);
    // Masked inputs may be anything, and are never read.
    const projected = this.project(kept ? where(kept.input, x, 0) : x, weights, kept?.rows);
    let state = this.#begin(initialState, samples, x.dtype);
    const outputs: Tensor[] = [];
    for (let t = 0; t < steps; t++) {
      const before = state;
      const after = this.step(slice(projected, [[], t]), before, weights, kept?.samples[t]);
      state = kept ? after.map((value, i) => where(kept.states[t]!, value, before[i]!)) : after;
      outputs.push(state[0]!);
    }
    return { outputs: stack(outputs, 1), state };
  }

  #begin(given: State | undefined, samples: number, dtype: Dtype): State {
    const shape = [samples, this.units];
    if (given === undefined) {
      return Array.from({ length: this.stateSize }, () => new Tensor(full(shape, 0, dtype)));
    }
    const fits = (tensor: unknown): boolean =>
      tensor instanceof Tensor && String(tensor.shape) === String(shape) && tensor.dtype === dtype;
    if (isList(given) && given.length === this.stateSize && given.every(fits)) return given;
    throw new NormtapeError({
      where: `${this.#where}.initialState`,
      expected: `a list of ${this.stateSize} ${dtype} tensor${this.stateSize > 1 ? 's' : ''} [${shape.join(', ')}]`,
      received: isOne(areTensors, given) ? given.map(({ shape }) => shape) : given,
    });
  }
}

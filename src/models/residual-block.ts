import { Random, type Shape, anySeed } from '../array/index.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { type StatedActivation, activation } from '../nn/activations.js';
import { ARGUMENTS, BUILT_FOR } from '../nn/construction.js';
import { Conv2D } from '../nn/convolution.js';
import { type BuildOptions, demandTensor, readBuild } from '../nn/input.js';
import { Module } from '../nn/module.js';
import { add } from '../ops/catalog.js';
import { type Given, type Values, completed, number, resolveBeside, seed } from '../option/index.js';
import { type ShapePreservingLayer, normalizationLayer, statedNormalization } from './normalization.js';

const size = (fallback: number, about: string) =>
  number(fallback, about, { min: 1, whole: true, explore: [1, 4] });

const OPTIONS = {
  filters: size(1, 'How many channels the output has.'),
  kernelSize: size(3, 'How many rows and columns the two kernels have.'),
  stride: size(1, 'The step of the first convolution, and of the shortcut.'),
  normalization: statedNormalization('batch_norm', 'Applied after each convolution.'),
  seed: seed('Of the initial weights; left out, one is drawn.'),
};

/** The options of `ResidualBlock`; filters is required, the others have defaults. */
export type ResidualBlockOptions = Given<typeof OPTIONS> & {
  readonly filters: number;
  /** A name or an op; relu by default. */
  readonly activation?: StatedActivation | undefined;
};

/** A convolution and its norm. */
interface Stage {
  readonly conv: Conv2D;
  /** Undefined if the normalization is 'none'. */
  readonly norm: ShapePreservingLayer | undefined;
}

/**
 * The basic block of a residual network, by He et al. (2016): images [samples, height, width, channels] become
 * activation(x + norm(conv(activation(norm(conv(x)))))) with `filters` channels. If the step is not 1, or the first input
 * has another number of channels, the shortcut of x is a convolution of one pixel and a norm. Throws if an option
 * is wrong, or if a later input has other channels.
 */
export class ResidualBlock extends Module {
  readonly options: Values<typeof OPTIONS>;
  readonly first: Stage;
  readonly second: Stage;
  /** Undefined if x is added unchanged, and before the first input. */
  shortcut: Stage | undefined;
  /** The seed of the initial weights: given, or drawn. */
  readonly seed: number;
  readonly #activation: (x: Tensor) => Tensor;
  readonly #shortcutSeed: number;

  constructor(given: ResidualBlockOptions) {
    super();
    const where = 'ResidualBlock';
    const all = completed(where, given, { filters: null });
    const { activation: stated = 'relu', ...options } = resolveBeside(where, OPTIONS, all, ['activation']);
    this.options = options;
    this.#activation = activation(stated, `${where}.activation`);
    this.seed = options.seed ?? anySeed();
    const seeds = new Random(this.seed);
    const { kernelSize, stride } = options;
    this.first = this.#stage(kernelSize, stride, seeds.seed());
    this.second = this.#stage(kernelSize, 1, seeds.seed());
    this.#shortcutSeed = seeds.seed();
  }

  /** As in the paper, a convolution before a norm has no bias. */
  #stage(kernelSize: number, stride: number, own: number): Stage {
    const { filters, normalization } = this.options;
    const norm = normalizationLayer(normalization);
    const useBias = norm === undefined;
    return { conv: new Conv2D(filters, kernelSize, { stride, padding: 'same', useBias, seed: own }), norm };
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [{ ...this.options, seed: this.seed, activation: this.#activation }];
  }

  override chains(): readonly (readonly unknown[])[] {
    return [this.first, this.second, this.shortcut].flatMap((stage) =>
      stage ? [[stage.conv, stage.norm]] : [],
    );
  }

  /** The input of the first convolution, on which it depends whether there is a shortcut. */
  override get [BUILT_FOR]() {
    return this.first.conv[BUILT_FOR];
  }

  /** Creates the shortcut that inputs of this shape need; the layers are built by their inputs. */
  build(input: Shape, given: BuildOptions = {}): void {
    readBuild('ResidualBlock', input, given);
    const [, , , channels] = input;
    if (input.length !== 4) {
      const expected = 'images [samples, height, width, channels]';
      throw new NormtapeError({ where: 'ResidualBlock', expected, received: input });
    }
    const { filters, stride } = this.options;
    if (this.first.conv.built || this.shortcut) return;
    if (stride !== 1 || channels !== filters) this.#shorten();
  }

  override forward(x: Tensor): Tensor {
    demandTensor('ResidualBlock', x);
    this.build(x.shape, { dtype: x.dtype });
    const inner = this.#activation(staged(this.first, x));
    const made = staged(this.second, inner);
    return this.#activation(add(this.shortcut ? staged(this.shortcut, x) : x, made));
  }

  /** Creates the shortcut, in the mode of the block. */
  #shorten(): void {
    const shortcut = this.#stage(1, this.options.stride, this.#shortcutSeed);
    for (const part of [shortcut.conv, shortcut.norm]) {
      if (!this.trainable) part?.freeze();
      if (!this.training) part?.eval();
    }
    this.shortcut = shortcut;
  }
}

function staged({ conv, norm }: Stage, x: Tensor): Tensor {
  const slid = conv.forward(x);
  return norm?.forward(slid) ?? slid;
}

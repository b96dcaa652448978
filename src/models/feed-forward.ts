import { Random, anySeed } from '../array/index.js';
import type { Tensor } from '../autograd/tape.js';
import { type StatedActivation, activation } from '../nn/activations.js';
import { ARGUMENTS } from '../nn/construction.js';
import { Dense } from '../nn/dense.js';
import { initializers } from '../nn/initializers.js';
import { kernelGain } from '../nn/kernel-and-bias.js';
import { Module } from '../nn/module.js';
import { mul } from '../ops/catalog.js';
import { type Given, completed, flag, number, part, resolveBeside, seed } from '../option/index.js';
import { type ShapePreservingLayer, normalizationLayer, statedNormalization } from './normalization.js';

const size = (about: string) => number(1, about, { min: 1, whole: true, explore: [1, 8] });

const OPTIONS = {
  hiddenSize: size('The size between the two layers.'),
  outputSize: size('The size of the last axis of the output.'),
  gated: flag(false, 'Whether what is active is multiplied by another dense layer of the input.'),
  useBias: flag(true, 'Whether dense layers learn a bias.'),
  kernelInitializer: part(initializers, 'glorot_uniform', 'What the kernels of dense layers start from.'),
  innerNormalization: statedNormalization('none', 'Applied to what the last layer reads.'),
  kernelGain: kernelGain(
    'The factor of the initial kernels of the first and the last layer, not of the gate.',
  ),
  seed: seed('Of the initial weights; left out, one is drawn.'),
};

/** The options of `FeedForward`; hiddenSize is required, the others have defaults. */
export type FeedForwardOptions = Given<typeof OPTIONS> & {
  readonly hiddenSize: number;
  readonly outputSize: number;
  /** A name or an op; gelu by default. */
  readonly activation?: StatedActivation | undefined;
};

/**
 * down(activation(up(x))) along the last axis; gated, down(activation(gate(x)) ⊙ up(x)) (Shazeer 2020). An
 * `innerNormalization` stands before down. Throws if an option is wrong.
 */
export class FeedForward extends Module {
  readonly up: Dense;
  /** Undefined if it is not gated. */
  readonly gate: Dense | undefined;
  /** The norm before the last layer; undefined if there is none. */
  readonly innerNorm: ShapePreservingLayer | undefined;
  readonly down: Dense;
  /** The seed of the initial weights: given, or drawn. */
  readonly seed: number;
  readonly #activation: (x: Tensor) => Tensor;
  readonly #options: object;

  constructor(given: FeedForwardOptions) {
    super();
    const where = 'FeedForward';
    const all = completed(where, given, { hiddenSize: null, outputSize: null });
    const { activation: stated = 'gelu', ...options } = resolveBeside(where, OPTIONS, all, ['activation']);
    this.#activation = activation(stated, 'FeedForward.activation');
    this.#options = options;
    this.seed = options.seed ?? anySeed();
    const seeds = new Random(this.seed);
    const { useBias, kernelInitializer, kernelGain, hiddenSize, outputSize } = options;
    const dense = (units: number, gain = 1): Dense =>
      new Dense(units, { useBias, kernelInitializer, kernelGain: gain, seed: seeds.seed() });
    this.up = dense(hiddenSize, kernelGain);
    this.gate = options.gated ? dense(hiddenSize) : undefined;
    this.innerNorm = normalizationLayer(options.innerNormalization);
    this.down = dense(outputSize, kernelGain);
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [{ ...this.#options, seed: this.seed, activation: this.#activation }];
  }

  override chains(): readonly (readonly unknown[])[] {
    return [[this.innerNorm, this.down]];
  }

  override forward(x: Tensor): Tensor {
    const up = this.up.forward(x);
    const active = this.gate ? mul(this.#activation(this.gate.forward(x)), up) : this.#activation(up);
    return this.down.forward(this.innerNorm?.forward(active) ?? active);
  }
}

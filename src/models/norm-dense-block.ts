import { Random, anySeed } from '../array/index.js';
import type { Tensor } from '../autograd/tape.js';
import { type StatedActivation, activation } from '../nn/activations.js';
import { ARGUMENTS, MAKER, type Maker } from '../nn/construction.js';
import { Dense } from '../nn/dense.js';
import { Dropout } from '../nn/dropout.js';
import { initializers } from '../nn/initializers.js';
import { Module } from '../nn/module.js';
import { regularizers } from '../nn/regularizers.js';
import { type Given, flag, number, part, plain, resolveBeside, seed } from '../option/index.js';
import { type ShapePreservingLayer, normalizationLayer, statedNormalization } from './normalization.js';

/** What the blocks of one model have in common. */
export const SHARED_OPTIONS = {
  normalization: statedNormalization('layer_norm', 'Applied after the dense layer, before the activation.'),
  dropout: number(0, 'The share of elements dropped in training, after the activation.', {
    min: 0,
    below: 1,
    explore: [0, 0.5],
  }),
  useBias: flag(true, 'Whether the dense layer learns a bias.'),
  kernelInitializer: part(initializers, 'glorot_uniform', 'What the kernel of the dense layer starts from.'),
  kernelRegularizer: part(regularizers, 'none', 'What the kernel of the dense layer costs.'),
  seed: seed('Of the initial weights and of dropout; left out, one is drawn.'),
};

const OPTIONS = {
  units: number(1, 'The size of the last axis of the output.', { min: 1, whole: true, explore: [1, 8] }),
  ...SHARED_OPTIONS,
};

/** What the blocks of one model take besides their size. */
export type SharedOptions = Given<typeof SHARED_OPTIONS> & {
  /** A name or an op; relu by default. */
  readonly activation?: StatedActivation | undefined;
};

/** The options of `normDenseBlock`; units is required, the others have defaults. */
export type NormDenseBlockOptions = Given<typeof OPTIONS> & SharedOptions & { readonly units: number };

/** A hidden layer with a norm: activation(norm(x · kernel + bias)), followed by dropout. */
export class NormDenseBlock extends Module {
  readonly dense: Dense;
  /** Undefined if the normalization is 'none'. */
  readonly norm: ShapePreservingLayer | undefined;
  /** Undefined without dropout. */
  readonly dropout: Dropout | undefined;
  /** The seed of the initial weights and of dropout: given, or drawn. */
  readonly seed: number;
  readonly #activation: (x: Tensor) => Tensor;
  readonly #options: object;

  constructor(given: NormDenseBlockOptions) {
    super();
    // A size must be given: null, unlike undefined, is refused.
    const read = plain('normDenseBlock', given);
    const all = { ...read, units: read.units ?? null };
    const { activation: stated = 'relu', ...options } = resolveBeside('normDenseBlock', OPTIONS, all, [
      'activation',
    ]);
    this.#activation = activation(stated, 'normDenseBlock.activation');
    this.#options = options;
    this.seed = options.seed ?? anySeed();
    const seeds = new Random(this.seed);
    const { units, useBias, kernelInitializer, kernelRegularizer } = options;
    this.dense = new Dense(units, { useBias, kernelInitializer, kernelRegularizer, seed: seeds.seed() });
    this.norm = normalizationLayer(options.normalization);
    this.dropout = options.dropout > 0 ? new Dropout(options.dropout, { seed: seeds.seed() }) : undefined;
  }

  override get [MAKER](): Maker {
    return normDenseBlock;
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [{ ...this.#options, seed: this.seed, activation: this.#activation }];
  }

  override chains(): readonly (readonly unknown[])[] {
    return [[this.dense, this.norm]];
  }

  override forward(x: Tensor): Tensor {
    const dense = this.dense.forward(x);
    const normalized = this.norm?.forward(dense) ?? dense;
    const active = this.#activation(normalized);
    return this.dropout?.forward(active) ?? active;
  }
}

/**
 * A dense layer, a normalization of its output, an activation and dropout, as one module: inputs [..., n]
 * become [..., units]. The normalization is a type that keeps shapes, { type, …its options } in either
 * spelling, or 'none'. Throws if an option is wrong.
 */
export const normDenseBlock = (options: NormDenseBlockOptions): NormDenseBlock => new NormDenseBlock(options);

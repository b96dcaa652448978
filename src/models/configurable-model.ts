import { Random, anySeed } from '../array/index.js';
import type { Tensor } from '../autograd/tape.js';
import { ARGUMENTS } from '../nn/construction.js';
import { Dense } from '../nn/dense.js';
import { Module } from '../nn/module.js';
import { type Given, number, numbers, plain, resolveBeside } from '../option/index.js';
import {
  type NormDenseBlock,
  SHARED_OPTIONS,
  type SharedOptions,
  normDenseBlock,
} from './norm-dense-block.js';

const OPTIONS = {
  classes: number(1, 'How many logits there are at the end.', { min: 1, whole: true, explore: [2, 8] }),
  hidden: numbers([512, 256], 'The size of each hidden layer, from the input on.', {
    min: 1,
    whole: true,
    explore: [1, 8],
  }),
  ...SHARED_OPTIONS,
};

/** The options of `ConfigurableModel`; classes is required, the others have defaults. */
export type ConfigurableModelOptions = Given<typeof OPTIONS> & SharedOptions & { readonly classes: number };

/**
 * A classifier of vectors, [batch, n] → logits [batch, classes], whose hidden layers are all normalized in
 * one way: 'layer_norm', { type: 'rms_norm', use_scale: true }, 'none'. The same seed gives
 * the dense layers the same weights with every normalization, so that models differ in nothing else. Throws
 * where an option is wrong.
 */
export class ConfigurableModel extends Module {
  readonly hidden: readonly NormDenseBlock[];
  readonly output: Dense;
  /** The seed of all weights: given, or drawn. */
  readonly seed: number;
  readonly #options: object;

  constructor(given: ConfigurableModelOptions) {
    super();
    // The number of classes must be given: null, unlike undefined, is refused.
    const read = plain('ConfigurableModel', given);
    const all = { ...read, classes: read.classes ?? null };
    const options = resolveBeside('ConfigurableModel', OPTIONS, all, ['activation']);
    this.#options = options;
    const { classes, hidden, ...shared } = options;
    this.seed = options.seed ?? anySeed();
    const seeds = new Random(this.seed);
    this.hidden = hidden.map((units) => normDenseBlock({ ...shared, units, seed: seeds.seed() }));
    this.output = new Dense(classes, { seed: seeds.seed() });
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [{ ...this.#options, seed: this.seed }];
  }

  override forward(x: Tensor): Tensor {
    return this.layers(x).at(-1)!;
  }

  /** The output of each hidden layer, in order, and the logits last. */
  layers(x: Tensor): readonly Tensor[] {
    const outputs: Tensor[] = [];
    for (const layer of [...this.hidden, this.output]) outputs.push(layer.forward(outputs.at(-1) ?? x));
    return outputs;
  }
}

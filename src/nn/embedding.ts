import { type Dtype, anySeed, flat, fromSource } from '../array/index.js';
import { Parameter } from '../autograd/parameter.js';
import { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { gather, reshape } from '../ops/catalog.js';
import type { Indices } from '../ops/indices.js';
import { type Given, type Values, choice, number, part, plain, resolve, seed } from '../option/index.js';
import { constraint, constraints } from './constraints.js';
import { ARGUMENTS } from './construction.js';
import { initialize, initializers } from './initializers.js';
import { Module } from './module.js';
import { regularizer, regularizers } from './regularizers.js';

const size = (about: string) => number(1, about, { min: 1, whole: true, explore: [1, 16] });

const OPTIONS = {
  inputDim: size('How many tokens there are; their ids go from 0 to one below.'),
  outputDim: size('How many numbers a token becomes.'),
  embeddingsInitializer: part(initializers, 'random_uniform', 'What the embeddings start from.'),
  embeddingsRegularizer: part(regularizers, 'none', 'What the embeddings cost.'),
  embeddingsConstraint: part(constraints, 'none', 'What the embeddings may be.'),
  dtype: choice('float32', 'What the embeddings are kept in.', ['float32', 'float64']),
  seed: seed('Of the initial embeddings; left out, one is drawn.'),
};

/** The options of `Embedding`, besides its two sizes; each has a default. */
export type EmbeddingOptions = Omit<Given<typeof OPTIONS>, 'inputDim' | 'outputDim'>;

/** Ids of tokens: whole numbers in nested lists, in a typed array, or in a tensor. */
export type Tokens = Tensor | Indices;

/** Ids of tokens in row-major order, and their shape. */
export interface Ids {
  readonly data: Int32Array;
  readonly shape: readonly number[];
}

/** The ids of tokens; throws, in the name of `where`, if one is not a whole number from 0 to below `count`. */
export function readTokens(where: string, tokens: Tokens, count: number): Ids {
  const array =
    tokens instanceof Tensor ? tokens.value : fromSource(tokens as readonly number[], { dtype: 'float64' });
  const numbers = flat(array);
  const stray = numbers.find((id) => !(Number.isInteger(id) && id >= 0 && id < count));
  if (stray !== undefined) {
    throw new NormtapeError({ where, expected: `token ids from 0 to ${count - 1}`, received: stray });
  }
  return { data: Int32Array.from(numbers), shape: array.shape };
}

/**
 * Rows of a table by the ids of tokens: ids of any shape become [...shape, outputDim]. The weight `embeddings`
 * [inputDim, outputDim] exists from the start, since ids have no dtype. A row receives the sum of the gradients
 * of every place that named it. Throws if an option is wrong, or if an id is out of range.
 */
export class Embedding extends Module {
  readonly options: Values<typeof OPTIONS>;
  /** The seed of the initial embeddings: given, or drawn. */
  readonly seed: number;
  readonly embeddings: Parameter;

  constructor(inputDim: number, outputDim: number, given: EmbeddingOptions = {}) {
    super();
    // A size must be given: null, unlike undefined, is refused.
    const sizes = { inputDim: inputDim ?? null, outputDim: outputDim ?? null };
    this.options = resolve('Embedding', OPTIONS, { ...plain('Embedding', given), ...sizes });
    const { embeddingsInitializer, embeddingsRegularizer, embeddingsConstraint, dtype } = this.options;
    this.seed = this.options.seed ?? anySeed();
    const own = { dtype: dtype as Dtype, seed: this.seed, where: 'Embedding.embeddingsInitializer' };
    this.embeddings = new Parameter(initialize(embeddingsInitializer, [inputDim, outputDim], own), {
      regularizer: regularizer(embeddingsRegularizer, 'Embedding.embeddingsRegularizer'),
      constraint: constraint(embeddingsConstraint, 'Embedding.embeddingsConstraint'),
    });
  }

  override [ARGUMENTS](): readonly unknown[] {
    const { options, seed } = this;
    return [options.inputDim, options.outputDim, { ...options, seed }];
  }

  override forward(tokens: Tokens): Tensor {
    const { inputDim, outputDim } = this.options;
    const { data, shape } = readTokens('Embedding', tokens, inputDim);
    // A tensor goes on as it is, so that an export knows which ids these are.
    return reshape(gather(this.embeddings, tokens instanceof Tensor ? tokens : data), [...shape, outputDim]);
  }
}

import { type Dtype, Random, anySeed, full } from '../array/index.js';
import { Parameter } from '../autograd/parameter.js';
import { Tensor } from '../autograd/tape.js';
import { demand, isList } from '../demand.js';
import { NormtapeError } from '../error.js';
import type { StatedActivation } from '../nn/activations.js';
import { ARGUMENTS } from '../nn/construction.js';
import { Dense } from '../nn/dense.js';
import { Dropout } from '../nn/dropout.js';
import { Embedding, type Tokens, readTokens } from '../nn/embedding.js';
import { Module } from '../nn/module.js';
import { LearnedPositions, SinusoidalPositions, demandPlaces } from '../nn/positions.js';
import { matmul, mul, reshape, transpose } from '../ops/catalog.js';
import {
  type Given,
  type Values,
  choice,
  completed,
  flag,
  number,
  numberOrWord,
  resolveBeside,
} from '../option/index.js';
import { type Positions, readPositions } from '../ops/positions.js';
import { type AttentionMasks, countedPositions } from './attention-mask.js';
import { type GenerationOptions, generate } from './generation.js';
import { KeyValueCache } from './key-value-cache.js';
import { wiringOf } from './block-wiring.js';
import { type ShapePreservingLayer, normalizationLayer, statedNormalization } from './normalization.js';
import { BLOCK_OPTIONS, LLMBlock } from './transformer-block.js';

const size = (fallback: number, about: string) =>
  number(fallback, about, { min: 1, whole: true, explore: [1, 8] });

const OPTIONS = {
  ...BLOCK_OPTIONS,
  vocabularySize: size(1, 'How many tokens there are.'),
  contextLength: size(1, 'How many tokens can be read at once.'),
  layers: size(12, 'How many blocks there are.'),
  hiddenSize: size(768, 'How many numbers stand for a token.'),
  heads: size(12, 'How many heads look at once in each block.'),
  normalization: statedNormalization(
    'zero_centered_rms_norm',
    'What normalizes in every block, and at the end.',
  ),
  positions: choice('learned', 'How the model knows places.', ['learned', 'sinusoidal', 'rotary', 'none']),
  embeddingScale: numberOrWord(
    1,
    'What embeddings are multiplied by: a number, sqrt for √hiddenSize, or learned for a weight that starts there.',
    ['sqrt', 'learned'],
    { above: 0, explore: [0.5, 8] },
  ),
  embeddingNormalization: statedNormalization(
    'none',
    'Applied to the embeddings with their positions, as in Peri-LN (Kim et al. 2025).',
  ),
  dtype: choice('float32', 'What all weights are kept in.', ['float32', 'float64']),
  tieWeights: flag(true, 'Whether the embeddings, turned, give the logits too.'),
};

/** The options of `LanguageModel`; vocabularySize and contextLength are required, the others have defaults. */
export type LanguageModelOptions = Given<typeof OPTIONS> & {
  readonly vocabularySize: number;
  readonly contextLength: number;
  /** Of the MLPs: a name or an op; gelu by default. */
  readonly activation?: StatedActivation | undefined;
};

/** The inputs besides the tokens. */
export interface ReadingTokens extends AttentionMasks {
  /** The keys and values of the tokens before, to which those of these tokens are appended; see `cache`. */
  readonly cache?: readonly KeyValueCache[] | undefined;
  /**
   * The position of each token: whole numbers from 0, [length] or [batch, length]. By default positions are computed
   * from the padding mask, or without one continue from the cache.
   */
  readonly positions?: Positions | undefined;
}

const BESIDE = ['cache', 'paddingMask', 'mask', 'positions'] as const;

/** Embeddings start small, so that tied logits do, as in GPT-2 (Radford et al. 2019). */
const SMALL = { type: 'random_normal', stddev: 0.02 } as const;

/**
 * A causal transformer over tokens: ids [batch, length] become logits [batch, length, vocabularySize] of the token that
 * follows each. Embeddings and positions, blocks, a norm at the end (unless the last block ends with one, as in
 * post-norm), and the embeddings again, unless `tieWeights` is off. `embeddingScale` multiplies the embeddings before
 * positions are added, as in Vaswani et al. (2017, section 3.4), and not when they give the logits. Throws if an option
 * is wrong, an id out of range, or a sequence longer than the context.
 */
export class LanguageModel extends Module {
  readonly options: Values<typeof OPTIONS>;
  /** The seed of the initial weights and of dropout: given, or drawn. */
  readonly seed: number;
  readonly embedding: Embedding;
  /** The learned factor of the embeddings, one number; undefined unless `embeddingScale` is learned. */
  readonly embeddingScale: Parameter | undefined;
  /** Undefined if positions are rotary, or there are none. */
  readonly positions: LearnedPositions | SinusoidalPositions | undefined;
  /** Undefined if embeddings are not normalized. */
  readonly embeddingNorm: ShapePreservingLayer | undefined;
  /** Undefined without dropout. */
  readonly dropout: Dropout | undefined;
  readonly blocks: readonly LLMBlock[];
  /** Undefined if the last block ends with a norm, as in post-norm, or there are no norms. */
  readonly norm: ShapePreservingLayer | undefined;
  /** Undefined if the embeddings give the logits. */
  readonly output: Dense | undefined;
  readonly #activation: StatedActivation | undefined;

  constructor(given: LanguageModelOptions) {
    super();
    const where = 'LanguageModel';
    const all = completed(where, given, { vocabularySize: null, contextLength: null });
    const { activation, ...options } = resolveBeside(where, OPTIONS, all, ['activation']);
    this.options = options;
    this.#activation = activation;
    this.seed = options.seed ?? anySeed();
    const seeds = new Random(this.seed);
    const { vocabularySize, contextLength, layers, positions, tieWeights, embeddingScale, dtype, ...rest } =
      options;
    const { embeddingNormalization, ...shared } = rest;
    const { hiddenSize, normalization, dropout } = shared;
    const { endsWithNorm } = wiringOf(where, { ...shared, depth: layers, index: layers - 1 });
    this.embedding = new Embedding(vocabularySize, hiddenSize, {
      embeddingsInitializer: SMALL,
      dtype,
      seed: seeds.seed(),
    });
    this.embeddingScale =
      embeddingScale === 'learned'
        ? new Parameter(full([], Math.sqrt(hiddenSize), dtype as Dtype))
        : undefined;
    const places = { embeddingsInitializer: SMALL, seed: seeds.seed() };
    this.positions =
      positions === 'learned'
        ? new LearnedPositions(contextLength, places)
        : positions === 'sinusoidal'
          ? new SinusoidalPositions()
          : undefined;
    this.embeddingNorm = normalizationLayer(embeddingNormalization);
    this.dropout = dropout > 0 ? new Dropout(dropout, { seed: seeds.seed() }) : undefined;
    const rotary = positions === 'rotary';
    this.blocks = Array.from(
      { length: layers },
      (_, index) => new LLMBlock({ ...shared, rotary, activation, depth: layers, index, seed: seeds.seed() }),
    );
    this.norm = endsWithNorm ? normalizationLayer(normalization) : undefined;
    this.output = tieWeights ? undefined : new Dense(vocabularySize, { useBias: false, seed: seeds.seed() });
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [{ ...this.options, seed: this.seed, activation: this.#activation }];
  }

  override forward(tokens: Tokens, given: ReadingTokens = {}): Tensor {
    return this.layers(tokens, given).at(-1)!;
  }

  /** The output of every block, [batch, length, hiddenSize], and the logits last. */
  layers(tokens: Tokens, given: ReadingTokens = {}): readonly Tensor[] {
    const where = 'LanguageModel';
    const { cache, positions, ...masks } = resolveBeside(where, {}, given, BESIDE);
    const { vocabularySize, contextLength, hiddenSize } = this.options;
    const ids = readTokens(where, tokens, vocabularySize);
    const [batch, length] = ids.shape;
    if (ids.shape.length !== 2 || !batch || !length) {
      const expected = 'tokens [batch, length] that are not empty';
      throw new NormtapeError({ where, expected, received: ids.shape });
    }
    if (cache !== undefined) {
      const expected = `a cache of ${this.blocks.length} blocks, as the method cache makes it`;
      demand(where, expected, isList, cache);
      if (cache.length !== this.blocks.length)
        throw new NormtapeError({ where, expected, received: cache.length });
    }
    const offset = cache?.[0]?.length ?? 0;
    const { paddingMask } = masks;
    const known =
      positions ??
      (paddingMask === undefined ? undefined : countedPositions(where, paddingMask, batch, offset, length));
    const read =
      known === undefined
        ? undefined
        : readPositions(`${where}.positions`, known, [[length], [batch, length]]);
    demandPlaces(where, read?.end ?? offset + length, contextLength);
    const places = known === undefined ? { offset } : { positions: known };
    // A tensor goes on as it is, so that an export knows which ids these are.
    const looked = this.embedding.forward(tokens instanceof Tensor ? tokens : ids.data);
    const embedded = reshape(looked, [batch, length, hiddenSize]);
    const scaled = this.#scaled(embedded);
    const placed = this.positions?.forward(scaled, places) ?? scaled;
    const started = this.embeddingNorm?.forward(placed) ?? placed;
    let x = this.dropout?.forward(started) ?? started;
    const made = this.blocks.map(
      (block, i) => (x = block.forward(x, { ...masks, positions: known, cache: cache?.[i] })),
    );
    const normalized = this.norm?.forward(x) ?? x;
    const logits =
      this.output?.forward(normalized) ?? matmul(normalized, transpose(this.embedding.embeddings));
    return [...made, logits];
  }

  /** Embeddings times their scale. */
  #scaled(embedded: Tensor): Tensor {
    const { embeddingScale, hiddenSize } = this.options;
    if (this.embeddingScale) return mul(embedded, this.embeddingScale);
    const factor = typeof embeddingScale === 'number' ? embeddingScale : Math.sqrt(hiddenSize);
    return factor === 1 ? embedded : mul(embedded, factor);
  }

  /** An empty cache of the keys and values of every block, for sequences that are read in parts. */
  cache(): readonly KeyValueCache[] {
    return this.blocks.map(() => new KeyValueCache());
  }

  /**
   * The tokens of a prompt and those that the model generates after them, one by one, in evaluation mode and off the
   * tape. Once the context is full, its older half is dropped. Throws if an option is wrong, if the prompt is empty
   * or longer than the context, or if an id is out of range.
   */
  generate(prompt: readonly number[], given: GenerationOptions = {}): number[] {
    return generate('LanguageModel.generate', this, prompt, given);
  }
}

import { type Dtype, Random, anySeed, full, sliceView } from '../array/index.js';
import { Parameter } from '../autograd/parameter.js';
import { free, scope } from '../autograd/scope.js';
import { noGrad } from '../autograd/recording.js';
import { type Tensor, arrayOf } from '../autograd/tape.js';
import { demand, isList } from '../demand.js';
import { NormtapeError } from '../error.js';
import type { StatedActivation } from '../nn/activations.js';
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
  resolve,
  resolveBeside,
  seed,
} from '../option/index.js';
import { type Positions, readPositions } from '../ops/positions.js';
import { type AttentionMasks, countedPositions } from './attention-mask.js';
import { KeyValueCache } from './key-value-cache.js';
import { type ShapePreservingLayer, normalizationLayer, statedNormalization } from './normalization.js';
import { SAMPLING, sample } from './sampling.js';
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
  dtype: choice('float32', 'What all weights are kept in.', ['float32', 'float64']),
  tieWeights: flag(true, 'Whether the embeddings, turned, give the logits too.'),
};

/** The options of `LanguageModel`; vocabularySize and contextLength are required, the others have defaults. */
export type LanguageModelOptions = Given<typeof OPTIONS> & {
  readonly vocabularySize: number;
  readonly contextLength: number;
  /** Of the MLPs: a name or an op; gelu when left out. */
  readonly activation?: StatedActivation | undefined;
};

/** What is read of a batch of tokens beside the tokens. */
export interface ReadingTokens extends AttentionMasks {
  /** What was read of the sequences before these tokens, which are added to it; see `cache`. */
  readonly cache?: readonly KeyValueCache[] | undefined;
  /**
   * The place of each token: whole numbers from 0, [length] or [batch, length]. Left out, places are counted from the
   * padding mask, and without one go on from the cache.
   */
  readonly positions?: Positions | undefined;
}

const BESIDE = ['cache', 'paddingMask', 'mask', 'positions'] as const;

const GENERATION = {
  ...SAMPLING,
  length: number(32, 'How many tokens to add.', { min: 0, whole: true, explore: [0, 32] }),
  useCache: flag(true, 'Whether to keep keys and values, and so to read each token once.'),
  seed: seed('Of the draws; left out, one is drawn.'),
};

/** How `generate` goes on with a text. */
export type GenerationOptions = Given<typeof GENERATION>;

/** Embeddings start so small that logits made of them do, as in GPT-2 (Radford et al. 2019). */
const SMALL = { type: 'random_normal', stddev: 0.02 } as const;

/**
 * A causal transformer over tokens: ids [batch, length] become logits [batch, length, vocabularySize] of the token that
 * follows each. Embeddings and positions, blocks, a norm at the end (but where norms stand 'post'), and the embeddings
 * again, unless `tieWeights` is off. `embeddingScale` multiplies the embeddings before positions are added, as in
 * Vaswani et al. (2017, section 3.4), and not where they give the logits. Throws where an option is wrong, an id out of
 * range, or a sequence longer than the context.
 */
export class LanguageModel extends Module {
  readonly options: Values<typeof OPTIONS>;
  /** Of the initial weights and of dropout: the one given, or the one that was drawn. */
  readonly seed: number;
  readonly embedding: Embedding;
  /** The learned factor of the embeddings, one number; undefined unless `embeddingScale` is learned. */
  readonly embeddingScale: Parameter | undefined;
  /** Undefined where places are known by turning, or not at all. */
  readonly positions: LearnedPositions | SinusoidalPositions | undefined;
  /** Undefined where nothing is dropped. */
  readonly dropout: Dropout | undefined;
  readonly blocks: readonly LLMBlock[];
  /** Undefined where norms stand 'post', or there are none. */
  readonly norm: ShapePreservingLayer | undefined;
  /** Undefined where the embeddings give the logits. */
  readonly output: Dense | undefined;

  constructor(given: LanguageModelOptions) {
    super();
    const where = 'LanguageModel';
    const all = completed(where, given, { vocabularySize: null, contextLength: null });
    const { activation, ...options } = resolveBeside(where, OPTIONS, all, ['activation']);
    this.options = options;
    this.seed = options.seed ?? anySeed();
    const seeds = new Random(this.seed);
    const { vocabularySize, contextLength, layers, positions, tieWeights, embeddingScale, dtype, ...shared } =
      options;
    const { hiddenSize, normalization, placement, dropout } = shared;
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
    this.dropout = dropout > 0 ? new Dropout(dropout, { seed: seeds.seed() }) : undefined;
    const rotary = positions === 'rotary';
    this.blocks = Array.from(
      { length: layers },
      () => new LLMBlock({ ...shared, rotary, activation, seed: seeds.seed() }),
    );
    this.norm = placement === 'post' ? undefined : normalizationLayer(normalization);
    this.output = tieWeights ? undefined : new Dense(vocabularySize, { useBias: false, seed: seeds.seed() });
  }

  override forward(tokens: Tokens, given: ReadingTokens = {}): Tensor {
    return this.layers(tokens, given).at(-1)!;
  }

  /** What every block makes of the tokens [batch, length, hiddenSize], and the logits at the end. */
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
    const embedded = reshape(this.embedding.forward(ids.data), [batch, length, hiddenSize]);
    const scaled = this.#scaled(embedded);
    const placed = this.positions?.forward(scaled, places) ?? scaled;
    let x = this.dropout?.forward(placed) ?? placed;
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

  /** Room for the keys and values of every block, for sequences that are read in parts. */
  cache(): readonly KeyValueCache[] {
    return this.blocks.map(() => new KeyValueCache());
  }

  /**
   * The tokens of a prompt and those that the model adds to them, one by one, at inference and off the tape. Once the
   * context is full, the older half of it is forgotten. Throws where an option is wrong, where the prompt is empty or
   * longer than the context, and where an id is out of range.
   */
  generate(prompt: readonly number[], given: GenerationOptions = {}): number[] {
    const where = 'LanguageModel.generate';
    const { length, useCache, stop, seed: stated, ...chosen } = resolve(where, GENERATION, given);
    const { contextLength, vocabularySize } = this.options;
    const { data, shape } = readTokens(where, prompt, vocabularySize);
    const tokens = [...data];
    if (shape.length !== 1 || tokens.length === 0) {
      const expected = 'a prompt of at least one token, in one list';
      throw new NormtapeError({ where, expected, received: prompt });
    }
    demandPlaces(where, tokens.length, contextLength);
    const random = new Random(stated ?? anySeed());
    const modes = this.snapshot('modes');
    this.eval();
    try {
      scope(() =>
        noGrad(() => {
          let cache = useCache ? this.cache() : undefined;
          let first = 0;
          for (let added = 0; added < length; added++) {
            if (tokens.length - first > contextLength) {
              first = tokens.length - Math.max(1, Math.floor(contextLength / 2));
              free(cache?.flatMap(({ tensors }) => tensors) ?? []);
              cache = useCache ? this.cache() : undefined;
            }
            const unread = tokens.slice(first + (cache?.[0]?.length ?? 0));
            const read = cache?.flatMap(({ tensors }) => tensors) ?? [];
            const { token } = scope(() => {
              const logits = this.forward([unread], { cache });
              const token = sample(sliceView(arrayOf(logits), [0, -1]), chosen, random);
              return { token, kept: cache?.flatMap(({ tensors }) => tensors) };
            });
            free(read);
            tokens.push(token);
            if (stop.includes(token)) break;
          }
        }),
      );
    } finally {
      modes.restore();
    }
    return tokens;
  }
}

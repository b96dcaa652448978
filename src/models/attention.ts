import { Random, type Source, anySeed } from '../array/index.js';
import type { Tensor } from '../autograd/tape.js';
import { demand } from '../demand.js';
import { NormtapeError } from '../error.js';
import { ARGUMENTS } from '../nn/construction.js';
import { Dense } from '../nn/dense.js';
import { initializers } from '../nn/initializers.js';
import { demandTensor } from '../nn/input.js';
import { kernelGain } from '../nn/kernel-and-bias.js';
import { Module } from '../nn/module.js';
import { attentionWeights, reshape, rotary, scaledDotProductAttention, transpose } from '../ops/catalog.js';
import {
  type Given,
  type Values,
  completed,
  flag,
  number,
  part,
  resolve,
  resolveBeside,
  seed,
} from '../option/index.js';
import type { RotaryOptions } from '../ops/attention.js';
import type { Positions } from '../ops/positions.js';
import { type AttentionMasks, countedPositions, joinedMask, withoutHidden } from './attention-mask.js';
import { KeyValueCache } from './key-value-cache.js';
import { type ShapePreservingLayer, normalizationLayer, statedNormalization } from './normalization.js';

/** The options of attention besides its sizes. */
export const ATTENTION_OPTIONS = {
  groups: number(0, 'How many keys and values the heads share; 0 stands for as many as there are heads.', {
    min: 0,
    whole: true,
    explore: [0, 2],
  }),
  queryKeyNormalization: statedNormalization(
    'none',
    'Applied to each query and key, along the size of a head.',
  ),
  rotaryBase: number(10_000, 'How slow the slowest pair turns.', { above: 0, explore: [100, 10_000] }),
  useBias: flag(true, 'Whether dense layers learn a bias.'),
  kernelInitializer: part(initializers, 'glorot_uniform', 'What the kernels of dense layers start from.'),
  attentionDropout: number(0, 'The share of attention weights dropped in training.', {
    min: 0,
    below: 1,
    explore: [0, 0.5],
  }),
};

/** The options that the block or model around attention sets. */
export const SEEING_OPTIONS = {
  causal: flag(false, 'Whether a place sees none behind itself.'),
  rotary: flag(false, 'Whether queries and keys turn with their places.'),
};

/** The options that the placement of norms in a block sets. */
const PLACED_OPTIONS = {
  valueNormalization: statedNormalization('none', 'Applied to each value, along the size of a head.'),
  innerNormalization: statedNormalization(
    'none',
    'Applied to what the output layer reads: all heads together.',
  ),
  kernelGain: kernelGain('The factor of the initial kernels of values and of the output layer.'),
};

const size = (about: string) => number(1, about, { min: 1, whole: true, explore: [1, 4] });

const OPTIONS = {
  heads: size('How many heads look at once.'),
  headSize: size('How many numbers a query, a key and a value of a head have.'),
  outputSize: number(0, 'The size of the last axis of the output; 0 stands for heads · headSize.', {
    min: 0,
    whole: true,
    explore: [0, 4],
  }),
  ...ATTENTION_OPTIONS,
  ...SEEING_OPTIONS,
  ...PLACED_OPTIONS,
  seed: seed('Of the initial weights; left out, one is drawn.'),
};

/** The options of `MultiHeadAttention`; heads and headSize are required, the others have defaults. */
export type MultiHeadAttentionOptions = Given<typeof OPTIONS> & {
  readonly heads: number;
  readonly headSize: number;
};

/** The inputs of attention besides x, and its masks. */
export interface Attending extends AttentionMasks {
  /** What keys and values are made of, [batch, length, width]; x itself when left out. */
  readonly context?: Tensor | undefined;
  /** The keys and values of the sequence before x; those of x are appended. */
  readonly cache?: KeyValueCache | undefined;
  /**
   * The position of each query, for rotary embeddings: [length] or [batch, length]. By default positions are computed from
   * the padding mask, or without one continue from the cache.
   */
  readonly positions?: Positions | undefined;
  /**
   * A bias of the scores, such as that of ALiBi, which broadcasts to [batch, heads, queries, keys]. A tensor
   * gets a gradient; −∞ hides a key.
   */
  readonly bias?: Tensor | Source | undefined;
}

const BESIDE = ['context', 'paddingMask', 'mask', 'cache', 'positions', 'bias'] as const;

const isCache = (value: unknown): value is KeyValueCache => value instanceof KeyValueCache;

/**
 * Multi-head attention, by Vaswani et al. (2017), section 3.2.2: [batch, length, width] becomes [batch, length,
 * outputSize]. Queries are computed from x, keys and values from x or from another sequence. With fewer groups than
 * heads, adjacent heads share keys and values (grouped-query attention). The output of a query whose keys are all
 * masked is zero. Throws if an option is invalid, or a mask has the wrong shape.
 */
export class MultiHeadAttention extends Module {
  readonly options: Values<typeof OPTIONS>;
  /** The seed of the initial weights: given, or drawn. */
  readonly seed: number;
  readonly groups: number;
  readonly query: Dense;
  readonly key: Dense;
  readonly value: Dense;
  readonly output: Dense;
  /** Undefined if queries and keys are not normalized. */
  readonly queryNorm: ShapePreservingLayer | undefined;
  readonly keyNorm: ShapePreservingLayer | undefined;
  /** Undefined if values are not normalized. */
  readonly valueNorm: ShapePreservingLayer | undefined;
  /** The norm before the output layer; undefined if there is none. */
  readonly innerNorm: ShapePreservingLayer | undefined;
  /** Draws the weights to drop; its `state` is part of a checkpoint. Undefined if none are dropped. */
  readonly random: Random | undefined;

  constructor(given: MultiHeadAttentionOptions) {
    super();
    const where = 'MultiHeadAttention';
    this.options = resolve(where, OPTIONS, completed(where, given, { heads: null, headSize: null }));
    const { heads, headSize, outputSize, rotary: turning, useBias, kernelInitializer } = this.options;
    this.groups = this.options.groups || heads;
    if (heads % this.groups !== 0) {
      const expected = `a divisor of ${heads} heads`;
      throw new NormtapeError({ where: `${where}.groups`, expected, received: this.groups });
    }
    if (turning && headSize % 2 !== 0) {
      const expected = 'an even size, since numbers turn in pairs';
      throw new NormtapeError({ where: `${where}.headSize`, expected, received: headSize });
    }
    this.seed = this.options.seed ?? anySeed();
    const seeds = new Random(this.seed);
    const dense = (units: number, gain = 1): Dense =>
      new Dense(units, { useBias, kernelInitializer, kernelGain: gain, seed: seeds.seed() });
    const { kernelGain, queryKeyNormalization, valueNormalization, innerNormalization } = this.options;
    this.query = dense(heads * headSize);
    this.key = dense(this.groups * headSize);
    this.value = dense(this.groups * headSize, kernelGain);
    this.output = dense(outputSize || heads * headSize, kernelGain);
    this.queryNorm = normalizationLayer(queryKeyNormalization);
    this.keyNorm = normalizationLayer(queryKeyNormalization);
    this.valueNorm = normalizationLayer(valueNormalization);
    this.innerNorm = normalizationLayer(innerNormalization);
    this.random = this.options.attentionDropout > 0 ? new Random(seeds.seed()) : undefined;
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [{ ...this.options, seed: this.seed }];
  }

  override chains(): readonly (readonly unknown[])[] {
    return [[this.innerNorm, this.output]];
  }

  override forward(input: Tensor, given: Attending = {}): Tensor {
    const { query, key: ownKey, context, cache, looking } = this.#look(input, given);
    const { heads, headSize, attentionDropout: dropout } = this.options;
    const ownValue = byHead(this.value.forward(context), this.groups, headSize, this.valueNorm);
    const [key, value] = cache?.append(ownKey, ownValue) ?? [ownKey, ownValue];
    const dropping = this.training && this.random ? { dropout, seed: this.random.seed() } : {};
    const gathered = scaledDotProductAttention(query, key, value, { ...looking, ...dropping });
    const together = transpose(gathered, [0, 2, 1, 3]);
    const [batch, queries] = input.shape as [number, number];
    const inner = reshape(together, [batch, queries, heads * headSize]);
    return this.output.forward(this.innerNorm?.forward(inner) ?? inner);
  }

  /**
   * The attention weights for the same input, [batch, heads, queries, keys], before dropout: how much every query
   * attends to every key. They sum to 1 for every query with a key.
   *
   * @throws {NormtapeError} As `forward`, and if there is a cache, which only `forward` may fill.
   */
  weights(input: Tensor, given: Omit<Attending, 'cache'> = {}): Tensor {
    const { query, key, cache, looking } = this.#look(input, given);
    if (cache) {
      const expected = 'no cache, which forward alone may fill';
      throw new NormtapeError({ where: 'MultiHeadAttention.weights', expected, received: cache });
    }
    return attentionWeights(query, key, looking);
  }

  /** Queries and keys by head, and the mask between them. */
  #look(input: Tensor, given: Attending) {
    const where = 'MultiHeadAttention';
    const {
      context: read = input,
      paddingMask,
      mask,
      cache,
      positions,
      bias,
    } = resolveBeside(where, {}, given, BESIDE);
    if (cache !== undefined) demand(`${where}.cache`, 'a KeyValueCache', isCache, cache);
    demandSequences(where, input);
    demandSequences(`${where}.context`, read);
    const context = withoutHidden(where, read, paddingMask);
    const x = read === input ? context : input;
    if (context.shape[0] !== x.shape[0]) {
      const expected = `a context of ${x.shape[0]} sequences, as many as x`;
      throw new NormtapeError({ where, expected, received: context.shape });
    }
    const { heads, causal } = this.options;
    if (context !== x && (cache || causal)) {
      const expected = 'no context where attention is causal or has a cache';
      throw new NormtapeError({ where, expected, received: context.shape });
    }
    const offset = cache?.length ?? 0;
    const [batch, queries] = x.shape as [number, number];
    const keys = offset + context.shape[1]!;
    const seen = joinedMask(where, { batch, heads, queries, keys }, { paddingMask, mask });
    const inOrder = { offset };
    const counted =
      paddingMask === undefined || !this.options.rotary
        ? inOrder
        : { positions: countedPositions(where, paddingMask, batch, offset, context.shape[1]!) };
    const ofKeys = positions !== undefined && context === x ? { positions } : counted;
    const ofQueries = positions !== undefined ? { positions } : context === x ? counted : inOrder;
    const query = this.#parted(this.query.forward(x), heads, ofQueries, this.queryNorm);
    const key = this.#parted(this.key.forward(context), this.groups, ofKeys, this.keyNorm);
    return { query, key, context, cache, looking: { causal, mask: seen, bias } };
  }

  /** Queries or keys by head, normalized and rotated. */
  #parted(
    x: Tensor,
    n: number,
    places: Pick<RotaryOptions, 'offset' | 'positions'>,
    norm: ShapePreservingLayer | undefined,
  ): Tensor {
    const { headSize, rotary: turning, rotaryBase: base } = this.options;
    const turned = (apart: Tensor): Tensor => (turning ? rotary(apart, { axis: 1, base, ...places }) : apart);
    return byHead(x, n, headSize, norm, turned);
  }
}

/** [batch, length, n · size] as [batch, n, length, size], each head normalized and then turned. */
function byHead(
  x: Tensor,
  n: number,
  size: number,
  norm: ShapePreservingLayer | undefined,
  turned: (apart: Tensor) => Tensor = (apart) => apart,
): Tensor {
  const apart = reshape(x, [...x.shape.slice(0, 2), n, size]);
  return transpose(turned(norm?.forward(apart) ?? apart), [0, 2, 1, 3]);
}

/** Throws if x is not a tensor of sequences. */
export function demandSequences(where: string, x: unknown): asserts x is Tensor {
  demandTensor(where, x);
  if (x.shape.length === 3 && x.size > 0) return;
  const expected = 'sequences [batch, length, width] that are not empty';
  throw new NormtapeError({ where, expected, received: x.shape });
}

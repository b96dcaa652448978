import { Random, anySeed } from '../array/index.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import type { StatedActivation } from '../nn/activations.js';
import { Dropout } from '../nn/dropout.js';
import { Module } from '../nn/module.js';
import { add } from '../ops/catalog.js';
import {
  type Given,
  type Values,
  choice,
  completed,
  flag,
  number,
  resolveBeside,
  seed,
  plain,
} from '../option/index.js';
import {
  ATTENTION_OPTIONS,
  type Attending,
  MultiHeadAttention,
  SEEING_OPTIONS,
  demandSequences,
} from './attention.js';
import { withoutHidden } from './attention-mask.js';
import { FeedForward } from './feed-forward.js';
import {
  type ShapePreservingLayer,
  normalizationAt,
  normalizationLayer,
  normalizationOfPlace,
  statedNormalization,
} from './normalization.js';

const size = (about: string) => number(1, about, { min: 1, whole: true, explore: [1, 8] });

const derived = (about: string) => number(0, about, { min: 0, whole: true, explore: [0, 8] });

/** The options that all blocks of a model share. */
export const BLOCK_OPTIONS = {
  hiddenSize: size('The size of the last axis.'),
  heads: size('How many heads look at once.'),
  headSize: derived('How many numbers a query of a head has; 0 stands for hiddenSize / heads.'),
  mlpSize: derived('The size inside the MLP; 0 stands for 4 · hiddenSize.'),
  gated: flag(false, 'Whether the MLP is gated.'),
  normalization: statedNormalization(
    'layer_norm',
    'Applied to what attention and the MLP read, or to the sums.',
  ),
  attentionNormalization: normalizationOfPlace(
    'Another normalization for what attention reads, or for its sums; same stands for `normalization`.',
  ),
  placement: choice('pre', 'Where the norms stand.', ['pre', 'post', 'sandwich']),
  dropout: number(0, 'The share of elements dropped in training of what attention and the MLP add.', {
    min: 0,
    below: 1,
    explore: [0, 0.5],
  }),
  ...ATTENTION_OPTIONS,
  seed: seed('Of the initial weights and of dropout; left out, one is drawn.'),
};

const OPTIONS = { ...BLOCK_OPTIONS, ...SEEING_OPTIONS };

/** The options of `TransformerBlock`; hiddenSize and heads are required, the others have defaults. */
export type TransformerBlockOptions = Given<typeof OPTIONS> & {
  readonly hiddenSize: number;
  readonly heads: number;
  /** Of the MLP: a name or an op; gelu by default. */
  readonly activation?: StatedActivation | undefined;
};

/** The masks of a block, and the cache of the tokens before. */
export type Reading = Omit<Attending, 'context'>;

/**
 * Attention and an MLP, each with a residual connection: [batch, length, hiddenSize] keeps its shape. With a norm N and a
 * part f, x becomes x + f(N(x)) if norms are placed 'pre' (Xiong et al. 2020), N(x + f(x)) if 'post' (Vaswani
 * et al. 2017), and x + N′(f(N(x))) for a 'sandwich' (Ding et al. 2021). Throws if an option is wrong.
 */
export class TransformerBlock extends Module {
  readonly options: Values<typeof OPTIONS>;
  /** Undefined, like the other norms, where the normalization is 'none'. */
  readonly attentionNorm: ShapePreservingLayer | undefined;
  readonly attention: MultiHeadAttention;
  /** The second of a sandwich. */
  readonly attentionOutputNorm: ShapePreservingLayer | undefined;
  readonly mlpNorm: ShapePreservingLayer | undefined;
  readonly mlp: FeedForward;
  /** The second of a sandwich. */
  readonly mlpOutputNorm: ShapePreservingLayer | undefined;
  /** Undefined without dropout. */
  readonly dropout: Dropout | undefined;
  /** The seed of the initial weights and of dropout: given, or drawn. */
  readonly seed: number;

  constructor(given: TransformerBlockOptions) {
    super();
    const where = 'TransformerBlock';
    const all = completed(where, given, { hiddenSize: null, heads: null });
    const { activation, ...options } = resolveBeside(where, OPTIONS, all, ['activation']);
    this.options = options;
    this.seed = options.seed ?? anySeed();
    const seeds = new Random(this.seed);
    const { hiddenSize, heads, useBias, kernelInitializer, groups, causal, rotary, rotaryBase } = options;
    const headSize = options.headSize || hiddenSize / heads;
    if (!Number.isInteger(headSize)) {
      const expected = `a divisor of hiddenSize, ${hiddenSize}, where no headSize is given`;
      throw new NormtapeError({ where: `${where}.heads`, expected, received: heads });
    }
    const { normalization, attentionNormalization } = options;
    const attentionNorm = () => normalizationLayer(normalizationAt(attentionNormalization, normalization));
    const mlpNorm = () => normalizationLayer(normalization);
    const sandwiched = options.placement === 'sandwich';
    this.attentionNorm = attentionNorm();
    this.attention = new MultiHeadAttention({
      heads,
      headSize,
      outputSize: hiddenSize,
      groups,
      causal,
      rotary,
      rotaryBase,
      useBias,
      kernelInitializer,
      queryKeyNormalization: options.queryKeyNormalization,
      attentionDropout: options.attentionDropout,
      seed: seeds.seed(),
    });
    this.attentionOutputNorm = sandwiched ? attentionNorm() : undefined;
    this.mlpNorm = mlpNorm();
    this.mlp = new FeedForward({
      hiddenSize: options.mlpSize || 4 * hiddenSize,
      outputSize: hiddenSize,
      gated: options.gated,
      activation,
      useBias,
      kernelInitializer,
      seed: seeds.seed(),
    });
    this.mlpOutputNorm = sandwiched ? mlpNorm() : undefined;
    this.dropout = options.dropout > 0 ? new Dropout(options.dropout, { seed: seeds.seed() }) : undefined;
  }

  override forward(x: Tensor, given: Reading = {}): Tensor {
    demandSequences('TransformerBlock', x);
    const reading = plain('TransformerBlock.forward', given);
    const { hiddenSize } = this.options;
    if (x.shape[2] !== hiddenSize) {
      const expected = `sequences [batch, length, ${hiddenSize}]`;
      throw new NormtapeError({ where: 'TransformerBlock', expected, received: x.shape });
    }
    const read = withoutHidden('TransformerBlock', x, reading.paddingMask);
    const attended = this.#added(read, this.attentionNorm, this.attentionOutputNorm, (input) =>
      this.attention.forward(input, reading),
    );
    return this.#added(attended, this.mlpNorm, this.mlpOutputNorm, (input) => this.mlp.forward(input));
  }

  /** x after one part, with the residual connection and norms in their place. */
  #added(
    x: Tensor,
    norm: ShapePreservingLayer | undefined,
    outer: ShapePreservingLayer | undefined,
    part: (x: Tensor) => Tensor,
  ): Tensor {
    const post = this.options.placement === 'post';
    const read = post || !norm ? x : norm.forward(x);
    const made = part(read);
    const kept = outer?.forward(made) ?? made;
    const sum = add(x, this.dropout?.forward(kept) ?? kept);
    return post && norm ? norm.forward(sum) : sum;
  }
}

/** The options of `LLMBlock`; each has a default. */
export type LLMBlockOptions = Partial<TransformerBlockOptions>;

/**
 * A transformer block with the defaults of the guide for language models: causal, hidden size 768, 12 heads of 64, a
 * gelu MLP four times as wide, norms before each part, zero_centered_rms_norm by default. Throws if an option is
 * wrong.
 */
export class LLMBlock extends TransformerBlock {
  constructor(given: LLMBlockOptions = {}) {
    super(completed('LLMBlock', given, LLM) as TransformerBlockOptions);
  }
}

const LLM = { hiddenSize: 768, heads: 12, normalization: 'zero_centered_rms_norm', causal: true } as const;

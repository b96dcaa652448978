import { Random, anySeed } from '../array/index.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import type { StatedActivation } from '../nn/activations.js';
import { ARGUMENTS } from '../nn/construction.js';
import { Dropout } from '../nn/dropout.js';
import { Module } from '../nn/module.js';
import { add } from '../ops/catalog.js';
import {
  type Given,
  type Values,
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
import { STACK_OPTIONS, placementOption, wiringOf } from './block-wiring.js';
import {
  type ShapePreservingLayer,
  normalizationLayer,
  normalizationOfPlace,
  statedNormalization,
  unlessNone,
} from './normalization.js';
import type { BlockWiring } from './placement.js';
import { type Wired, type Wiring, residual } from './residual.js';

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
  placement: placementOption,
  dropout: number(0, 'The share of elements dropped in training of what attention and the MLP add.', {
    min: 0,
    below: 1,
    explore: [0, 0.5],
  }),
  ...ATTENTION_OPTIONS,
  seed: seed('Of the initial weights and of dropout; left out, one is drawn.'),
};

const OPTIONS = { ...BLOCK_OPTIONS, ...SEEING_OPTIONS, ...STACK_OPTIONS };

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
 * part f, x becomes x + f(N(x)) if norms are placed 'pre' (Xiong et al. 2020), N(x + f(x)) if 'post' (Vaswani et al. 2017);
 * docs/transformers.md lists the other placements. Throws if an option is wrong.
 */
export class TransformerBlock extends Module {
  readonly options: Values<typeof OPTIONS>;
  /** The norm before attention, or after its sum; undefined, like the other norms, if there is none. */
  readonly attentionNorm: ShapePreservingLayer | undefined;
  readonly attention: MultiHeadAttention;
  /** The norm of the output of attention. */
  readonly attentionOutputNorm: ShapePreservingLayer | undefined;
  /** The norm before the MLP, or after its sum. */
  readonly mlpNorm: ShapePreservingLayer | undefined;
  readonly mlp: FeedForward;
  /** The norm of the output of the MLP. */
  readonly mlpOutputNorm: ShapePreservingLayer | undefined;
  /** Undefined without dropout. */
  readonly dropout: Dropout | undefined;
  /** The seed of the initial weights and of dropout: given, or drawn. */
  readonly seed: number;
  readonly #wiring: BlockWiring;
  readonly #activation: StatedActivation | undefined;

  constructor(given: TransformerBlockOptions) {
    super();
    const where = 'TransformerBlock';
    const all = completed(where, given, { hiddenSize: null, heads: null });
    const { activation, ...options } = resolveBeside(where, OPTIONS, all, ['activation']);
    this.options = options;
    this.#activation = activation;
    this.seed = options.seed ?? anySeed();
    const seeds = new Random(this.seed);
    const { hiddenSize, heads, useBias, kernelInitializer, groups, causal, rotary, rotaryBase } = options;
    const headSize = options.headSize || hiddenSize / heads;
    if (!Number.isInteger(headSize)) {
      const expected = `a divisor of hiddenSize, ${hiddenSize}, where no headSize is given`;
      throw new NormtapeError({ where: `${where}.heads`, expected, received: heads });
    }
    this.#wiring = wiringOf(where, options);
    const { attention, mlp = {}, inside } = this.#wiring;
    this.attentionNorm = normalizationLayer(attention.before ?? attention.after ?? 'none');
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
      ...inside.attention,
      queryKeyNormalization: unlessNone(
        options.queryKeyNormalization,
        inside.attention.queryKeyNormalization,
      ),
      attentionDropout: options.attentionDropout,
      seed: seeds.seed(),
    });
    this.attentionOutputNorm = normalizationLayer(attention.output ?? 'none');
    this.mlpNorm = normalizationLayer(mlp.before ?? mlp.after ?? 'none');
    this.mlp = new FeedForward({
      hiddenSize: options.mlpSize || 4 * hiddenSize,
      outputSize: hiddenSize,
      gated: options.gated,
      activation,
      useBias,
      kernelInitializer,
      ...inside.mlp,
      seed: seeds.seed(),
    });
    this.mlpOutputNorm = normalizationLayer(mlp.output ?? 'none');
    this.dropout = options.dropout > 0 ? new Dropout(options.dropout, { seed: seeds.seed() }) : undefined;
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [{ ...this.options, seed: this.seed, activation: this.#activation }];
  }

  override chains(): readonly (readonly unknown[])[] {
    return [
      [this.attention.output, this.attentionOutputNorm],
      [this.mlp.down, this.mlpOutputNorm],
    ];
  }

  override forward(x: Tensor, given: Reading = {}): Tensor {
    const where = 'TransformerBlock';
    demandSequences(where, x);
    const reading = plain('TransformerBlock.forward', given);
    const { hiddenSize } = this.options;
    if (x.shape[2] !== hiddenSize) {
      const expected = `sequences [batch, length, ${hiddenSize}]`;
      throw new NormtapeError({ where, expected, received: x.shape });
    }
    const { attention, mlp } = this.#wiring;
    const attend = (read: Tensor): Tensor => this.attention.forward(read, reading);
    const think = (read: Tensor): Tensor => this.mlp.forward(read);
    const seen = withoutHidden(where, x, reading.paddingMask);
    const around = { norm: this.attentionNorm, output: this.attentionOutputNorm, dropout: this.dropout };
    if (!mlp)
      return residual(where, seen, (read) => add(attend(read), think(read)), wired(attention, around));
    const attended = residual(where, seen, attend, wired(attention, around));
    const last = { norm: this.mlpNorm, output: this.mlpOutputNorm, dropout: this.dropout };
    return residual(where, attended, think, wired(mlp, last));
  }
}

/** The layers of a part by its wiring: a block has one norm of each part either before it or after its sum. */
function wired(
  { scale, skip, after }: Wiring,
  { norm, output, dropout }: Pick<Wired, 'output' | 'dropout'> & { readonly norm: Wired['before'] },
): Wired {
  const [before, last] = after === undefined ? [norm, undefined] : [undefined, norm];
  return { before, scale, output, dropout, skip, after: last };
}

/** The options of `LLMBlock`; each has a default. */
export type LLMBlockOptions = Partial<TransformerBlockOptions>;

/**
 * A transformer block with the defaults of the Keras factory guide for language models: causal, hidden size 768, 12
 * heads of 64, a GELU MLP four times as wide, pre-norm with zero_centered_rms_norm. Throws if an option is invalid.
 */
export class LLMBlock extends TransformerBlock {
  constructor(given: LLMBlockOptions = {}) {
    super(completed('LLMBlock', given, LLM) as TransformerBlockOptions);
  }
}

const LLM = { hiddenSize: 768, heads: 12, normalization: 'zero_centered_rms_norm', causal: true } as const;

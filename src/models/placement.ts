import type { Options, Part, Values } from '../option/index.js';
import type { MultiHeadAttentionOptions } from './attention.js';
import type { FeedForwardOptions } from './feed-forward.js';
import type { StatedNormalization } from './normalization.js';
import type { Wiring } from './residual.js';

/** The wiring of a block: what stands around and inside its two parts, attention and the MLP. */
export interface BlockWiring {
  readonly attention: Wiring;
  /** Undefined if both parts are in one sum: they read the same, and their outputs are added. */
  readonly mlp: Wiring | undefined;
  /** The norms inside each part, and the factor of its initial kernels, as options of the part. */
  readonly inside: {
    readonly attention: Pick<MultiHeadAttentionOptions, AttentionInside>;
    readonly mlp: Pick<FeedForwardOptions, MlpInside>;
  };
  /** Whether a stack of these blocks ends with another norm. */
  readonly endsWithNorm: boolean;
}

type MlpInside = 'innerNormalization' | 'kernelGain';
type AttentionInside = MlpInside | 'queryKeyNormalization' | 'valueNormalization';

/** A wiring as a placement states it: left out, nothing stands inside the parts, and a stack ends with a norm. */
export type StatedWiring = Pick<BlockWiring, 'attention' | 'mlp'> & {
  readonly inside?: Partial<BlockWiring['inside']>;
  readonly endsWithNorm?: boolean;
};

/** The block that a placement is for. */
export interface Site {
  /** The prefix of errors about the placement's own options. */
  readonly where: string;
  /** The normalization of attention, and that of the MLP. */
  readonly attention: StatedNormalization;
  readonly mlp: StatedNormalization;
  /** The number of blocks in the stack; throws if it is unknown. */
  depth(): number;
  /** The index of the block in the stack, from 0; throws if it is unknown. */
  index(): number;
}

/** A paper, by its authors and year. */
export interface Source {
  readonly name: string;
  readonly url: string;
}

/** A placement of norms, as data. */
export interface Placement<D extends Options = Options> extends Part<D> {
  /** The sum, for a norm N and a part f; a and m are attention and the MLP. */
  readonly formula: string;
  /** The initial values that it prescribes, in words; left out: none. */
  readonly start?: string;
  readonly sources: readonly Source[];
  wire(site: Site, options: Values<D>): StatedWiring;
}

/** Declares a placement. It returns its argument; it is here for the inference. */
export const define = <D extends Options>(placement: Placement<D>): Placement<D> => placement;

/** The same wiring around both parts, each with its own norm. */
export const each = (
  { attention, mlp }: Site,
  around: (norm: StatedNormalization) => Wiring,
): Pick<BlockWiring, 'attention' | 'mlp'> => ({ attention: around(attention), mlp: around(mlp) });

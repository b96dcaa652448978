import type { Shape } from '../../array/index.js';
import type { Node } from './node.js';

/** What the translation of an entry may ask about it. */
export interface Context {
  /** The shapes of the outputs that the op computed. */
  readonly shapes: readonly Shape[];
  /** The node of an attribute that is a tensor or an array. */
  nodeOf(value: unknown): Node;
  /** The node of whole numbers: ids of tokens, or constants. */
  idsOf(value: unknown): Node;
  /** Whether nodes may be used that have no gradient. */
  readonly isWhole: boolean;
}

/** What the tape knows of an op besides its tensors. */
export type Given = Readonly<Record<string, unknown>>;

/** How an op of the tape becomes nodes. */
export interface Translation {
  /** Whether it draws random numbers, which only some exports can. */
  readonly isRandom?: boolean;
  /** What these attributes ask for that has no translation; undefined if there is nothing. */
  refuses?(attributes: Given, inputs: readonly Node[]): string | undefined;
  nodes(inputs: readonly Node[], attributes: Given, context: Context): Node | readonly Node[];
}

/** Translations by the name of the op. */
export type Translations = Readonly<Record<string, Translation>>;

import { NormtapeError, suggest } from '../../../error.js';
import type { StatedNormalization } from '../../../models/normalization.js';
import { type LanguageRecipe, languageRecipe } from '../../../models/recipe.js';
import type { Norm } from '../../../norms/norm.js';
import { norms } from '../../../norms/normalizations.js';
import { NO_OWN_NORMS, type OwnNorms } from '../../norms/named.js';
import { demandNames, typesWith } from '../names.js';

const PLACEMENTS = ['pre', 'post', 'sandwich'] as const;

/**
 * The words after a name, besides the placement: defaults in place of the recipe, embeddings with a learned scale, and logits
 * from a matrix of their own.
 */
const RECIPES = ['plain', 'scaled', 'untied'] as const;

type Word = (typeof PLACEMENTS)[number] | (typeof RECIPES)[number];

const WORDS: readonly string[] = [...PLACEMENTS, ...RECIPES];

/** A norm, where it stands in every block, and by whose recipe. */
export interface Variant {
  /** 'rms_norm', or 'layer_norm:post' with the words that are not left to their defaults. */
  readonly name: string;
  readonly type: string;
  /** Of a norm of one's own; left out: a built-in type. */
  readonly definition?: Norm;
  readonly placement: (typeof PLACEMENTS)[number];
  /** Whether the recipe of the norm's paper is left out. */
  readonly plain: boolean;
  /** Whether the embeddings have a learned scale, whatever the paper says. */
  readonly scaled: boolean;
  /** Whether the embeddings do not give the logits, whatever the paper says. */
  readonly untied: boolean;
}

/** The variants of such names; throws where one is unknown, or comes twice. */
export function variantsOf(names: readonly string[], own: OwnNorms = NO_OWN_NORMS): readonly Variant[] {
  const variants = names.map((name) => variantOf(name, own));
  demandNames(
    variants.map(({ name }) => name),
    variants.map(({ name }) => name),
  );
  return variants;
}

function variantOf(name: string, own: OwnNorms): Variant {
  const [type = '', ...words] = name.split(':');
  demandNames([type], typesWith(own));
  const stray = words.find((word, i) => !WORDS.includes(word) || words.indexOf(word) !== i);
  const places = PLACEMENTS.filter((placement) => words.includes(placement));
  if (stray !== undefined || places.length > 1) {
    throw new NormtapeError({
      where: `--norms: ${name}`,
      expected: `one of ${PLACEMENTS.join(', ')} after the colon, and ${RECIPES.join(', ')} after another`,
      received: stray ?? words.join(':'),
      hint: suggest(stray, WORDS),
    });
  }
  const found = own.get(type);
  const [placement = 'pre'] = places;
  const has = (word: Word): boolean => words.includes(word);
  const parts = [type, ...(placement === 'pre' ? [] : [placement]), ...RECIPES.filter(has)];
  return {
    name: parts.join(':'),
    type,
    ...(found && { definition: found.norm }),
    placement,
    plain: has('plain'),
    scaled: has('scaled'),
    untied: has('untied'),
  };
}

/** The options of a model of this width with this norm: those of its paper, unless it is plain. */
export function recipeOf(variant: Variant, hidden: number): LanguageRecipe {
  const { plain, scaled, untied } = variant;
  const stated = normalizationOf(variant);
  return {
    ...(plain ? { normalization: stated } : languageRecipe(stated, hidden)),
    ...(scaled && { embeddingScale: 'learned' as const }),
    ...(untied && { tieWeights: false }),
  };
}

/** Where the options of a model with this norm come from; undefined where all are defaults. */
export const sourceOf = (variant: Variant): string | undefined =>
  variant.plain ? undefined : definitionOf(variant)?.recipes?.language?.source;

/** Undefined of no norm. */
const definitionOf = ({ type, definition }: Variant): Norm | undefined =>
  definition ?? (norms as Readonly<Record<string, Norm>>)[type];

/** Whether a number that the norm makes depends on other places of the sequence, and so on what is to be predicted. */
export function looksAhead(variant: Variant): boolean {
  const couples = definitionOf(variant)?.traits?.couples;
  return couples === 'batch' || couples === 'sample';
}

/** A variant as a model takes it. */
export const normalizationOf = ({ type, definition }: Variant): StatedNormalization =>
  (definition ?? type) as StatedNormalization;

import { NormtapeError, suggest } from '../../../error.js';
import { type LanguageRecipe, languageRecipe } from '../../../models/recipe.js';
import { type Norm } from '../../../norms/norm.js';
import { norms, type ShapePreservingType, shapePreservingTypes } from '../../../norms/normalizations.js';
import { demandNames } from '../names.js';

const PLACEMENTS = ['pre', 'post', 'sandwich'] as const;

/**
 * What a name may say beside the placement: defaults in place of the recipe, embeddings with a learned scale, and logits
 * from a matrix of their own.
 */
const RECIPES = ['plain', 'scaled', 'untied'] as const;

type Word = (typeof PLACEMENTS)[number] | (typeof RECIPES)[number];

const WORDS: readonly string[] = [...PLACEMENTS, ...RECIPES];

/** A norm, where it stands in every block, and by whose recipe. */
export interface Variant {
  /** 'rms_norm', or 'layer_norm:post' with the words that are not left to their defaults. */
  readonly name: string;
  readonly type: ShapePreservingType | 'none';
  readonly placement: (typeof PLACEMENTS)[number];
  /** Whether what the paper of the norm prescribes is left out. */
  readonly plain: boolean;
  /** Whether the embeddings have a learned scale, whatever the paper says. */
  readonly scaled: boolean;
  /** Whether the embeddings do not give the logits, whatever the paper says. */
  readonly untied: boolean;
}

const types: readonly Variant['type'][] = ['none', ...shapePreservingTypes];

/** The variants of such names; throws where one is unknown, or comes twice. */
export function variantsOf(names: readonly string[]): readonly Variant[] {
  const variants = names.map(variantOf);
  demandNames(
    variants.map(({ name }) => name),
    variants.map(({ name }) => name),
  );
  return variants;
}

function variantOf(name: string): Variant {
  const [type = '', ...words] = name.split(':');
  demandNames([type], types);
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
  const [placement = 'pre'] = places;
  const has = (word: Word): boolean => words.includes(word);
  const parts = [type, ...(placement === 'pre' ? [] : [placement]), ...RECIPES.filter(has)];
  return {
    name: parts.join(':'),
    type: type as Variant['type'],
    placement,
    plain: has('plain'),
    scaled: has('scaled'),
    untied: has('untied'),
  };
}

/** The options of a model of this width with this norm: those of its paper, unless it is plain. */
export function recipeOf({ type, plain, scaled, untied }: Variant, hidden: number): LanguageRecipe {
  const recipe = type === 'none' || plain ? { normalization: type } : languageRecipe(type, hidden);
  return {
    ...recipe,
    ...(scaled && { embeddingScale: 'learned' as const }),
    ...(untied && { tieWeights: false }),
  };
}

/** Where the options of a model with this norm come from; undefined where all are defaults. */
export const sourceOf = ({ type, plain }: Variant): string | undefined =>
  type === 'none' || plain ? undefined : (norms[type] as Norm).recipes?.language?.source;

/** Whether a number that the norm makes depends on other places of the sequence, and so on what is to be predicted. */
export function looksAhead({ type }: Variant): boolean {
  if (type === 'none') return false;
  const { traits }: Norm = norms[type];
  return traits?.couples === 'batch' || traits?.couples === 'sample';
}

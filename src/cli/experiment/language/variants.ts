import { NormtapeError, suggest } from '../../../error.js';
import type { StatedNormalization } from '../../../models/normalization.js';
import { placements } from '../../../models/placements.js';
import { type LanguageRecipe, languageRecipe } from '../../../models/recipe.js';
import type { Norm } from '../../../norms/norm.js';
import { definitionOf } from '../../norms/known.js';
import { NO_OWN_NORMS, type OwnNorms } from '../../norms/named.js';
import { demandNames, typesWith } from '../names.js';

type PlacementName = keyof typeof placements;

/** The names of all placements, pre-norm first. */
export const PLACEMENTS = Object.keys(placements) as PlacementName[];

/**
 * The words after a name, besides the placement: defaults instead of the recipe, embeddings with a learned scale, and
 * separate weights for the output layer.
 */
const RECIPES = ['plain', 'scaled', 'untied'] as const;

type Word = PlacementName | (typeof RECIPES)[number];

const WORDS: readonly string[] = [...PLACEMENTS, ...RECIPES];

/** A norm, its placement in every block, and its recipe. */
export interface Variant {
  /** 'rms_norm', or 'layer_norm:post' with the words that differ from the defaults. */
  readonly name: string;
  readonly type: string;
  /** The definition of your own norm; undefined for a built-in type. */
  readonly definition?: Norm;
  readonly placement: PlacementName;
  /** Whether to ignore the recipe of the norm's paper. */
  readonly plain: boolean;
  /** Whether the embeddings have a learned scale, whatever the paper says. */
  readonly scaled: boolean;
  /** Whether the output layer has its own weights, whatever the paper says. */
  readonly untied: boolean;
}

/**
 * The variants with these names.
 * @throws if a name is unknown or occurs twice.
 */
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

/** The source of the recipe; undefined if all are defaults. */
export const sourceOf = ({ plain, type, definition }: Variant): string | undefined =>
  plain ? undefined : definitionOf(type, definition)?.recipes?.language?.source;

/** Whether the output of the norm at one position depends on other positions, and so on the tokens to predict. */
export function looksAhead({ type, definition }: Variant): boolean {
  const couples = definitionOf(type, definition)?.traits?.couples;
  return couples === 'batch' || couples === 'sample';
}

/** The variant as the normalization option of a model. */
export const normalizationOf = ({ type, definition }: Variant): StatedNormalization =>
  (definition ?? type) as StatedNormalization;

import { descriptionOf } from '../norms/description.js';
import { type Norm, isNorm } from '../norms/norm.js';
import { norms } from '../norms/normalizations.js';
import { layersOf } from '../norms/recipe.js';
import type { StatedNormalization } from './normalization.js';

/** The options of a LanguageModel that the paper of a norm prescribes. */
export interface LanguageRecipe {
  readonly normalization: StatedNormalization;
  readonly attentionNormalization?: StatedNormalization;
  readonly embeddingScale?: number | 'sqrt' | 'learned';
  readonly tieWeights?: boolean;
}

/**
 * The options that the paper of a norm prescribes for a LanguageModel of this width: the normalization at each
 * position, the scale of the embeddings, and whether the output matrix is tied to them. A type or definition without a
 * recipe, and a configuration with its own options, are returned unchanged.
 */
export function languageRecipe(stated: StatedNormalization, hiddenSize: number): LanguageRecipe {
  const recipe = recipesFor(stated)?.language;
  if (!recipe) return { normalization: stated };
  const { embeddingScale, tieWeights } = recipe;
  const { attention, elsewhere } = layersOf(recipe, hiddenSize);
  return {
    normalization: configured(stated, elsewhere),
    attentionNormalization: configured(stated, attention),
    ...(embeddingScale !== undefined && { embeddingScale }),
    ...(tieWeights !== undefined && { tieWeights }),
  };
}

/** A normalization by the image recipe of its norm, for a network of this width; unchanged if there is none. */
export function visionRecipe(stated: StatedNormalization, width: number): StatedNormalization {
  const recipe = recipesFor(stated)?.vision;
  return recipe ? configured(stated, layersOf(recipe, width).elsewhere) : stated;
}

/** The recipes of the norm that is stated without options, itself or by its type. */
function recipesFor(stated: StatedNormalization): Norm['recipes'] {
  const norm = typeof stated === 'string' ? (norms as Readonly<Record<string, Norm>>)[stated] : stated;
  return isNorm(norm) ? descriptionOf(norm).recipes : undefined;
}

const configured = (
  stated: StatedNormalization,
  options: Readonly<Record<string, unknown>>,
): StatedNormalization =>
  (typeof stated === 'string'
    ? { type: stated, ...options }
    : { definition: stated, ...options }) as object as StatedNormalization;

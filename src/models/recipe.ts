import type { Norm } from '../norms/norm.js';
import { type ShapePreservingType, norms } from '../norms/normalizations.js';
import { type Recipe, layersOf } from '../norms/recipe.js';
import type { StatedNormalization } from './normalization.js';

/** The options of a LanguageModel that a paper prescribes with its norm. */
export interface LanguageRecipe {
  readonly normalization: StatedNormalization;
  readonly attentionNormalization?: StatedNormalization;
  readonly embeddingScale?: number | 'sqrt' | 'learned';
  readonly tieWeights?: boolean;
}

/**
 * The options of a LanguageModel of this width that the paper of a norm prescribes: the normalization, by place, the
 * scale of the embeddings, and whether they give the logits too. For a norm whose paper prescribes nothing beyond its defaults, the type alone.
 */
export function languageRecipe(type: ShapePreservingType, hiddenSize: number): LanguageRecipe {
  const recipe = (norms[type] as Norm).recipes?.language;
  if (!recipe) return { normalization: type };
  const { embeddingScale, tieWeights } = recipe;
  const { attention, elsewhere } = layersOf(recipe, hiddenSize);
  return {
    normalization: configOf(type, elsewhere),
    attentionNormalization: configOf(type, attention),
    ...(embeddingScale !== undefined && { embeddingScale }),
    ...(tieWeights !== undefined && { tieWeights }),
  };
}

/** The configuration of a layer as the recipe of its norm for vision states it, or its type alone. */
export function visionRecipe(type: ShapePreservingType, width: number): StatedNormalization {
  const recipe: Recipe | undefined = (norms[type] as Norm).recipes?.vision;
  return recipe ? configOf(type, layersOf(recipe, width).elsewhere) : type;
}

const configOf = (type: ShapePreservingType, options: Readonly<Record<string, unknown>>) =>
  ({ type, ...options }) as object as StatedNormalization;

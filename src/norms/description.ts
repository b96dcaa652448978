import type { Norm } from './norm.js';

/** The fields of a definition that describe its norm, which no layer needs in order to compute. */
export const DESCRIBING = [
  'about',
  'useCase',
  'reference',
  'notes',
  'recipes',
  'formula',
  'kinks',
  'example',
  'invariants',
] as const;

/** The text, formula, example and laws of a norm. */
export type Description = Pick<Norm, (typeof DESCRIBING)[number]>;

/**
 * The description of a norm: its definition. In the files for bundlers, the descriptions of built-in norms are modules of
 * their own, which this function needs and no layer does (`scripts/descriptions.mjs`). Shared code reads the fields of
 * DESCRIBING through it, so that a bundle without such code has no descriptions.
 */
export const descriptionOf = (norm: Norm): Description => norm;

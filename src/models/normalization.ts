import type { Tensor } from '../autograd/tape.js';
import type { NormalizationLayer } from '../norms/layer.js';
import type { Norm } from '../norms/norm.js';
import {
  type NormalizationConfigOf,
  type NormalizationOptions,
  type ShapePreservingType,
  createNormalizationLayer,
  norms,
  shapePreservingTypes,
} from '../norms/normalizations.js';
import { type Family, type PartOption, text } from '../option/index.js';

/**
 * A normalization that can stand after any layer, as a model takes it: its type, a configuration, or 'none'.
 */
export type StatedNormalization =
  | ShapePreservingType
  | 'none'
  | { readonly type: 'none'; readonly name?: string }
  | { [T in ShapePreservingType]: NormalizationConfigOf<T> }[ShapePreservingType];

/** A layer of one of the norms that keep the shape of their input. */
export type ShapePreservingLayer = NormalizationLayer<(typeof norms)[ShapePreservingType]>;

/**
 * What a model may be told to normalize by. A config may hold all that createNormalizationFromConfig accepts.
 */
const family: Family = {
  none: { about: 'No normalization.', options: { name: text('none', 'What the layer is called.') } },
  ...Object.fromEntries(
    shapePreservingTypes.map((type) => {
      const { about, options, ignores }: Norm = norms[type];
      return [
        type,
        { about, options: { name: text(type, 'What the layer is called.'), ...ignores, ...options } },
      ];
    }),
  ),
};

/** The option of a model that says what it normalizes by. */
export const statedNormalization = (
  fallback: StatedNormalization,
  about: string,
): PartOption<StatedNormalization> => ({ kind: 'part', default: fallback, about, family });

/** The option for one place of a model: another normalization, or 'same' for the one of all other places. */
export const normalizationOfPlace = (about: string): PartOption<StatedNormalization | 'same'> => ({
  kind: 'part',
  default: 'same',
  about,
  family: { same: { about: 'That of the other places.', options: {} }, ...family },
});

/** The normalization of a place whose own is stated so, and that of the other places. */
export function normalizationAt(
  place: StatedNormalization | 'same' | { readonly type: 'same' },
  others: StatedNormalization,
): StatedNormalization {
  if (typeof place === 'string') return place === 'same' ? others : place;
  return place.type === 'same' ? others : place;
}

/** The layer of a normalization that was checked by its option; undefined for 'none'. */
export function normalizationLayer(stated: StatedNormalization): ShapePreservingLayer | undefined {
  const { type, ...options } = typeof stated === 'string' ? { type: stated } : stated;
  if (type === 'none') return undefined;
  const layer = createNormalizationLayer(type, options as NormalizationOptions<typeof type>);
  return layer as ShapePreservingLayer & { forward(x: Tensor): Tensor };
}

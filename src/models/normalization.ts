import { sameShape } from '../array/index.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { NormalizationLayer, normalization } from '../norms/layer.js';
import type { Mask } from '../norms/mask.js';
import { type GivenTo, type Norm, isNorm } from '../norms/norm.js';
import {
  type NormalizationConfigOf,
  type NormalizationOptions,
  type ShapePreservingType,
  createNormalizationLayer,
  norms,
  shapePreservingTypes,
} from '../norms/normalizations.js';
import {
  type Family,
  type Options,
  type Part,
  type PartOption,
  type StatedDefinition,
  entriesOf,
  text,
} from '../option/index.js';

/** A definition with one output, which must have the shape of the input. */
export type ShapePreservingNorm = Norm<string, Options, string, string, readonly []>;

/** A definition of one's own with its options, for a model: `{ definition: myNorm, epsilon: 1e-3 }`. */
export type DefinedNormalization<N extends ShapePreservingNorm = ShapePreservingNorm> = {
  /** The norm, as norm(…) made it. */
  readonly definition: N;
  /** Not with a definition, which has a type of its own. */
  readonly type?: never;
} & GivenTo<N>;

/** No normalization, as a configuration. */
interface NoNormalization {
  /** That there is none. */
  readonly type: 'none';
  /** Accepted, as by every configuration, and not used. */
  readonly name?: string;
}

/**
 * A normalization that can stand after any layer, as a model takes it: its type, a configuration, 'none', a
 * definition that norm(…) made, or such a definition with options.
 */
export type StatedNormalization =
  | ShapePreservingType
  | 'none'
  | NoNormalization
  | { [T in ShapePreservingType]: NormalizationConfigOf<T> }[ShapePreservingType]
  | ShapePreservingNorm
  | DefinedNormalization;

/** A layer of a norm that keeps the shape of its input. */
export type ShapePreservingLayer = NormalizationLayer<ShapePreservingNorm>;

/** What a norm says of itself, as a part of a model. */
const partOf = ({ type, about, options, ignores }: Norm): Part => ({
  about,
  options: { name: text(type, 'The name of the layer.'), ...ignores, ...options },
});

/**
 * What a model may be told to normalize by. A config may hold all that createNormalizationFromConfig accepts.
 */
const family: Family = {
  none: { about: 'No normalization.', options: { name: text('none', 'The name of the layer.') } },
  ...Object.fromEntries(shapePreservingTypes.map((type) => [type, partOf(norms[type])])),
};

/** The definition in a stated normalization, alone or with options; undefined if a type is stated. */
function definitionIn(
  stated: unknown,
): { definition: ShapePreservingNorm; given: GivenTo<Norm> } | undefined {
  if (isNorm(stated)) return { definition: stated as ShapePreservingNorm, given: {} };
  const { definition, ...given } = Object.fromEntries(entriesOf(stated) ?? []);
  if (!isNorm(definition)) return undefined;
  return { definition: definition as ShapePreservingNorm, given: given as GivenTo<Norm> };
}

function readDefinition(stated: unknown): StatedDefinition | undefined {
  const found = definitionIn(stated);
  if (!found) return undefined;
  const { definition, given } = found;
  const outputs = (definition as Norm).outputs?.map(({ name }) => name) ?? [];
  return {
    part: partOf(definition),
    given,
    ...(outputs.length > 0 && {
      refusal: {
        expected: 'a norm with one output, in the shape of its input',
        received: definition.type,
        hint: `It makes ${outputs.join(', ')}.`,
      },
    }),
    keep: (options) => ({ definition, ...options }),
  };
}

/** The option of a model that says what it normalizes by. */
export const statedNormalization = (
  fallback: StatedNormalization,
  about: string,
): PartOption<StatedNormalization> => ({
  kind: 'part',
  default: fallback,
  about,
  family,
  definition: readDefinition,
});

/** The option for one place of a model: another normalization, or 'same' for the one of all other places. */
export const normalizationOfPlace = (about: string): PartOption<StatedNormalization | 'same'> => ({
  kind: 'part',
  default: 'same',
  about,
  family: { same: { about: 'That of the other places.', options: {} }, ...family },
  definition: readDefinition,
});

/** The normalization of a place whose own is stated so, and that of the other places. */
export function normalizationAt(
  place: StatedNormalization | 'same' | { readonly type: 'same' },
  others: StatedNormalization,
): StatedNormalization {
  if (typeof place === 'string') return place === 'same' ? others : place;
  return !isNorm(place) && place.type === 'same' ? others : (place as StatedNormalization);
}

/** The layer of a normalization that was checked by its option; undefined for 'none'. */
export function normalizationLayer(stated: StatedNormalization): ShapePreservingLayer | undefined {
  const defined = definitionIn(stated);
  if (defined) {
    const { definition, name, options } = normalization<ShapePreservingNorm>(
      defined.definition,
      defined.given,
    );
    return new DefinedLayer(definition, name, options);
  }
  const { type, ...options } = (typeof stated === 'string' ? { type: stated } : stated) as {
    readonly type: ShapePreservingType | 'none';
  };
  if (type === 'none') return undefined;
  const layer = createNormalizationLayer(type, options as NormalizationOptions<typeof type>);
  return layer as ShapePreservingLayer;
}

/** The layer of a definition of one's own, whose outputs must have the shape of the input. */
class DefinedLayer extends NormalizationLayer<ShapePreservingNorm> {
  override forward(x: Tensor, given?: { readonly mask?: Mask | undefined }): Tensor {
    const y = super.forward(x, given);
    if (sameShape(y.shape, x.shape)) return y;
    const expected = `an output in the shape of its input, ${JSON.stringify(x.shape)}`;
    const hint = 'A norm inside a model must keep shapes.';
    throw new NormtapeError({ where: this.type, expected, received: y.shape, hint });
  }
}

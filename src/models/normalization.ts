import { sameShape } from '../array/index.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { MAKER, type Maker } from '../nn/construction.js';
import { NormalizationLayer, normalization } from '../norms/layer.js';
import type { Mask } from '../norms/mask.js';
import { type GivenTo, type Norm, isNorm, reasonApart } from '../norms/norm.js';
import { zeroGainOf } from '../norms/owned.js';
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

/** A definition without inputs besides x and with one output, which must have the shape of x. */
export type ShapePreservingNorm = Norm<string, Options, string, string, readonly [], Options, readonly []>;

/** A definition of one's own with its options, for a model: `{ definition: myNorm, epsilon: 1e-3 }`. */
export type DefinedNormalization<N extends ShapePreservingNorm = ShapePreservingNorm> = {
  /** The norm, as norm(…) made it. */
  readonly definition: N;
  /** Not with a definition, which has a type of its own. */
  readonly type?: never;
} & GivenTo<N>;

/** The configuration for no normalization. */
interface NoNormalization {
  /** No normalization. */
  readonly type: 'none';
  /** Accepted, as in every configuration, and ignored. */
  readonly name?: string;
}

/**
 * A normalization that can follow any layer of a model: a type, a configuration, 'none', a definition made by norm(…),
 * or such a definition with options.
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

/** The description of a norm, as a part of a model. */
const partOf = ({ type, about, options, ignores }: Norm): Part => ({
  about,
  options: { name: text(type, 'The name of the layer.'), ...ignores, ...options },
});

/**
 * The normalization options of a model. A config may hold everything that createNormalizationFromConfig accepts.
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
  return {
    part: partOf(definition),
    given,
    ...refusalOf(definition),
    keep: (options) => ({ definition, ...options }),
  };
}

/** The reason why a norm cannot stand in a model, if there is one. */
function refusalOf(norm: Norm): Pick<StatedDefinition, 'refusal'> {
  const hint = reasonApart(norm);
  const expected = 'a norm of x alone with one output, in the shape of x';
  return hint === undefined ? {} : { refusal: { expected, received: norm.type, hint } };
}

/** The normalization option of a model. */
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

/** The normalization option for one place in a model, or 'same' for that of all other places. */
export const normalizationOfPlace = (about: string): PartOption<StatedNormalization | 'same'> => ({
  kind: 'part',
  default: 'same',
  about,
  family: { same: { about: 'That of the other places.', options: {} }, ...family },
  definition: readDefinition,
});

/** The normalization of a place, given its own option and that of the other places. */
export function normalizationAt(
  place: StatedNormalization | 'same' | { readonly type: 'same' },
  others: StatedNormalization,
): StatedNormalization {
  if (typeof place === 'string') return place === 'same' ? others : place;
  return !isNorm(place) && place.type === 'same' ? others : (place as StatedNormalization);
}

/** The stated normalization, or another one if that is 'none'. */
export const unlessNone = (
  stated: StatedNormalization,
  other: StatedNormalization | undefined,
): StatedNormalization =>
  stated === 'none' || (typeof stated !== 'string' && !isNorm(stated) && stated.type === 'none')
    ? (other ?? stated)
    : stated;

/** The layer of a checked normalization; undefined for 'none'. */
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

/**
 * The normalization with a gain that starts at 0, and so an output of 0. Throws, in the name of `where`, if its options use
 * no gain of the whole output.
 */
export function withZeroGain(where: string, stated: StatedNormalization): StatedNormalization {
  const layer = normalizationLayer(stated);
  const zero = layer && zeroGainOf(layer.definition.parameters, layer.options);
  if (!zero) {
    const expected = 'a normalization with a learned gain, such as layer_norm';
    throw new NormtapeError({ where, expected, received: layer?.type ?? 'none' });
  }
  const defined = definitionIn(stated);
  const given = defined ? { definition: defined.definition, ...defined.given } : stated;
  return { ...(typeof given === 'string' ? { type: given } : given), ...zero } as StatedNormalization;
}

/** The layer of a definition of one's own, whose outputs must have the shape of the input. */
class DefinedLayer extends NormalizationLayer<ShapePreservingNorm> {
  override get [MAKER](): Maker {
    return normalization as Maker;
  }

  override forward(x: Tensor, given?: { readonly mask?: Mask | undefined }): Tensor {
    const y = super.forward(x, given);
    if (sameShape(y.shape, x.shape)) return y;
    const expected = `an output in the shape of its input, ${JSON.stringify(x.shape)}`;
    const hint = 'A norm inside a model must keep shapes.';
    throw new NormtapeError({ where: this.type, expected, received: y.shape, hint });
  }
}

import { type NdArray, map, sameShape } from '../array/index.js';
import { NormtapeError } from '../error.js';
import { entriesOf } from '../option/index.js';
import { type Module, demandModule } from '../nn/module.js';
import { placesOf, putAll } from '../nn/replace.js';
import { NormalizationLayer, normalization } from '../norms/layer.js';
import { type GivenTo, type Norm, isNorm } from '../norms/norm.js';
import { type NormalizationType, norms } from '../norms/normalizations.js';
import { suggestType } from '../norms/names.js';
import type { Owned } from '../norms/owned.js';

/** A norm that was converted, and what became of its weights and options. */
export interface Converted {
  /** Its name in the model. */
  readonly name: string;
  /** Weights and statistics that mean the same in both, as 'scale → gamma'. */
  readonly carried: readonly string[];
  /** Weights, statistics and options of the norm before that the new one has no place for. */
  readonly lost: readonly string[];
  /** Weights and statistics of the new norm that start as in a new layer. */
  readonly started: readonly string[];
}

/** A built-in norm by its type, or a definition of one's own. */
type Stated = NormalizationType | Norm;

/**
 * Replaces every norm of one type in a model by a new one of another, which takes over the weights and statistics with the
 * same role (gain, shift, mean, variance), the options with the same name unless `options` gives others, the name if that
 * is not the type, and the mode. It says, for each norm, what was carried over, what was lost and what starts anew.
 *
 * @throws {NormtapeError} If the model has no norm of the first type, or the second refuses its options or the shape of
 * its input; nothing has changed then.
 */
export function convertNormalization<T extends Stated>(
  model: Module,
  from: Stated,
  to: T,
  options?: GivenTo<T extends NormalizationType ? (typeof norms)[T] : T & Norm>,
): readonly Converted[] {
  const where = 'convertNormalization';
  demandModule(where, model);
  const [before, after] = [definitionOf(`${where}: from`, from), definitionOf(`${where}: to`, to)];
  const made = new Map<NormalizationLayer, Conversion>();
  const changes = placesOf(model).flatMap((place) => {
    const { module } = place;
    if (!(module instanceof NormalizationLayer) || module.definition !== before) return [];
    const conversion = made.get(module) ?? convert(module, after, options ?? {});
    made.set(module, conversion);
    return [{ place, ...conversion }];
  });
  if (changes.length === 0) {
    const hint =
      'Norms must be in fields, arrays, Maps, Sets or plain objects of its modules, not in #private fields.';
    throw new NormtapeError({ where, expected: `a model with ${before.type} in it`, received: model, hint });
  }
  putAll(
    where,
    changes.map(({ place, layer }) => [place, layer]),
  );
  return changes.map(({ place: { name }, report }) => ({ name, ...report }));
}

function definitionOf(where: string, stated: unknown): Norm {
  if (isNorm(stated)) return stated;
  if (typeof stated === 'string' && Object.hasOwn(norms, stated)) return norms[stated as NormalizationType];
  const expected = 'the type of a built-in norm, or a definition made with norm(…)';
  throw new NormtapeError({
    where,
    expected,
    received: stated,
    hint: suggestType(stated, Object.values(norms)),
  });
}

interface Conversion {
  readonly layer: NormalizationLayer;
  readonly report: Omit<Converted, 'name'>;
}

function convert(old: NormalizationLayer, to: Norm, given: object): Conversion {
  const shared = Object.entries(old.options).filter(
    ([name]) => name in to.options && to.options[name]!.kind === old.definition.options[name]!.kind,
  );
  const name = old.name === old.type ? undefined : { name: old.name };
  const own = entriesOf(given);
  // What cannot be read is refused there, in words.
  const layer: NormalizationLayer = normalization(
    to,
    own ? { ...Object.fromEntries(shared), ...name, ...Object.fromEntries(own) } : given,
  );
  layer.training = old.training;
  if (!old.trainable) layer.freeze();
  const dropped = Object.keys(old.options).filter((option) => !(option in to.options));
  const { builtFor } = old;
  if (!builtFor) return { layer, report: { carried: [], lost: dropped, started: [] } };
  layer.build(builtFor.shape, { dtype: builtFor.dtype });
  const owned = old.arrays();
  const sources = Object.entries(owned).map(
    ([own, array]) =>
      [own, ownedIn(old.definition, own)?.used?.(old.options as never, owned) ?? array] as const,
  );
  const targets = layer.arrays();
  const pairs = Object.keys(targets).flatMap((target) => {
    const role = ownedIn(to, target)?.role;
    const source = sources.find(
      ([own, array]) =>
        role !== undefined &&
        ownedIn(old.definition, own)?.role === role &&
        sameShape(array.shape, targets[target]!.shape),
    );
    if (!source) return [];
    const [own, array] = source;
    const difference = addendIn(old, own) - addendIn(layer, target);
    return [{ target, source: own, array: difference === 0 ? array : map(array, (w) => w + difference) }];
  });
  const loaded: Record<string, NdArray> = Object.fromEntries(
    pairs.map(({ target, array }) => [target, array]),
  );
  layer.loadStateDict(loaded, { strict: false });
  const taken = new Set(pairs.map(({ source }) => source));
  return {
    layer,
    report: {
      carried: pairs.map(({ source, target }) => `${source} → ${target}`),
      lost: [...sources.map(([own]) => own).filter((own) => !taken.has(own)), ...dropped],
      started: Object.keys(targets).filter((target) => !(target in loaded)),
    },
  };
}

/** The number that is added to a weight where its norm uses it. */
const addendIn = ({ definition, options }: NormalizationLayer, name: string): number =>
  ownedIn(definition, name)?.addend?.(options as never) ?? 0;

const ownedIn = ({ parameters, state = {} }: Norm, name: string): Owned<never> | undefined =>
  (parameters as Readonly<Record<string, Owned<never>>>)[name] ??
  (state as Readonly<Record<string, Owned<never>>>)[name];

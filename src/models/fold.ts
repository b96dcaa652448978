import { type NdArray, cast, flat, isNdArray, positiveAxes } from '../array/index.js';
import { NormtapeError } from '../error.js';
import { type Absorbing, LINEAR, type FeatureMap, type Side, absorb } from '../nn/absorb.js';
import { type Module, PLACES, demandModule } from '../nn/module.js';
import { entriesOf } from '../option/index.js';
import { type Place, placesOf, putAll } from '../nn/replace.js';
import { identity } from '../norms/definitions/identity.js';
import { NormalizationLayer, normalization } from '../norms/layer.js';
import type { FeatureAffine } from '../norms/norm.js';

/** A norm that was folded, and the layer that it became part of, by their names in the model. */
export interface Folded {
  readonly norm: string;
  readonly into: string;
}

/** A norm to fold: the layer that takes it in, and the map that it takes in. */
interface Plan extends Folded {
  readonly layer: Absorbing;
  readonly side: Side;
  readonly map: FeatureMap;
  /** Where the norm lies, and what takes its place. */
  readonly place: Place;
  readonly instead: Module;
}

/**
 * Folds every norm that is an affine map at inference, such as batch_norm, into the preceding layer with a kernel, or
 * else into the following one, and replaces the norm by `identity`. In eval mode the outputs are the same up to
 * rounding, without the cost of the norm; the model can no longer be trained as before. Norms that compute statistics
 * of x are not changed.
 *
 * @throws {NormtapeError} If the model is not built, or no adjacent layer can take in such a norm; then nothing has
 * changed.
 */
export function foldNormalization(model: Module): readonly Folded[] {
  const where = 'foldNormalization';
  demandModule(where, model);
  const places = placesOf(model);
  const names = new Map(places.map(({ module, name }) => [module, name]));
  const placesOfWeights = model[PLACES]();
  const chains = [model, ...places.map(({ module }) => module)].flatMap((module) => module.chains());
  const plans = places.flatMap((place): Plan[] => {
    const { name, module } = place;
    if (!isAffine(module)) return [];
    const alone = places.filter((other) => other.module === module).length === 1;
    if (!alone) throw failure(name, 'the norm lies in several places of the model');
    const map = mapOf(module, name);
    const reasons: string[] = [];
    for (const { layer, side } of neighboursOf(module, chains)) {
      const into = names.get(layer as unknown as Module) ?? '';
      const linear = layer[LINEAR](side);
      if (typeof linear === 'string') reasons.push(`${into}: ${linear}`);
      else if (places.filter(({ module: other }) => other === (layer as unknown)).length > 1)
        reasons.push(`${into}: it lies in several places of the model`);
      else if ([linear.kernel, linear.bias].some((one) => one && placesOfWeights.get(one)!.length > 1))
        reasons.push(`${into}: its weights are those of another layer too`);
      else {
        const instead = normalization(identity, { name: module.name }).eval();
        const { shape, dtype } = module.builtFor!;
        instead.build(shape, { dtype });
        return [{ norm: name, into, layer, side, map, place, instead }];
      }
    }
    throw failure(name, reasons.join('; ') || 'no layer with a kernel stands beside it');
  });
  // Of several norms on one side, the one next to the layer becomes part of it first.
  const inTurn = [
    ...plans.filter(({ side }) => side === 'outputs'),
    ...plans.filter(({ side }) => side === 'inputs').reverse(),
  ];
  putAll(
    where,
    plans.map(({ place, instead }) => [place, instead]),
  );
  for (const { layer, side, map } of inTurn) absorb(layer, side, map);
  return plans.map(({ norm, into }) => ({ norm, into }));
}

const failure = (norm: string, received: string): NormtapeError =>
  new NormtapeError({
    where: `foldNormalization: ${norm}`,
    expected: 'a layer with a kernel directly before or after the norm, as `chains` of its module states it',
    received,
  });

/** The layers with a kernel directly before and after a norm; that before comes first. */
function neighboursOf(
  norm: Module,
  chains: readonly (readonly unknown[])[],
): readonly { readonly layer: Absorbing; readonly side: Side }[] {
  const sides = [
    { step: -1, side: 'outputs' },
    { step: 1, side: 'inputs' },
  ] as const;
  return sides.flatMap(({ step, side }) =>
    chains
      .flatMap((chain) => {
        let at = chain.indexOf(norm);
        if (at < 0) return [];
        do at += step;
        while (isAffine(chain[at]));
        const layer = chain[at];
        return isAbsorbing(layer) ? [{ layer, side }] : [];
      })
      .slice(0, 1),
  );
}

/** Whether a layer is a norm that is folded too, so that the next layer is that beyond it. */
const isAffine = (layer: unknown): layer is NormalizationLayer =>
  layer instanceof NormalizationLayer && layer.definition.atInference !== undefined;

const isAbsorbing = (layer: unknown): layer is Absorbing =>
  typeof layer === 'object' && layer !== null && typeof (layer as Partial<Absorbing>)[LINEAR] === 'function';

/** The affine map that a norm is at inference. */
function mapOf(layer: NormalizationLayer, name: string): FeatureMap {
  const { definition, options, builtFor } = layer;
  if (!builtFor) throw failure(name, 'a norm that is not built');
  const weights = layer.arrays();
  const affine: FeatureAffine = definition.atInference!(weights, options, weights);
  const rank = builtFor.shape.length;
  demandAffine(layer.type, affine);
  const [axis = rank - 1, ...others] = positiveAxes(affine.axis, rank);
  if (axis !== rank - 1 || others.length > 0)
    throw failure(name, `a norm along the axes ${JSON.stringify(affine.axis)}, and not the last one`);
  const features = builtFor.shape[rank - 1]!;
  /** Without axes, one number is that of all features. */
  const all = (a: NdArray | undefined, missing: number): Float64Array => {
    const numbers = a ? flat(cast(a, 'float64')) : [missing];
    if (numbers.length !== 1 && numbers.length !== features) {
      const [where, expected] = [`${layer.type}.atInference`, `arrays of 1 or ${features} numbers`];
      throw new NormtapeError({ where, expected, received: numbers.length });
    }
    return new Float64Array(features).map((_, i) => numbers[numbers.length > 1 ? i : 0]!);
  };
  return { center: all(affine.center, 0), gain: all(affine.gain, 1), shift: all(affine.shift, 0) };
}

/** What a norm states that it is at inference; throws, in the name of the norm, if that is nothing of the kind. */
function demandAffine(type: string, affine: unknown): void {
  const { axis, ...parts } = Object.fromEntries(entriesOf(affine) ?? []);
  const isAxes = typeof axis === 'number' || Array.isArray(axis);
  const arrays = ['gain', 'center', 'shift'].map((part) => parts[part]);
  if (isAxes && arrays.every((array) => array === undefined || isNdArray(array))) return;
  const expected = '{ axis, gain, center, shift }, axes and arrays';
  throw new NormtapeError({ where: `${type}.atInference`, expected, received: affine });
}

import { type NdArray, type Shape, isNdArray, sameShape } from '../array/index.js';
import { noGrad } from '../autograd/recording.js';
import type { Parameter } from '../autograd/parameter.js';
import { Tensor, arrayOf } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import {
  KERNELS,
  type Kernel,
  KernelLayer,
  REPARAMETERIZATION,
  REPARAMETERIZE,
  type Reparameterization,
} from '../nn/kernel-layer.js';
import { type Module, PLACES, type Place, demandModule } from '../nn/module.js';
import { type Selection, matcherOf } from '../optim/selection.js';
import { demandNorm } from './demand.js';
import { type NormalizationLayer, normalization } from './layer.js';
import { type GivenTo, type Norm, reasonApart } from './norm.js';
import { type Option, plain, snakeCase } from './option.js';
import { present, replacements } from './returned.js';
import {
  type WeightNormalizationOptions,
  type WeightNormalizationType,
  weightNormalizationTypes,
  weightNorms,
} from './weight-normalizations.js';
import { suggestWeightType } from './weight-names.js';

/** The kernels to normalize. */
export interface WhichWeights {
  /** Some kernels of the module, selected as an optimizer selects parameters: `'blocks.*.kernel'`. Default: all. */
  readonly where?: Selection | undefined;
}

/** A kernel with its dotted name and its layer, in whose field it lies. */
interface Found extends Kernel {
  readonly name: string;
  readonly layer: KernelLayer;
  readonly field: string;
}

const kernelsIn = (module: Module): readonly Found[] =>
  [...module.namedModules()].flatMap(([prefix, layer]) =>
    layer instanceof KernelLayer
      ? Object.entries(layer[KERNELS]()).map(([field, kernel]) => {
          const name = [prefix, snakeCase(field)].filter(Boolean).join('.');
          return { ...kernel, name, layer, field };
        })
      : [],
  );

const WHERE = 'normalizeWeights';

/**
 * Normalizes the kernels of all layers of a module that is built, or those that `where` selects, and returns the module:
 * each layer then computes with the effective weight, and trains the stored weight and the weights of the norm.
 *
 * @throws {NormtapeError} If there is no such kernel, a kernel already has a norm or is shared, or the norm does not fit
 * one. Then nothing is changed.
 */
export function normalizeWeights<M extends Module, T extends WeightNormalizationType>(
  module: M,
  type: T,
  options?: WeightNormalizationOptions<T> & WhichWeights,
): M;
export function normalizeWeights<M extends Module, N extends Norm>(
  module: M,
  definition: N,
  options?: GivenTo<N> & WhichWeights,
): M;
export function normalizeWeights<M extends Module>(
  module: M,
  stated: string | Norm,
  given: WhichWeights = {},
): M {
  demandModule(WHERE, module);
  const definition = definitionOf(stated);
  const { where, ...options } = plain(WHERE, given);
  const planned = selected(module, where).map((kernel) => ({
    kernel,
    ...planFor(kernel, definition, options),
  }));
  for (const { kernel, norm, x, shape } of planned) {
    if (x) kernel.stored.value = x;
    kernel.layer[REPARAMETERIZE](kernel.field, norm as Reparameterization, shape);
  }
  return module;
}

/**
 * Replaces each kernel that has a norm by its effective weight at inference, removes the norm, and returns the module:
 * its outputs at inference stay the same to the bit.
 *
 * @throws {NormtapeError} If no kernel of the module has a norm, or another layer shares one of these kernels. Then nothing
 * is changed.
 */
export function fuseWeights<M extends Module>(module: M): M {
  const where = 'fuseWeights';
  demandModule(where, module);
  const fused = kernelsIn(module).flatMap(({ name, layer, field, stored }) => {
    const norm = layer[REPARAMETERIZATION](field);
    return norm && stored ? [{ name, layer, field, stored, value: effective(norm, stored) }] : [];
  });
  if (fused.length === 0) {
    const hint = 'normalizeWeights puts norms on kernels.';
    const received = [...module.namedParameters().keys()];
    throw new NormtapeError({ where, expected: 'a module with a kernel that has a norm', received, hint });
  }
  const placesOf = module[PLACES]();
  for (const { name, stored } of fused) {
    const places = placesOf.get(stored)!;
    if (new Set(places.map(({ owner }) => owner)).size < 2) continue;
    const expected = 'a kernel that no other layer shares';
    throw new NormtapeError({ where: `${where}: ${name}`, expected, received: namesOf(places) });
  }
  for (const { layer, field, stored, value } of fused) {
    stored.value = value;
    layer[REPARAMETERIZE](field, undefined);
  }
  return module;
}

const namesOf = (places: readonly Place[]): string[] => places.map(({ name }) => name);

function definitionOf(stated: unknown): Norm {
  if (typeof stated !== 'string') {
    demandNorm(stated);
    if ((stated.outputs?.length ?? 0) < 2) return stated;
    const hint = reasonApart(stated);
    throw new NormtapeError({
      where: `${WHERE}: type`,
      expected: 'a norm with one output',
      received: stated.type,
      hint,
    });
  }
  const type = weightNormalizationTypes.find((known) => known === stated);
  if (type) return weightNorms[type];
  const expected = `one of ${weightNormalizationTypes.join(', ')}`;
  const hint = suggestWeightType(stated);
  throw new NormtapeError({ where: `${WHERE}: type`, expected, received: stated, hint });
}

type Built = Found & { readonly stored: Parameter };

/** The kernels to normalize; throws if there are none, or if one of them cannot be. */
function selected(module: Module, where: Selection | undefined): readonly Built[] {
  if (!module.built) {
    const hint = 'Build it first: give it an input.';
    throw new NormtapeError({
      where: WHERE,
      expected: 'a module that is built',
      received: 'one that is not',
      hint,
    });
  }
  const kernels = kernelsIn(module).filter((kernel): kernel is Built => kernel.stored !== undefined);
  if (kernels.length === 0) {
    const expected = 'a module with layers that have a kernel, such as Dense and Conv2D';
    throw new NormtapeError({ where: WHERE, expected, received: [...module.namedParameters().keys()] });
  }
  const matcher = where === undefined ? undefined : matcherOf(`${WHERE}.where`, where);
  const names = kernels.map(({ name }) => name);
  matcher?.demandUse(names);
  const picked = kernels.filter(({ stored, name }) => matcher?.matches(stored, () => name) ?? true);
  if (picked.length === 0) {
    const expected = `a selection of some kernels among ${names.join(', ')}`;
    throw new NormtapeError({ where: `${WHERE}.where`, expected, received: where });
  }
  const places = module[PLACES]();
  for (const { name, layer, field, stored } of picked) {
    const norm = layer[REPARAMETERIZATION](field);
    if (norm) {
      const hint = 'fuseWeights bakes a norm in and removes it; `where` selects other kernels.';
      const expected = 'a kernel without a norm';
      throw new NormtapeError({ where: `${WHERE}: ${name}`, expected, received: norm.toString(), hint });
    }
    const shared = places.get(stored)!;
    if (shared.length > 1) {
      const hint = 'Normalize a shared layer by itself, as in normalizeWeights(layer, type).';
      throw new NormtapeError({
        where: `${WHERE}: ${name}`,
        expected: 'a kernel in one place',
        received: namesOf(shared),
        hint,
      });
    }
  }
  return picked;
}

/** The norm for one kernel, started from it, and the x to store in its place if that is not the kernel itself. */
function planFor({ name, layer, stored, outputs }: Built, definition: Norm, given: object) {
  const where = `${WHERE}: ${name}`;
  const kernel = arrayOf(stored);
  const norm = normalization(definition, { ...placeOf(definition, outputs, kernel.shape), ...given });
  norm.training = layer.training;
  norm.trainable = layer.trainable && stored.trainable;
  const encoded = definition.encode?.(kernel, norm.options);
  if (encoded && (stored.regularizer ?? stored.constraint)) {
    const expected = 'a kernel without a regularizer or a constraint, which would act on other coordinates';
    const hint = `${definition.type} stores the kernel in another form.`;
    const received = stored.regularizer ? 'one with a regularizer' : 'one with a constraint';
    throw new NormtapeError({ where, expected, received, hint });
  }
  const at = `${definition.type}.encode`;
  const { x = kernel, ...parameters } = encoded === undefined ? {} : present(at, encoded);
  if (!isNdArray(x) || x.dtype !== kernel.dtype) {
    const received = isNdArray(x) ? x.dtype : x;
    throw new NormtapeError({ where: `${at}.x`, expected: `an NdArray of ${kernel.dtype}`, received });
  }
  norm.startFrom(new Tensor(x));
  for (const [weight, value] of replacements(at, parameters, norm.namedParameters())) weight.value = value;
  const { shape } = effective(norm as Reparameterization, new Tensor(x));
  if (!sameShape(shape, kernel.shape)) {
    const expected = `an effective weight in the shape of the kernel, ${JSON.stringify(kernel.shape)}`;
    throw new NormtapeError({ where, expected, received: shape });
  }
  return { norm: norm as NormalizationLayer, x: encoded?.x, shape };
}

/** The options of a norm that depend on the kernel: the axes of its outputs, and its shape. */
function placeOf({ options }: Norm, outputs: readonly number[], shape: Shape): object {
  return {
    ...(options['axis'] && { axis: axesFor(options['axis'], outputs) }),
    ...(options['shape'] && { shape }),
  };
}

const axesFor = ({ kind }: Option, outputs: readonly number[]): number | readonly number[] =>
  kind !== 'numbers' && outputs.length === 1 ? outputs[0]! : outputs;

/** The effective weight at inference, which moves no statistic. */
function effective(norm: Reparameterization, stored: Tensor): NdArray {
  const { training } = norm;
  norm.training = false;
  try {
    return arrayOf(noGrad(() => norm.forward(stored)));
  } finally {
    norm.training = training;
  }
}

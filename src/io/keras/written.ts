import { type NdArray, type Shape, reshape } from '../../array/index.js';
import { noGrad } from '../../autograd/recording.js';
import { scope } from '../../autograd/scope.js';
import type { Tensor } from '../../autograd/tape.js';
import { NormtapeError } from '../../error.js';
import { Residual } from '../../models/residual.js';
import { Activation } from '../../nn/activations.js';
import { KERNELS, KernelLayer, REPARAMETERIZATION } from '../../nn/kernel-layer.js';
import { Module } from '../../nn/module.js';
import { type Layer, Sequential } from '../../nn/sequential.js';
import { type Weight, arrayIn } from '../../nn/statistic.js';
import { broadcastTo } from '../../ops/catalog.js';
import { zeros } from '../../ops/create.js';
import { sizeOfStated } from '../arrays.js';
import { demandList, named } from './config.js';
import type { Entries, Format, LayerRow, WeightRow } from './layer-row.js';
import { LAYER_CLASSES } from './layers.js';
import { ADD } from './stages.js';

/** A layer as a file is to state it. */
export interface WrittenLayer {
  readonly className: string;
  readonly config: Entries;
  readonly trainable: boolean;
  /** The layers whose outputs it reads, by their places before it; −1 is the input of the model. */
  readonly inputs: readonly number[];
  /** What it is called with besides. */
  readonly call: Entries;
  /** The shape of its output for a batch of one. */
  readonly shape: Shape;
  readonly weights: readonly (readonly [WeightRow, NdArray])[];
}

/**
 * The layers of a Sequential that is built, as a file of a format states them, for samples of this shape.
 *
 * @throws {NormtapeError} If a layer or an option does not exist there, or samples of the shape do not fit.
 */
export function writtenLayers(
  where: string,
  format: Format,
  model: Module,
  inputShape: Shape,
): readonly WrittenLayer[] {
  if (!computesAs(model, Sequential) || !model.built)
    throw new NormtapeError({ where, expected: 'a Sequential that is built', received: model });
  sizeOfStated(`${where}.inputShape`, demandList(`${where}.inputShape`, inputShape));
  const [first] = [...model.parameters()];
  const modes = model.snapshot('modes');
  const layers: Draft[] = [];
  try {
    model.eval();
    // One number for all, which takes no memory if the shape is wrong.
    const x = broadcastTo(zeros([1], first ? { dtype: first.dtype } : {}), [1, ...inputShape]);
    scope(() =>
      noGrad(() => void sequence(`${where}: layers`, (model as Sequential).layers, { x, place: -1 })),
    );
  } finally {
    modes.restore();
  }
  return layers.map(({ path, row, module, ...layer }) => ({
    ...layer,
    weights: row && module ? named(path, () => weightsOf(row, module)) : [],
  }));

  /** Appends layers that follow one another, and returns the output of the last. */
  function sequence(path: string, all: readonly unknown[], input: Output): Output {
    return all.reduce<Output>((before, layer, i) => one(`${path}.${i}`, layer as Layer, before), input);
  }

  function one(path: string, layer: Layer, input: Output): Output {
    if (computesAs(layer, Sequential)) return sequence(`${path}.layers`, (layer as Sequential).layers, input);
    if (computesAs(layer, Residual)) return residual(path, layer as Residual, input);
    return append(path, layer, input);
  }

  function append(path: string, layer: Layer, { x, place }: Output): Output {
    const [className, row, config] = named(path, () => written(path, format, layer));
    const module = layer instanceof Module ? layer : undefined;
    if (module && layers.some((other) => other.module === module) && module.parameters().length) {
      const hint = 'The file would have its weights twice, and they would train apart.';
      throw new NormtapeError({
        where: path,
        expected: 'a layer that comes once',
        received: className,
        hint,
      });
    }
    const y = named(`${path}: inputShape`, () =>
      layer instanceof Module ? layer.forward(x) : (layer as (x: Tensor) => Tensor)(x),
    );
    layers.push({
      path,
      row,
      module,
      className,
      config,
      trainable: module?.trainable ?? true,
      inputs: Array.from({ length: row.inputs ?? 1 }, () => place),
      call: module ? (row.call?.(module) ?? {}) : {},
      shape: y.shape,
    });
    return { x: y, place: layers.length - 1 };
  }

  function residual(path: string, layer: Residual, input: Output): Output {
    const { part, before, output, after, dropout, options } = layer;
    if (options.scale !== 1 || options.skip !== 1) {
      const expected = 'a scale and a skip of 1';
      throw new NormtapeError({
        where: path,
        expected,
        received: { scale: options.scale, skip: options.skip },
      });
    }
    const inner = Object.entries({ before, part, output, dropout });
    const made = inner.reduce<Output>(
      (reached, [name, inside]) => (inside ? one(`${path}.${name}`, inside as Layer, reached) : reached),
      input,
    );
    if (made.place === input.place)
      throw new NormtapeError({ where: path, expected: 'a part with a layer', received: part });
    layers.push({
      path,
      row: undefined,
      module: undefined,
      className: ADD,
      config: {},
      trainable: true,
      inputs: [input.place, made.place],
      call: {},
      shape: made.x.shape,
    });
    const sum = { x: made.x, place: layers.length - 1 };
    return after ? append(`${path}.after`, after as Layer, sum) : sum;
  }
}

/** Whether a layer is of a class, and has its forward pass. */
const computesAs = (layer: unknown, of: { readonly prototype: Module }): boolean =>
  layer instanceof (of as unknown as typeof Module) && layer.forward === of.prototype.forward;

/** A layer whose weights are still to be listed. */
interface Draft extends Omit<WrittenLayer, 'weights'> {
  readonly path: string;
  readonly row: LayerRow | undefined;
  readonly module: Module | undefined;
}

/** What a layer made of samples of zeros, and its place; −1 is the input of the model. */
interface Output {
  readonly x: Tensor;
  readonly place: number;
}

/** The class of a layer there, its row, and its configuration. */
function written(where: string, format: Format, layer: Layer): readonly [string, LayerRow, Entries] {
  const module = layer instanceof Module ? layer : new Activation(layer);
  const classes = Object.entries(LAYER_CLASSES).filter(
    ([, { formats }]) => formats?.includes(format) ?? true,
  );
  for (const [name, row] of classes) {
    // A subclass may compute something else.
    const config = module.constructor === row.of ? row.write(module, format) : undefined;
    if (config) return [name, row, config];
  }
  const expected = `a layer that is one of ${classes.map(([name]) => name).join(', ')} in ${format}`;
  throw new NormtapeError({ where, expected, received: module.constructor.name });
}

/** The weights of a layer in the order of Keras; throws if there are others. */
function weightsOf(row: LayerRow, module: Module): readonly (readonly [WeightRow, NdArray])[] {
  if (module instanceof KernelLayer)
    for (const name of Object.keys(module[KERNELS]()))
      if (module[REPARAMETERIZATION](name)) {
        const hint = 'Bake it in with fuseWeights before.';
        throw new NormtapeError({
          where: name,
          expected: 'a kernel without a norm',
          received: 'one with a norm',
          hint,
        });
      }
  const weights = new Map<string, Weight>([...module.namedParameters(), ...module.statistics()]);
  const rows = row.weights?.(module) ?? [];
  const found = rows.map((one) => {
    const value = arrayIn(weights.get(one.here)!);
    weights.delete(one.here);
    return [one, one.shape ? reshape(value, one.shape(value.shape)) : value] as const;
  });
  const [other] = weights.keys();
  if (other === undefined) return found;
  const expected = `weights among ${rows.map(({ here }) => here).join(', ')}`;
  throw new NormtapeError({ where: 'weights', expected, received: other });
}

/** Whether each layer reads the output of the one before it, and is called with nothing else. */
export const isChain = (layers: readonly WrittenLayer[]): boolean =>
  layers.every(({ inputs, call }, i) => inputs.join() === String(i - 1) && Object.keys(call).length === 0);

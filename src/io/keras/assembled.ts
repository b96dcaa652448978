import { type NdArray, type Shape, reshape, sameShape, sizeOf } from '../../array/index.js';
import { isList } from '../../demand.js';
import { NormtapeError } from '../../error.js';
import { Residual } from '../../models/residual.js';
import { Module } from '../../nn/module.js';
import type { Room } from '../../nn/room.js';
import { type Layer, Sequential } from '../../nn/sequential.js';
import type { Weight } from '../../nn/statistic.js';
import { LayerConfig, named } from './config.js';
import type { Format, LayerRow, WeightRow } from './layer-row.js';
import { LAYER_CLASSES } from './layers.js';
import { ADD, type Stage } from './stages.js';
import { type StatedLayer, type Topology, callOf } from './topology.js';

/** The weights of the layers of a file. */
export interface WeightSource {
  /** A weight of a layer by its row and its number there; undefined if there is none. */
  find(layer: StatedLayer, row: WeightRow, number: number): NdArray | undefined;
  /** A weight that belongs to no layer; undefined if each was found. */
  left(): string | undefined;
}

/** How much the modules of a file may be: as many numbers as it has, and attention has the most modules of a layer. */
export const roomFor = ({ layers }: Topology, weights: Iterable<NdArray>): Room => ({
  elements: [...weights].reduce((sum, { shape }) => sum + sizeOf(shape), 0),
  modules: 5 * layers.length + 1,
});

/** The rank of what the next layer reads; undefined before the first input. */
interface Progress {
  rank: number | undefined;
}

/**
 * A Sequential of these layers, with these weights.
 *
 * @throws {NormtapeError} In the name of `where`, if a layer or an option is not known, or weights do not fit.
 */
export function assembled(
  where: string,
  format: Format,
  stages: readonly Stage[],
  source: WeightSource,
): Sequential {
  const layers = sequenceOf(format, stages, source, { rank: undefined });
  const stray = source.left();
  if (stray === undefined) return new Sequential(layers);
  throw new NormtapeError({ where, expected: 'weights of the layers of the model', received: stray });
}

function sequenceOf(
  format: Format,
  stages: readonly Stage[],
  source: WeightSource,
  progress: Progress,
): readonly Layer[] {
  return stages.flatMap((stage) => {
    if (!('sum' in stage)) return layerOf(format, stage, source, progress) ?? [];
    readSum(stage.sum);
    const part = sequenceOf(format, stage.part, source, progress);
    const [only, ...more] = part;
    return new Residual(only && more.length === 0 ? only : new Sequential(part));
  });
}

/** Reads a layer that adds its inputs, which has nothing else. */
function readSum(layer: StatedLayer): void {
  const config = new LayerConfig(layer.where, layer.config);
  config.base();
  config.end();
  callOf(layer).end();
}

/** The layer of a statement; undefined if it only states the shape of the input. */
function layerOf(
  format: Format,
  stated: StatedLayer,
  source: WeightSource,
  progress: Progress,
): Layer | undefined {
  const { className, config, where } = stated;
  const own = new LayerConfig(where, config);
  const shapes = ['batch_input_shape', 'batch_shape'].map((key) => own.take(key));
  const shape = shapes.find((one) => one !== undefined);
  if (isList(shape)) progress.rank ??= shape.length;
  for (const key of ['sparse', 'ragged', 'input_dtype', 'optional']) own.take(key);
  const call = callOf(stated);
  if (className === INPUT) {
    for (const key of ['name', 'dtype', 'trainable']) own.take(key);
    own.end();
    call.end();
    return undefined;
  }
  const { trainable, dtype } = own.base();
  const { rank } = progress;
  if (rank === undefined)
    throw new NormtapeError({ where, expected: 'the shape of its input', received: undefined });
  const known = rowOf(stated);
  demandInputs(stated, known);
  const shapeOf = (row: WeightRow) => source.find(stated, row, -1)?.shape;
  const layer = named(where, () => known.read(own, { format, rank, dtype, call, shapeOf }));
  own.end();
  call.end();
  if (layer instanceof Module) {
    named(where, () => fill(stated, known, layer, rank, source));
    if (!trainable) layer.freeze();
  }
  if (layer instanceof Module) progress.rank = named(where, () => known.rank?.(rank, layer)) ?? rank;
  return layer;
}

/** The class of layers that state the shape of the input of a model. */
const INPUT = 'InputLayer';

/** Throws, before there are weights, if a layer has no class here. */
export function demandClasses(layers: readonly StatedLayer[]): void {
  for (const layer of layers) if (layer.className !== INPUT && layer.className !== ADD) rowOf(layer);
}

/** The row of a layer; throws if its class is not known. */
function rowOf({ className, where }: StatedLayer): LayerRow {
  const known = Object.hasOwn(LAYER_CLASSES, className) ? LAYER_CLASSES[className] : undefined;
  if (known) return known;
  const expected = `a layer among ${Object.keys(LAYER_CLASSES).join(', ')}`;
  const hint =
    (Object.hasOwn(REFUSED, className) ? REFUSED[className] : undefined) ??
    'Write the model here, and load its weights by name.';
  throw new NormtapeError({ where, expected, received: className, hint });
}

/** What to do instead, for classes that compute in another way here. */
const REFUSED: Readonly<Record<string, string | undefined>> = {
  SpectralNormalization:
    'Keras replaces the kernel in training and uses it as it is afterwards, but normalizeWeights divides each time. ' +
    'Save the layer inside of it, which predicts the same, and put spectral_norm on it here with normalizeWeights to train on.',
};

/** Throws unless a layer of a functional model has as many inputs as its class. */
function demandInputs({ where, inputs }: StatedLayer, { inputs: most = 1 }: LayerRow): void {
  // Keras may call attention with a key that is the value.
  if (inputs.length === 0 || (inputs.length >= most && inputs.length <= (most === 1 ? 1 : most + 1))) return;
  throw new NormtapeError({
    where,
    expected: `${most} ${most === 1 ? 'input' : 'inputs'}`,
    received: inputs,
  });
}

/** Makes the weights of a layer, and replaces their numbers. */
function fill(stated: StatedLayer, known: LayerRow, layer: Module, rank: number, source: WeightSource): void {
  const { where } = stated;
  const rows = known.weights?.(layer) ?? [];
  const found = new Map<string, NdArray>();
  for (const [i, row] of rows.entries()) {
    const array = source.find(stated, row, i);
    if (array) found.set(row.here, array);
    else throw new NormtapeError({ where, expected: `a weight ${row.there}`, received: [...found.keys()] });
  }
  const dtypes = [...new Set([...found.values()].map(({ dtype }) => dtype))];
  if (dtypes.length > 1)
    throw new NormtapeError({ where, expected: 'weights of one dtype', received: dtypes });
  const shapes = new Map<string, Shape>([...found].map(([name, { shape }]) => [name, shape]));
  known.build?.(layer, shapes, rank, dtypes.length ? { dtype: dtypes[0]! } : {});
  const weights = new Map<string, Weight>([...layer.namedParameters(), ...layer.statistics()]);
  for (const { here, there, shape } of rows) {
    const [array, weight] = [found.get(here)!, weights.get(here)];
    const expectedShape = weight && (shape?.(weight.shape) ?? weight.shape);
    if (!expectedShape || !sameShape(array.shape, expectedShape) || array.dtype !== weight.dtype) {
      const expected = `a weight ${there} of the shape ${JSON.stringify(expectedShape)}`;
      throw new NormtapeError({ where, expected, received: array.shape });
    }
    weight.value = shape ? reshape(array, weight.shape) : array;
    weights.delete(here);
  }
  const [missing] = weights.keys();
  if (missing !== undefined)
    throw new NormtapeError({ where, expected: `a weight for ${missing}`, received: [...found.keys()] });
}

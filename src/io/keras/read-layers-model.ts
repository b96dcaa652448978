import { type NdArray, type Shape, sameShape, sizeOf } from '../../array/index.js';
import { isList } from '../../demand.js';
import { NormtapeError } from '../../error.js';
import { Module } from '../../nn/module.js';
import { makingWithin } from '../../nn/room.js';
import { type Layer, Sequential } from '../../nn/sequential.js';
import type { Weight } from '../../nn/statistic.js';
import { entriesOf } from '../../option/index.js';
import { type Bytes, readBytes, readText } from '../bytes.js';
import { parseObject } from '../json-text.js';
import { LayerConfig, named, readSerialized } from './config.js';
import type { LayerRow } from './layer-row.js';
import { LAYER_CLASSES } from './layers.js';
import { type StatedLayer, layersOf } from './topology.js';
import { demandFile, readWeights } from './weights.js';

/** The files of a LayersModel of TensorFlow.js by name: `model.json`, and those with the weights that it names. */
export type LayersModelFiles = Readonly<Record<string, Bytes>>;

/** The file that states the layers, and names the files of weights. */
export const MODEL = 'model.json';

/**
 * Reads a model that TensorFlow.js saved, or its converter made: `model.json` and the files of weights. It must be a
 * Sequential, or a functional model whose layers follow one another.
 *
 * @throws {NormtapeError} If a file is missing or malformed, or a layer is not known; it says which, and there is no model.
 */
export function readLayersModel(files: LayersModelFiles): Sequential {
  const where = 'readLayersModel';
  const byName = readFiles(where, files);
  const text = readText(`${where}: ${MODEL}`, demandFile(where, byName, MODEL));
  const { modelTopology, weightsManifest } = parseObject(`${where}: ${MODEL}`, text);
  const weights = readWeights(where, weightsManifest, byName);
  const outer = entriesOf(modelTopology) && Object.fromEntries(entriesOf(modelTopology)!);
  const topology = outer && 'model_config' in outer ? outer['model_config'] : modelTopology;
  const { className, config } = readSerialized(`${where}: modelTopology`, topology);
  const elements = [...weights.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const layers = layersOf(`${where}: ${className}`, className, config);
  return makingWithin({ elements, modules: layers.length + 1 }, () => assembled(where, layers, weights));
}

function readFiles(where: string, files: unknown): ReadonlyMap<string, Uint8Array> {
  const entries = entriesOf(files);
  if (!entries)
    throw new NormtapeError({ where, expected: 'a plain object of files by name', received: files });
  return new Map(entries.map(([name, bytes]) => [name, readBytes(`${where}: ${name}`, 'a file', bytes)]));
}

function assembled(
  where: string,
  stated: readonly StatedLayer[],
  weights: ReadonlyMap<string, NdArray>,
): Sequential {
  let rank: number | undefined;
  const left = new Map(weights);
  const layers: Layer[] = [];
  for (const [i, { className, config, name }] of stated.entries()) {
    const own = new LayerConfig(`${where}: layers.${i}, ${className} ${name}`, config);
    const { trainable } = own.base();
    const shapes = ['batch_input_shape', 'batch_shape'].map((key) => own.take(key));
    const shape = shapes.find((one) => one !== undefined);
    if (isList(shape)) rank ??= shape.length;
    for (const key of ['sparse', 'ragged', 'input_dtype']) own.take(key);
    if (className === 'InputLayer') {
      own.end();
      continue;
    }
    if (rank === undefined)
      throw new NormtapeError({ where: own.where, expected: 'the shape of its input', received: undefined });
    const known = Object.hasOwn(LAYER_CLASSES, className) ? LAYER_CLASSES[className] : undefined;
    if (!known) {
      const expected = `a layer among ${Object.keys(LAYER_CLASSES).join(', ')}`;
      const hint = 'Write the model here, and load its weights by name.';
      throw new NormtapeError({ where: own.where, expected, received: className, hint });
    }
    const inputRank = rank;
    const layer = named(own.where, () => known.read(own, inputRank));
    own.end();
    if (layer instanceof Module) {
      const mine = ownOf(left, name);
      for (const key of mine.values()) left.delete(key);
      named(own.where, () => fill(own.where, known, layer, inputRank, mine, weights));
      if (!trainable) layer.freeze();
    }
    rank = known.rank?.(rank) ?? rank;
    layers.push(layer);
  }
  const [stray] = left.keys();
  if (stray !== undefined)
    throw new NormtapeError({ where, expected: 'weights of the layers of the model', received: stray });
  return new Sequential(layers);
}

/** The weights of a layer by their last names, and their whole names. */
function ownOf(weights: ReadonlyMap<string, NdArray>, layer: string): ReadonlyMap<string, string> {
  return new Map(
    [...weights.keys()].flatMap((key): [string, string][] => {
      const segments = key.split('/');
      return segments.at(-2) === layer ? [[segments.at(-1)!.replace(/:0$/, ''), key]] : [];
    }),
  );
}

/** Builds a layer for its weights, and replaces their numbers. */
function fill(
  where: string,
  { weights: names = {}, built }: LayerRow,
  layer: Module,
  rank: number,
  own: ReadonlyMap<string, string>,
  arrays: ReadonlyMap<string, NdArray>,
): void {
  const found = new Map(
    Object.entries(names).flatMap(([here, there]): [string, NdArray][] => {
      const key = own.get(there);
      return key === undefined ? [] : [[here, arrays.get(key)!]];
    }),
  );
  const shapes = new Map([...found].map(([name, { shape }]) => [name, shape]));
  const input = built?.(shapes, rank, layer);
  if (input) (layer as Module & { build(input: Shape): void }).build(input);
  const weights = new Map<string, Weight>([...layer.namedParameters(), ...layer.statistics()]);
  const stray = [...own.keys()].find(
    (there) => !Object.entries(names).some(([h, t]) => t === there && weights.has(h)),
  );
  if (stray !== undefined)
    throw new NormtapeError({
      where,
      expected: `weights among ${[...weights.keys()].join(', ')}`,
      received: stray,
    });
  if (Object.keys(names).length && !layer.built)
    throw new NormtapeError({ where, expected: 'its weights', received: [...own.keys()] });
  for (const [name, weight] of weights) {
    const array = found.get(name);
    if (!array || !sameShape(array.shape, weight.shape)) {
      const expected = `a weight ${names[name]} of the shape ${JSON.stringify(weight.shape)}`;
      throw new NormtapeError({ where, expected, received: array?.shape });
    }
    weight.value = array;
  }
}

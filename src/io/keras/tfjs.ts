import {
  type NdArray,
  PlainArray,
  type Shape,
  cast,
  flat,
  sameShape,
  sizeOf,
  store,
} from '../../array/index.js';
import { isList } from '../../demand.js';
import { NormtapeError } from '../../error.js';
import { Activation } from '../../nn/activations.js';
import { Module } from '../../nn/module.js';
import { makingWithin } from '../../nn/room.js';
import { type Layer, Sequential } from '../../nn/sequential.js';
import type { Weight } from '../../nn/statistic.js';
import { entriesOf, isPlainObject } from '../../option/index.js';
import { utf8Of } from '../../utf8.js';
import { sizeOfStated } from '../arrays.js';
import { type Bytes, demandKey, joined, readBytes, readText } from '../bytes.js';
import { parseObject } from '../json-text.js';
import { KINDS, type Kind, decode, encode } from '../numbers.js';
import { LayerConfig, readSerialized } from './config.js';
import { LAYER_CLASSES, type LayerRow } from './layers.js';

type Entries = Readonly<Record<string, unknown>>;

/** The files of a LayersModel of TensorFlow.js by name: `model.json`, and those with the weights that it names. */
export type LayersModelFiles = Readonly<Record<string, Bytes>>;

const MODEL = 'model.json';

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

function demandFile(where: string, files: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const file = files.get(name);
  if (file) return file;
  throw new NormtapeError({ where, expected: `a file ${name}`, received: [...files.keys()] });
}

const list = (where: string, value: unknown): readonly unknown[] => {
  if (isList(value)) return value;
  throw new NormtapeError({ where, expected: 'a list', received: value });
};

/** The kinds of numbers of weights, or of their quantized form. */
const DTYPES: Readonly<Record<string, Kind>> = {
  float32: KINDS.float32,
  float16: KINDS.float16,
  uint8: KINDS.uint8,
  uint16: KINDS.uint16,
};

/** The weights by name. All claims are compared with the bytes before any is read. */
function readWeights(where: string, manifest: unknown, files: ReadonlyMap<string, Uint8Array>) {
  const own = `${where}: weightsManifest`;
  const weights = new Map<string, NdArray>();
  for (const group of list(own, manifest)) {
    const { paths, weights: specs } = isPlainObject(group) ? group : {};
    const parts = list(`${own}: paths`, paths).map((path) => demandFile(where, files, String(path)));
    const total = parts.reduce((sum, { length }) => sum + length, 0);
    const stated = list(`${own}: weights`, specs).map((spec) => readSpec(own, spec));
    const claimed = stated.reduce((sum, { bytes }) => sum + bytes, 0);
    if (claimed !== total) {
      const hint = 'A file is cut off, or belongs to another model.';
      throw new NormtapeError({ where: own, expected: `${claimed} bytes of weights`, received: total, hint });
    }
    const data = joined(parts);
    let at = 0;
    for (const { name, shape, kind, bytes, widened } of stated) {
      if (weights.has(name))
        throw new NormtapeError({ where: own, expected: 'names that differ', received: name });
      const numbers = decode(`${own}: ${name}`, kind, data.subarray(at, at + bytes), true);
      weights.set(name, widened(new PlainArray(numbers, kind.dtype, [...shape])));
      at += bytes;
    }
  }
  return weights;
}

function readSpec(where: string, spec: unknown) {
  const { name, shape, dtype, quantization } = isPlainObject(spec) ? spec : {};
  if (typeof name !== 'string')
    throw new NormtapeError({ where, expected: 'the name of a weight', received: spec });
  demandKey(where, name);
  const own = `${where}: ${name}`;
  if (dtype !== 'float32')
    throw new NormtapeError({ where: own, expected: 'dtype float32', received: dtype });
  const { dtype: stored, scale = 1, min = 0 } = isPlainObject(quantization) ? quantization : { dtype };
  const kind = typeof stored === 'string' && Object.hasOwn(DTYPES, stored) ? DTYPES[stored]! : undefined;
  if (!kind || typeof scale !== 'number' || typeof min !== 'number') {
    const expected = `numbers or a quantization among ${Object.keys(DTYPES).join(', ')}`;
    throw new NormtapeError({ where: own, expected, received: quantization ?? dtype });
  }
  const sizes = list(`${own}: shape`, shape);
  const size = sizeOfStated(`${own}: shape`, sizes);
  const isWhole = kind === KINDS.uint8 || kind === KINDS.uint16;
  const widened = (array: NdArray): NdArray => {
    const out = store('float32', sizeOf(array.shape));
    flat(array).forEach((value, i) => (out[i] = isWhole ? value * scale + min : value));
    return new PlainArray(out, 'float32', [...array.shape]);
  };
  return { name, shape: sizes as Shape, kind, bytes: size * kind.bytes, widened };
}

/** A layer of a model as its file states it. */
interface StatedLayer {
  readonly className: string;
  readonly config: Entries;
  readonly name: string;
  readonly inputs: readonly string[];
}

const SEQUENTIAL = 'Sequential';
const FUNCTIONAL = ['Functional', 'Model'];

/** The layers one after the other. */
function layersOf(where: string, className: string, config: Entries): readonly StatedLayer[] {
  const isSequential = className === SEQUENTIAL;
  if (!isSequential && !FUNCTIONAL.includes(className)) {
    const expected = `a model of class ${[SEQUENTIAL, ...FUNCTIONAL].join(', ')}`;
    throw new NormtapeError({ where, expected, received: className });
  }
  const stated = list(`${where}.layers`, Array.isArray(config) ? config : config['layers']).map((layer, i) =>
    readLayer(`${where}.layers.${i}`, layer),
  );
  if (isSequential) return stated;
  stated.forEach(({ inputs, name, className: kind }, i) => {
    const expected = i === 0 ? [] : [stated[i - 1]!.name];
    if (String(inputs) === String(expected)) return;
    const hint =
      'Branches, such as those of Add, need a model that is written here: load its weights with loadFrom.';
    const layer = `${where}.layers.${i}, ${kind} ${name}`;
    throw new NormtapeError({
      where: layer,
      expected: `the input ${String(expected)}`,
      received: inputs,
      hint,
    });
  });
  return stated;
}

function readLayer(where: string, given: unknown): StatedLayer {
  const { className, config, rest } = readSerialized(where, given);
  const name = config['name'];
  if (typeof name !== 'string')
    throw new NormtapeError({ where, expected: 'a layer with a name', received: config });
  const nodes = rest['inbound_nodes'];
  const inputs = nodes === undefined ? [] : list(where, nodes).flatMap((node) => list(where, node));
  return { className, config, name, inputs: inputs.map((one) => String(Array.isArray(one) ? one[0] : one)) };
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

/**
 * The files of a LayersModel that TensorFlow.js loads, for a Sequential that is built: `model.json` and one file of
 * weights. `inputShape` is the shape of one sample. Initializers are not kept.
 *
 * @throws {NormtapeError} If a layer has no class in TensorFlow.js, or an option that it does not have.
 */
export function writeLayersModel(model: Module, inputShape: Shape): Record<string, Uint8Array<ArrayBuffer>> {
  const where = 'writeLayersModel';
  if (!(model instanceof Sequential) || !model.built)
    throw new NormtapeError({ where, expected: 'a Sequential that is built', received: model });
  sizeOfStated(`${where}.inputShape`, list(`${where}.inputShape`, inputShape));
  const specs: object[] = [];
  const parts: Uint8Array[] = [];
  const layers = model.layers.map((layer, i) => {
    const own = `${where}: layers.${i}`;
    const [className, config, names] = named(own, () => written(own, layer));
    const name = `layer_${i}`;
    if (layer instanceof Module)
      for (const [weight, { value }] of [...layer.namedParameters(), ...layer.statistics()]) {
        const shape = [...value.shape];
        specs.push({ name: `${name}/${names[weight]}`, shape, dtype: 'float32' });
        parts.push(encode(cast(value, 'float32')));
      }
    const first = i === 0 ? { batch_input_shape: [null, ...inputShape] } : {};
    const trainable = !(layer instanceof Module) || layer.trainable;
    return { class_name: className, config: { name, trainable, ...config, ...first } };
  });
  const file = 'group1-shard1of1.bin';
  const json = {
    format: 'layers-model',
    generatedBy: 'normtape',
    modelTopology: { class_name: SEQUENTIAL, config: { name: 'sequential', layers } },
    weightsManifest: [{ paths: [file], weights: specs }],
  };
  return { [MODEL]: utf8Of(JSON.stringify(json)) as Uint8Array<ArrayBuffer>, [file]: joined(parts) };
}

function written(where: string, layer: Layer): readonly [string, Entries, Readonly<Record<string, string>>] {
  if (!(layer instanceof Module)) {
    const found = LAYER_CLASSES['Activation']!;
    return ['Activation', found.write(new Activation(layer))!, {}];
  }
  for (const [name, { of, write, weights = {} }] of Object.entries(LAYER_CLASSES)) {
    const config = layer instanceof of ? write(layer) : undefined;
    if (config) return [name, config, weights];
  }
  const expected = `a layer that is one of ${Object.keys(LAYER_CLASSES).join(', ')} there`;
  throw new NormtapeError({ where, expected, received: layer.constructor.name });
}

function named<Y>(where: string, f: () => Y): Y {
  try {
    return f();
  } catch (error) {
    if (!(error instanceof NormtapeError) || error.report.where.startsWith(where)) throw error;
    throw new NormtapeError({ ...error.report, where: `${where}: ${error.report.where}` });
  }
}

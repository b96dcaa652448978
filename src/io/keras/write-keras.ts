import { type Dtype, type NdArray, type Shape, toPlain } from '../../array/index.js';
import type { Module } from '../../nn/module.js';
import { utf8Of } from '../../utf8.js';
import { writeHdf5 } from '../hdf5/file.js';
import { zip } from '../zip.js';
import { containerNames } from './container-names.js';
import { LAYERS, VARIABLES } from './keras-weights.js';
import { CONFIG, METADATA, WEIGHTS } from './read-keras.js';
import { ADD } from './stages.js';
import { FUNCTIONAL, SEQUENTIAL } from './topology.js';
import { type WrittenLayer, isChain, writtenLayers } from './written.js';

const INPUT = 'input_layer';

/**
 * The bytes of a `.keras` file that Keras 3 loads, for a Sequential that is built. `inputShape` is the shape of one
 * sample. With attention or residual connections it is a functional model. Initializers are not kept. It needs the package
 * h5wasm.
 *
 * @throws {NormtapeError} If h5wasm is missing, a layer has no class in Keras, or an option that it does not have, or if
 * samples of the shape do not fit.
 */
export const writeKeras = async (model: Module, inputShape: Shape): Promise<Uint8Array<ArrayBuffer>> =>
  zip(await filesOf('writeKeras', model, inputShape), false);

/**
 * The files that `writeKeras` puts into one, by name: `metadata.json`, `config.json` and `model.weights.h5`.
 *
 * @throws {NormtapeError} As `writeKeras`.
 */
export const writeKerasFiles = (
  model: Module,
  inputShape: Shape,
): Promise<Record<string, Uint8Array<ArrayBuffer>>> => filesOf('writeKerasFiles', model, inputShape);

async function filesOf(
  where: string,
  model: Module,
  inputShape: Shape,
): Promise<Record<string, Uint8Array<ArrayBuffer>>> {
  const written = writtenLayers(where, 'Keras 3', model, inputShape);
  const names = containerNames(written);
  const isSequential = isChain(written);
  const arrays = new Map<string, NdArray>();
  const empty = [VARIABLES, ...(isSequential ? [] : [`${LAYERS}/${INPUT}/${VARIABLES}`])];
  written.forEach(({ weights }, i) => {
    const path = `${LAYERS}/${names[i]!}`;
    empty.push(`${path}/${VARIABLES}`);
    weights.forEach(([{ at }, value], number) =>
      // A copy, since the model may train on before the file is written.
      arrays.set(`${path}/${at ?? `${VARIABLES}/${number}`}`, toPlain(value)),
    );
  });
  const config = isSequential
    ? sequential(written, names, inputShape)
    : functional(written, names, inputShape);
  return {
    [METADATA]: jsonOf({ keras_version: '3.0.0', generated_by: 'normtape' }),
    [CONFIG]: jsonOf(config),
    [WEIGHTS]: await writeHdf5(where, arrays, empty),
  };
}

const jsonOf = (value: unknown): Uint8Array<ArrayBuffer> =>
  utf8Of(JSON.stringify(value)) as Uint8Array<ArrayBuffer>;

/** The dtype of the first weight of these layers; that of others if they have none. */
const dtypeOf = (layers: readonly WrittenLayer[], others: Dtype = 'float32'): Dtype =>
  layers.find(({ weights }) => weights.length)?.weights[0]![1].dtype ?? others;

/** A layer as Keras serializes it. */
const serialized = (className: string, config: object) => ({
  module: 'keras.layers',
  class_name: className,
  config,
  registered_name: null,
});

const layerOf = (layer: WrittenLayer, name: string, dtype: Dtype) => {
  const { className, trainable, config } = layer;
  return serialized(className, { name, trainable, dtype: dtypeOf([layer], dtype), ...config });
};

const inputLayer = (inputShape: Shape, dtype: Dtype) =>
  serialized('InputLayer', { name: INPUT, batch_shape: [null, ...inputShape], dtype, sparse: false });

function sequential(layers: readonly WrittenLayer[], names: readonly string[], inputShape: Shape): object {
  const dtype = dtypeOf(layers);
  return {
    module: 'keras',
    class_name: SEQUENTIAL,
    config: {
      name: 'sequential',
      trainable: true,
      dtype,
      layers: [inputLayer(inputShape, dtype), ...layers.map((layer, i) => layerOf(layer, names[i]!, dtype))],
      build_input_shape: [null, ...inputShape],
    },
    registered_name: null,
    build_config: { input_shape: [null, ...inputShape] },
  };
}

function functional(layers: readonly WrittenLayer[], names: readonly string[], inputShape: Shape): object {
  const dtype = dtypeOf(layers);
  const placeOf = (place: number) => [place < 0 ? INPUT : names[place], 0, 0];
  const tensorOf = (place: number) => ({
    class_name: '__keras_tensor__',
    config: {
      shape: [null, ...(place < 0 ? inputShape : layers[place]!.shape.slice(1))],
      dtype,
      keras_history: placeOf(place),
    },
  });
  const stated = layers.map((layer, i) => {
    const inputs = layer.inputs.map(tensorOf);
    // A layer that adds takes a list; attention takes its inputs apart.
    const args = layer.className === ADD ? [inputs] : inputs;
    return {
      ...layerOf(layer, names[i]!, dtype),
      name: names[i],
      inbound_nodes: [{ args, kwargs: layer.call }],
    };
  });
  return {
    module: 'keras.src.models.functional',
    class_name: FUNCTIONAL,
    config: {
      name: 'functional',
      trainable: true,
      layers: [{ ...inputLayer(inputShape, dtype), name: INPUT, inbound_nodes: [] }, ...stated],
      input_layers: [placeOf(-1)],
      output_layers: [placeOf(layers.length - 1)],
    },
    registered_name: FUNCTIONAL,
    build_config: { input_shape: null },
  };
}

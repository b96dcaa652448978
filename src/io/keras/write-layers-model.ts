import { type Shape, cast } from '../../array/index.js';
import type { Module } from '../../nn/module.js';
import { utf8Of } from '../../utf8.js';
import { joined } from '../bytes.js';
import { encode } from '../numbers.js';
import { MODEL } from './read-layers-model.js';
import { FUNCTIONAL, SEQUENTIAL } from './topology.js';
import { isChain, writtenLayers } from './written.js';

/**
 * The files of a LayersModel that TensorFlow.js loads, for a Sequential that is built: `model.json` and one file of
 * weights. `inputShape` is the shape of one sample. With residual connections it is a functional model. Initializers are
 * not kept.
 *
 * @throws {NormtapeError} If a layer has no class in TensorFlow.js, or an option that it does not have, or if samples of
 * the shape do not fit.
 */
export function writeLayersModel(model: Module, inputShape: Shape): Record<string, Uint8Array<ArrayBuffer>> {
  const written = writtenLayers('writeLayersModel', 'TensorFlow.js', model, inputShape);
  const isSequential = isChain(written);
  const specs: object[] = [];
  const parts: Uint8Array[] = [];
  const batch = { batch_input_shape: [null, ...inputShape] };
  const nameOf = (place: number): string => (place < 0 ? 'input' : `layer_${place}`);
  const layers = written.map(({ className, config, trainable, inputs, call, weights }, i) => {
    const name = nameOf(i);
    for (const [{ there }, value] of weights) {
      specs.push({ name: `${name}/${there}`, shape: [...value.shape], dtype: 'float32' });
      parts.push(encode(cast(value, 'float32')));
    }
    const stated = {
      class_name: className,
      config: { name, trainable, ...config, ...(isSequential && i === 0 ? batch : {}) },
    };
    const node = inputs.map((place) => [nameOf(place), 0, 0, call]);
    return isSequential ? stated : { ...stated, name, inbound_nodes: [node] };
  });
  const input = {
    class_name: 'InputLayer',
    config: { name: nameOf(-1), dtype: 'float32', sparse: false, ...batch },
    name: nameOf(-1),
    inbound_nodes: [],
  };
  const graph = {
    layers: [input, ...layers],
    input_layers: [[nameOf(-1), 0, 0]],
    output_layers: [[nameOf(layers.length - 1), 0, 0]],
  };
  const file = 'group1-shard1of1.bin';
  const json = {
    format: 'layers-model',
    generatedBy: 'normtape',
    modelTopology: isSequential
      ? { class_name: SEQUENTIAL, config: { name: 'sequential', layers } }
      : { class_name: FUNCTIONAL, config: { name: 'functional', ...graph } },
    weightsManifest: [{ paths: [file], weights: specs }],
  };
  return { [MODEL]: utf8Of(JSON.stringify(json)) as Uint8Array<ArrayBuffer>, [file]: joined(parts) };
}

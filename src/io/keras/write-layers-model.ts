import { type Shape, cast } from '../../array/index.js';
import { NormtapeError } from '../../error.js';
import { Activation } from '../../nn/activations.js';
import { Module } from '../../nn/module.js';
import { type Layer, Sequential } from '../../nn/sequential.js';
import { utf8Of } from '../../utf8.js';
import { sizeOfStated } from '../arrays.js';
import { joined } from '../bytes.js';
import { encode } from '../numbers.js';
import { demandList, named } from './config.js';
import { LAYER_CLASSES } from './layers.js';
import { MODEL } from './read-layers-model.js';
import { SEQUENTIAL } from './topology.js';

type Entries = Readonly<Record<string, unknown>>;

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
  sizeOfStated(`${where}.inputShape`, demandList(`${where}.inputShape`, inputShape));
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

import { readFileSync } from 'node:fs';
import { Module, type Tensor, meanSquaredError, norm, norms, tensor } from '../../../src/index.js';
import {
  saveModel,
  tensorsFor,
  writeLayersModel,
  writeNpy,
  writeNpz,
  writeSafetensors,
} from '../../../src/io/index.js';
import { type Calls, small } from './values.js';

class Registered extends Module {
  override forward(): void {}
}

const kerasFile = readFileSync(new URL('../../io/fixtures/keras/average.keras', import.meta.url));

const arrays = () => ({ a: tensor([1, 2]), b: [[1], [2]] });

/** A valid call of every function of normtape/io. */
export const io: Calls = {
  'io.configFromKeras': () => [{ class_name: 'LayerNormalization', config: { axis: [-1] } }],
  'io.exportC': () => [small(), { input: ['batch', 3], name: 'small' }],
  'io.exportOnnx': () => [small(), { input: ['batch', 3] }],
  'io.exportOnnxTraining': () => [
    small(),
    { input: ['batch', 3], loss: (y: Tensor, t: Tensor) => meanSquaredError(y, t) },
  ],
  'io.exportPyTorch': () => [small(), { input: ['batch', 3], training: false }],
  'io.loadFrom': () => [
    small(),
    tensorsFor(small(), { naming: 'pytorch' }),
    { naming: 'pytorch', strict: false },
  ],
  'io.loadModel': () => [saveModel(small(), { epoch: 1 })],
  'io.readKeras': () => [kerasFile, { largest: 1e6 }],
  'io.readLayersModel': () => [writeLayersModel(small() as never, [3])],
  'io.readNpy': () => [writeNpy([1, 2])],
  'io.readNpz': () => [writeNpz(arrays()), { largest: 1000 }],
  'io.readSafetensors': () => [writeSafetensors(arrays())],
  'io.registerModule': () => [
    'registered',
    { module: Registered, save: () => null, load: () => new Registered() },
  ],
  'io.registerNorm': () => [norm({ ...norms.rms_norm, type: 'registered_norm' } as never)],
  'io.saveModel': () => [small(), { epoch: 1, list: [NaN, tensor([1])] }],
  'io.tensorsFor': () => [small(), { naming: 'pytorch', paths: { 'layers.1': 'head' } }],
  'io.traceGraph': () => [small(), { input: [2, 3] }],
  'io.writeKeras': () => [small(), [3]],
  'io.writeKerasFiles': () => [small(), [3]],
  'io.writeLayersModel': () => [small(), [3]],
  'io.writeNpy': () => [[1, 2]],
  'io.writeNpz': () => [arrays(), { compressed: true }],
  'io.writeSafetensors': () => [arrays(), { made: 'here' }],
};

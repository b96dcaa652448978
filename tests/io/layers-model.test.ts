import { expect } from 'chai';
import {
  Activation,
  Conv2D,
  Dense,
  DepthwiseConv2D,
  Dropout,
  Flatten,
  MaxPooling2D,
  NormtapeError,
  Residual,
  Sequential,
  createNormalizationLayer,
  randomNormal,
  relu,
} from '../../src/index.js';
import { readLayersModel, writeLayersModel } from '../../src/io/index.js';

const x = randomNormal([2, 6, 6, 2], { seed: 1 });

function images(): Sequential {
  const model = new Sequential([
    new Conv2D(3, 3, { padding: 'same', seed: 1 }),
    createNormalizationLayer('batch_norm', { epsilon: 1e-3 }),
    relu,
    new DepthwiseConv2D(2, { depthMultiplier: 2, useBias: false, seed: 2 }),
    new MaxPooling2D(2),
    new Flatten(),
    createNormalizationLayer('layer_norm', { epsilon: 1e-5 }),
    new Dropout(0.5, { seed: 3 }),
    new Dense(3, { activation: 'softmax', seed: 4 }),
  ]);
  model.forward(x);
  return model.eval();
}

const files = () => writeLayersModel(images(), [6, 6, 2]);

type Json = Record<string, never>;

/** The files with their JSON changed. */
function changed(change: (json: Json) => void): Record<string, Uint8Array> {
  const all: Record<string, Uint8Array> = files();
  const json = JSON.parse(new TextDecoder().decode(all['model.json'])) as Json;
  change(json);
  return { ...all, 'model.json': new TextEncoder().encode(JSON.stringify(json)) };
}

describe('LayersModel files', () => {
  it('hold a model that computes the same', () => {
    const model = images();
    const again = readLayersModel(writeLayersModel(model, [6, 6, 2])).eval();
    expect(String(again.forward(x))).to.equal(String(model.forward(x)));
    const written = writeLayersModel(again, [6, 6, 2]);
    expect(Object.keys(written)).to.deep.equal(['model.json', 'group1-shard1of1.bin']);
    expect(String(written['model.json'])).to.equal(String(files()['model.json']));
  });

  it('keep what is frozen', () => {
    const model = images();
    (model.layers[0] as Conv2D).freeze();
    const again = readLayersModel(writeLayersModel(model, [6, 6, 2]));
    expect((again.layers[0] as Conv2D).trainable).to.equal(false);
    expect((again.layers[8] as Dense).trainable).to.equal(true);
  });

  it('are refused with the path of what is wrong', () => {
    const refused = (given: Record<string, Uint8Array>, text: string) =>
      expect(() => readLayersModel(given), text).to.throw(NormtapeError, text);
    const { 'model.json': json, 'group1-shard1of1.bin': weights } = files();
    refused({ 'group1-shard1of1.bin': weights! }, 'expected a file model.json');
    refused({ 'model.json': json! }, 'expected a file group1-shard1of1.bin');
    refused({ 'model.json': json!, 'group1-shard1of1.bin': weights!.subarray(4) }, 'bytes of weights');
    refused(
      { 'model.json': new TextEncoder().encode('[]'), 'group1-shard1of1.bin': weights! },
      'a JSON object',
    );
    const layer = (
      i: number,
      change: (layer: { class_name: string; config: Record<string, unknown> }) => void,
    ) =>
      changed(({ modelTopology }) =>
        change((modelTopology as unknown as { config: { layers: never[] } }).config.layers[i]!),
      );
    refused(
      layer(4, (one) => (one.class_name = 'GRU')),
      'layers.4, GRU layer_4: expected a layer among Dense',
    );
    refused(
      layer(0, (one) => (one.config['kernel_sise'] = 1)),
      'layers.0, Conv2D layer_0: expected keys among',
    );
    refused(
      layer(8, (one) => (one.config['units'] = 4)),
      'layers.8, Dense layer_8',
    );
    refused(
      layer(8, (one) => (one.config['units'] = 1e9)),
      'no more numbers in weights than the file has',
    );
    refused(
      layer(8, (one) => (one.config['activation'] = 'hard_sigmoid')),
      'activation: expected an activation among',
    );
    refused(
      layer(8, (one) => (one.config['name'] = 'other')),
      'layers.8, Dense other: expected its weights',
    );
    const odd = new Sequential([new Residual(new Dense(2))]);
    odd.forward(randomNormal([1, 2], { seed: 1 }));
    expect(() => writeLayersModel(odd, [2])).to.throw('layers.0: expected a layer that is one of Dense');
    expect(() => writeLayersModel(new Sequential([new Dense(2)]), [2])).to.throw('that is built');
    const costly = new Sequential([new Dense(2, { kernelRegularizer: 'l2' }), new Activation('mish')]);
    costly.forward(randomNormal([1, 2], { seed: 1 }));
    expect(() => writeLayersModel(costly, [2])).to.throw('layers.0: kernelRegularizer');
  });
});

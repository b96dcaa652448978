import { expect } from 'chai';
import {
  Activation,
  Conv2D,
  Dense,
  DepthwiseConv2D,
  Dropout,
  Flatten,
  MaxPooling2D,
  type Module,
  MultiHeadAttention,
  NormtapeError,
  PReLU,
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
      'layers.8, Dense other: expected a weight kernel',
    );
    const odd = new Sequential([new PReLU()]);
    odd.forward(randomNormal([1, 2], { seed: 1 }));
    const grouped = new Sequential([createNormalizationLayer('group_norm')]);
    grouped.forward(randomNormal([1, 2], { seed: 1 }));
    expect(() => writeLayersModel(grouped, [2])).to.throw('in TensorFlow.js');
    expect(() => writeLayersModel(odd, [2])).to.throw('layers.0: expected a layer that is one of Dense');
    expect(() => writeLayersModel(new Sequential([new Dense(2)]), [2])).to.throw('that is built');
    const costly = new Sequential([new Dense(2, { kernelRegularizer: 'l2' }), new Activation('mish')]);
    costly.forward(randomNormal([1, 2], { seed: 1 }));
    expect(() => writeLayersModel(costly, [2])).to.throw('layers.0: kernelRegularizer');
  });

  it('are read if their numbers are quantized, and lie across several files', () => {
    const { layers } = readLayersModel(quantized());
    const weightsOf = (layer: unknown) =>
      Object.fromEntries(
        [...(layer as Dense).namedParameters()].map(([name, { value }]) => [name, value.data]),
      );
    expect(weightsOf(layers[0])).to.deep.equal({
      kernel: Float32Array.of(-1, -0.5, 63, 126.5),
      bias: Float32Array.of(-2, 65535 / 4 - 2),
    });
    expect(weightsOf(layers[1])).to.deep.equal({ kernel: Float32Array.of(-2, 2 ** -24) });
    expect(weightsOf(layers[2])).to.deep.equal({ kernel: Float32Array.of(1.5) });
  });

  it('are refused if a quantization does not say what its numbers stand for', () => {
    const refused = (quantization: unknown, text: string) =>
      expect(() => readLayersModel(quantized(quantization))).to.throw(NormtapeError, text);
    refused({ dtype: 'uint8', min: -1 }, 'a/kernel: expected a quantization with the numbers scale and min');
    refused(
      { dtype: 'uint8', scale: 0.5 },
      'a/kernel: expected a quantization with the numbers scale and min',
    );
    refused({ dtype: 'uint8', scale: '0.5', min: -1 }, 'the numbers scale and min');
    refused({ dtype: 'int8', scale: 0.5, min: -1 }, 'a quantization of dtype float16, uint8, uint16');
    refused('uint8', 'a quantization of dtype');
    refused(null, 'a quantization of dtype');
    refused({ dtype: 'uint16', scale: 0.5, min: -1 }, 'expected 20 bytes of weights, received 16');
  });

  it('have attention and norms as tf.keras wrote them, which TensorFlow.js cannot load', () => {
    const x = randomNormal([2, 3, 4], { seed: 1 });
    const attention = new MultiHeadAttention({ heads: 2, headSize: 3, outputSize: 4, causal: true, seed: 1 });
    const model = new Sequential([new Residual(attention), createNormalizationLayer('rms_norm')]);
    model.forward(x);
    const weights = (prefix: string, layer: Module, names: Record<string, string>) =>
      Object.entries(names).map(([here, there]) => ({
        name: `model/${prefix}/${there}:0`,
        value: [...layer.namedParameters()].find(([name]) => name === here)![1],
      }));
    const projections = { query: 'query', key: 'key', value: 'value', output: 'attention_output' };
    const all = [
      ...Object.entries(projections).flatMap(([here, there]) =>
        weights('mha', attention, {
          [`${here}.kernel`]: `${there}/kernel`,
          [`${here}.bias`]: `${there}/bias`,
        }),
      ),
      ...weights('rms', model.layers[1] as Module, { scale: 'scale' }),
    ];
    const shapeOf = (name: string, shape: readonly number[]) =>
      /attention_output.kernel/.test(name)
        ? [2, 3, 4]
        : /(query|key|value).kernel/.test(name)
          ? [4, 2, 3]
          : /(query|key|value).bias/.test(name)
            ? [2, 3]
            : shape;
    const layer = (class_name: string, name: string, nodes: unknown, config: object = {}) => ({
      class_name,
      name,
      config: { name, ...config },
      inbound_nodes: nodes,
    });
    const json = {
      modelTopology: {
        model_config: {
          class_name: 'Functional',
          config: {
            layers: [
              layer('InputLayer', 'x', [], { batch_input_shape: [null, 3, 4], dtype: 'float32' }),
              layer(
                'MultiHeadAttention',
                'mha',
                [[['x', 0, 0, { value: ['x', 0, 0], use_causal_mask: true }]]],
                {
                  num_heads: 2,
                  key_dim: 3,
                  query_shape: [null, 3, 4],
                },
              ),
              layer('Add', 'sum', [
                [
                  ['mha', 0, 0, {}],
                  ['x', 0, 0, {}],
                ],
              ]),
              layer('RMSNormalization', 'rms', [['sum', 0, 0]]),
            ],
            output_layers: [['rms', 0, 0]],
          },
        },
      },
      weightsManifest: [
        {
          paths: ['weights.bin'],
          weights: all.map(({ name, value }) => ({
            name,
            shape: shapeOf(name, value.shape),
            dtype: 'float32',
          })),
        },
      ],
    };
    const bytes = all.flatMap(({ value }) => [...new Uint8Array(Float32Array.from(value.value.data).buffer)]);
    const files = {
      'model.json': new TextEncoder().encode(JSON.stringify(json)),
      'weights.bin': Uint8Array.from(bytes),
    };
    expect(String(readLayersModel(files).forward(x))).to.equal(String(model.forward(x)));
    expect(() => writeLayersModel(model, [3, 4])).to.throw(
      NormtapeError,
      'layers.0.part: expected a layer that is one of Dense',
    );
  });

  it('are refused if a name is no text, even one that has no text', () => {
    const odd = { toString: 1, valueOf: 1 };
    const paths = changed(
      (json) =>
        ((json as unknown as { weightsManifest: { paths: unknown }[] }).weightsManifest[0]!.paths = [odd]),
    );
    expect(() => readLayersModel(paths)).to.throw(NormtapeError, 'the name of a file: expected a string');
    const inputs = changed(({ modelTopology }) =>
      Object.assign((modelTopology as unknown as { config: { layers: object[] } }).config.layers[0]!, {
        inbound_nodes: [[[odd]]],
      }),
    );
    expect(() => readLayersModel(inputs)).to.throw(
      NormtapeError,
      'layers.0, Conv2D layer_0.inbound_nodes: expected a string',
    );
  });
});

/** A model whose 16 bytes of weights were written by hand: three kinds of quantized numbers, and float32. */
function quantized(first: unknown = { dtype: 'uint8', scale: 0.5, min: -1 }): Record<string, Uint8Array> {
  const dense = (name: string, units: number, use_bias: boolean, first: object = {}) => ({
    class_name: 'Dense',
    config: { name, units, use_bias, ...first },
  });
  const weight = (name: string, shape: number[], quantization?: unknown) => ({
    name,
    shape,
    dtype: 'float32',
    ...(quantization === undefined ? {} : { quantization }),
  });
  const json = {
    modelTopology: {
      class_name: 'Sequential',
      config: {
        name: 'q',
        layers: [
          dense('a', 2, true, { batch_input_shape: [null, 2] }),
          dense('b', 1, false),
          dense('c', 1, false),
        ],
      },
    },
    weightsManifest: [
      {
        paths: ['one', 'two'],
        weights: [
          weight('a/kernel', [2, 2], first),
          weight('a/bias', [2], { dtype: 'uint16', scale: 0.25, min: -2 }),
          weight('b/kernel', [2, 1], { dtype: 'float16' }),
          weight('c/kernel', [1, 1]),
        ],
      },
    ],
  };
  return {
    'model.json': new TextEncoder().encode(JSON.stringify(json)),
    // 0, 1, 128 and 255; 0 and the first half of 65535.
    one: Uint8Array.of(0, 1, 128, 255, 0, 0, 0xff),
    // The other half; −2 and the least float16 above 0; 1.5 in float32.
    two: Uint8Array.of(0xff, 0x00, 0xc0, 0x01, 0x00, 0x00, 0x00, 0xc0, 0x3f),
  };
}

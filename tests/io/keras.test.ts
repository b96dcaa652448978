import { expect } from 'chai';
import h5wasm from 'h5wasm';
import { readFileSync } from 'node:fs';
import {
  Activation,
  Conv2D,
  Dense,
  Dropout,
  Embedding,
  Flatten,
  type Module,
  MultiHeadAttention,
  NormtapeError,
  PReLU,
  Residual,
  Reshape,
  Sequential,
  SpatialDropout2D,
  type Tensor,
  array,
  createNormalizationLayer,
  normalizeWeights,
  randomNormal,
  relu,
  tensor,
  zeros,
} from '../../src/index.js';
import {
  type KerasFiles,
  readKeras,
  readNpy,
  readNpz,
  writeKeras,
  writeKerasFiles,
  writeNpz,
} from '../../src/io/index.js';
import { unzip } from '../../src/io/zip.js';
import { containerNames } from '../../src/io/keras/container-names.js';

/** A file that tests/peers/judges/keras.py made with h5py and numpy. */
const fixture = (name: string) => readFileSync(new URL(`fixtures/keras/${name}`, import.meta.url));
const arrayOf = (name: string) => readNpy(fixture(`${name}.npy`));

const outputs = (model: Sequential, x: ReturnType<typeof tensor>): string => String(model.eval().forward(x));

async function failure(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => 'nothing was refused',
    (reason: unknown) => reason,
  );
  expect(error, String(error)).to.be.instanceOf(NormtapeError);
  return (error as NormtapeError).message;
}

const sequences = randomNormal([2, 4, 6], { seed: 1 });

interface FileSystem {
  readdir(path: string): string[];
  writeFile(name: string, bytes: Uint8Array): void;
  readFile(name: string): Uint8Array;
  unlink(name: string): void;
  getStream(descriptor: number): { readonly stream_ops: object };
}

/** What a function does with h5wasm and its files. */
async function withFiles<Y>(
  f: (library: { FS: FileSystem; open: (name: string) => InstanceType<typeof h5wasm.File> }) => Y,
): Promise<Y> {
  const { FS } = (await h5wasm.ready) as unknown as { FS: FileSystem };
  return f({ FS, open: (name) => new h5wasm.File(name, 'r') });
}

/** A model with each form of a residual connection, a frozen layer, and attention. */
function residual(): Sequential {
  const attention = new MultiHeadAttention({ heads: 2, headSize: 2, outputSize: 6, causal: true, seed: 1 });
  const model = new Sequential([
    new Dense(6, { seed: 2 }).freeze(),
    new Residual(attention, { before: 'layer_norm', dropout: 0.5, seed: 3 }),
    new Residual(new Sequential([new Residual(new Dense(6, { seed: 4 })), relu, new Dense(6, { seed: 5 })]), {
      output: 'rms_norm',
      after: { type: 'batch_norm', momentum: 0.9 },
    }),
    new MultiHeadAttention({ heads: 3, headSize: 1, useBias: false, seed: 6 }) as never,
    new Flatten(),
    new Reshape([3, -1]),
    new Activation('mish'),
  ]);
  model.forward(sequences);
  return model;
}

describe('models of Keras 3', () => {
  for (const name of ['images', 'pooled', 'average', 'transformer', 'activations'])
    it(`predict the same here: ${name}`, async () => {
      const model = (await readKeras(fixture(`${name}.keras`))).eval();
      const x = tensor(arrayOf(`${name}.x`));
      const y = model.forward(x);
      const expected = arrayOf(`${name}.y`);
      expect(y.shape).to.deep.equal(expected.shape);
      const differences = array.flat(y.value).map((value, i) => Math.abs(value - expected.data[i]!));
      expect(Math.max(...differences)).to.be.below(1e-6);
      const again = await readKeras(await writeKeras(model, x.shape.slice(1)));
      expect(outputs(again, x)).to.equal(String(y));
    });

  it('have residual connections as modules, and what is frozen', async () => {
    const model = residual();
    const files = await writeKerasFiles(model, [4, 6]);
    expect(model.training, 'the mode of what is written').to.equal(true);
    expect(Object.keys(files)).to.deep.equal(['metadata.json', 'config.json', 'model.weights.h5']);
    const again = await readKeras(files);
    expect(outputs(again, sequences)).to.equal(outputs(model, sequences));
    const kinds = (one: Sequential): string[] =>
      one.layers.map((layer) => (layer as Module).constructor.name);
    // The norm after a sum is a layer of its own there, and so are the others.
    expect(kinds(again)).to.deep.equal([
      'Dense',
      'Residual',
      'Residual',
      'NormalizationLayer',
      'MultiHeadAttention',
      'Flatten',
      'Reshape',
      'Activation',
    ]);
    const part = (again.layers[2] as Residual).part as Sequential;
    expect(kinds(part)).to.deep.equal(['Residual', 'Activation', 'Dense', 'NormalizationLayer']);
    expect((again.layers[0] as Dense).trainable).to.equal(false);
    expect((again.layers[1] as Residual).trainable).to.equal(true);
  });

  it('are the same files for the same model, apart from the times in HDF5', async () => {
    const [first, second] = [
      await writeKerasFiles(residual(), [4, 6]),
      await writeKerasFiles(residual(), [4, 6]),
    ];
    expect(String(first['config.json'])).to.equal(String(second['config.json']));
    expect(first['model.weights.h5']!.length).to.equal(second['model.weights.h5']!.length);
  });

  it('are read from a configuration and weights apart, by any name of the weights', async () => {
    const model = residual();
    const { 'config.json': config, 'model.weights.h5': weights } = await writeKerasFiles(model, [4, 6]);
    const again = await readKeras({ 'config.json': config!.buffer, 'mine.weights.h5': weights! });
    expect(outputs(again, sequences)).to.equal(outputs(model, sequences));
  });

  it('keep numbers of float64', async () => {
    const wide = { dtype: 'float64' } as const;
    const x = randomNormal([2, 3], { seed: 1, ...wide });
    const model = new Sequential([new Dense(4, { seed: 1 }), createNormalizationLayer('batch_norm'), relu]);
    model.forward(x);
    const again = await readKeras(await writeKeras(model, [3]));
    expect(outputs(again, x)).to.equal(outputs(model, x));
    const tokens = new Sequential([
      new Embedding(5, 2, { seed: 1, ...wide }) as never,
      new Dense(2, { seed: 1 }),
    ]);
    tokens.forward(zeros([1, 2], wide));
    const read = await readKeras(await writeKeras(tokens, [2]));
    expect(read.stateDict()['layers.0.embeddings']!.dtype).to.equal('float64');
  });

  it('are written without a change of the model, and as Keras lays them out', async () => {
    const model = residual();
    const state = () =>
      JSON.stringify([model.stateDict(), [...model.generators().values()].map(({ state: own }) => own)]);
    const before = state();
    const { 'config.json': config, 'model.weights.h5': weights } = await writeKerasFiles(model, [4, 6]);
    expect(state()).to.equal(before);
    const { config: top } = JSON.parse(new TextDecoder().decode(config)) as {
      config: { layers: StatedLayer[] };
    };
    const add = top.layers.find(({ class_name }) => class_name === 'Add')!;
    const names = (args: unknown): unknown =>
      Array.isArray(args)
        ? args.map(names)
        : (args as { config: { keras_history: unknown[] } }).config.keras_history[0];
    expect(names(add.inbound_nodes[0]!['args'])).to.deep.equal([['dense', 'dropout']]);
    await withFiles(({ FS, open }) => {
      FS.writeFile('written.h5', weights!);
      const file = open('written.h5');
      expect(file.keys()).to.deep.equal(['layers', 'vars']);
      expect((file.get('layers') as typeof file).keys()).to.include.members([
        'input_layer',
        'dense_1',
        'add_2',
      ]);
      file.close();
      FS.unlink('written.h5');
    });
  });

  it('leave nothing behind in h5wasm', async () => {
    const seen = () => withFiles(({ FS }) => [FS.readdir('/'), FS.getStream(2).stream_ops]);
    const [names, ops] = await seen();
    const files = await writeKerasFiles(residual(), [4, 6]);
    await readKeras(files);
    await failure(readKeras({ ...files, 'model.weights.h5': files['model.weights.h5']!.subarray(9) }));
    expect((await seen())[0]).to.deep.equal(names);
    expect((await seen())[1]).to.equal(ops);
  });

  it('train on as before', async () => {
    const model = residual();
    const again = await readKeras(await writeKeras(model, [4, 6]));
    expect(Object.values(again.stateDict()).map(String)).to.deep.equal(
      Object.values(model.stateDict()).map(String),
    );
  });

  it('name groups as Keras does', () => {
    const classes = [
      'Conv2D',
      'DepthwiseConv2D',
      'ReLU',
      'RMSNormalization',
      'Conv2D',
      'GlobalMaxPooling2D',
      'Conv2D',
    ];
    expect(containerNames(classes.map((className) => ({ className })))).to.deep.equal([
      'conv2d',
      'depthwise_conv2d',
      're_lu',
      'rms_normalization',
      'conv2d_1',
      'global_max_pooling2d',
      'conv2d_2',
    ]);
  });
});

type Json = Record<string, unknown>;
type StatedLayer = { class_name: string; name: string; config: Json; inbound_nodes: Json[] };

describe('files of Keras 3', () => {
  let files: Record<string, Uint8Array>;
  before(async () => {
    files = await writeKerasFiles(residual(), [4, 6]);
  });

  /** The refusal of the files with the layers of the configuration changed. */
  const refusal = (change: (layers: StatedLayer[], top: { class_name: string; config: Json }) => void) => {
    const top = JSON.parse(new TextDecoder().decode(files['config.json'])) as {
      class_name: string;
      config: Json;
    };
    change(top.config['layers'] as StatedLayer[], top);
    return failure(readKeras({ ...files, 'config.json': new TextEncoder().encode(JSON.stringify(top)) }));
  };

  it('are refused if a file is missing, malformed or too large', async () => {
    const { 'config.json': config, 'model.weights.h5': weights } = files;
    const refused = async (given: unknown, text: string) =>
      expect(await failure(readKeras(given as KerasFiles))).to.include(text);
    await refused({ 'model.weights.h5': weights }, 'expected a file config.json');
    await refused({ 'config.json': config }, 'expected one file that ends in .weights.h5');
    await refused({ ...files, 'b.weights.h5': weights }, 'expected one file that ends in .weights.h5');
    await refused({ ...files, 'config.json': new TextEncoder().encode('[]') }, 'a JSON object');
    await refused({ ...files, 'model.weights.h5': config }, 'model.weights.h5: expected an HDF5 file');
    await refused({ ...files, 'model.weights.h5': weights!.subarray(0, -9) }, 'expected an HDF5 file');
    await refused(new Uint8Array(3), 'a ZIP archive');
    await refused(undefined, 'a plain object of files by name');
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    await refused(proxy, 'a plain object of files by name');
    const keras = await writeKeras(residual(), [4, 6]);
    expect(await failure(readKeras(keras, { largest: 1000 }))).to.include(
      'allow more with the option largest',
    );
    const named = Object.keys(readNpz(writeNpz({ a: [1] })));
    expect(named).to.deep.equal(['a']);
  });

  it('are refused with the path of a layer or an option that is unknown', async () => {
    const at = (i: number, change: (layer: StatedLayer) => void) => refusal((layers) => change(layers[i]!));
    expect(await at(1, (one) => (one.class_name = 'GRU'))).to.match(
      /^readKeras: layers.1, GRU dense: expected a layer among Dense, .*Write the model here/,
    );
    expect(await at(1, (one) => (one.class_name = 'SpectralNormalization'))).to.include(
      'Save the layer inside of it, which predicts the same',
    );
    expect(await at(1, ({ config }) => (config['unitz'] = 1))).to.include('Did you mean units?');
    expect(await at(1, ({ config }) => (config['units'] = 7))).to.include(
      'layers.1, Dense dense: expected a weight kernel of the shape',
    );
    expect(await at(1, ({ config }) => (config['units'] = 1e9))).to.include(
      'no more numbers in weights than the file has',
    );
    expect(await at(1, ({ config }) => (config['quantization_config'] = {}))).to.include(
      'before it is quantized',
    );
    const attention = (change: (layer: StatedLayer) => void) => at(3, change);
    expect(await attention(({ config }) => (config['value_dim'] = 3))).to.match(
      /^readKeras: layers.3, MultiHeadAttention multi_head_attention.value_dim: expected 2 or null/,
    );
    expect(await attention(({ config }) => (config['attention_axes'] = [1, 2]))).to.include('attention_axes');
    expect(
      await attention(({ inbound_nodes: [node] }) => (node!['kwargs'] = { attention_mask: true })),
    ).to.include('multi_head_attention: call.attention_mask: expected null');
    expect(await attention(({ inbound_nodes: [node] }) => (node!['kwargs'] = { training: true }))).to.include(
      'multi_head_attention: call: expected keys among',
    );
  });

  it('are refused if layers branch in another way than around a residual connection', async () => {
    const tensorOf = (name: string) => ({
      class_name: '__keras_tensor__',
      config: { shape: [null, 4, 6], dtype: 'float32', keras_history: [name, 0, 0] },
    });
    const sum = (a: string, b: string) => (layers: StatedLayer[]) => {
      const add = layers.find(({ class_name }) => class_name === 'Add')!;
      add.inbound_nodes = [{ args: [[tensorOf(a), tensorOf(b)]], kwargs: {} }];
    };
    const called = (kwargs: object) => (layers: StatedLayer[]) => {
      for (const { inbound_nodes: nodes } of layers) if (nodes[0]) nodes[0]['kwargs'] = kwargs;
    };
    expect(await refusal(called({ training: true }))).to.include('expected keys among');
    const top = JSON.parse(new TextDecoder().decode(files['config.json'])) as {
      config: { layers: StatedLayer[] };
    };
    called({ training: null, mask: null })(top.config.layers);
    await readKeras({ ...files, 'config.json': new TextEncoder().encode(JSON.stringify(top)) });
    expect(
      await refusal((layers) => {
        const add = layers.find(({ class_name }) => class_name === 'Add')!;
        add.inbound_nodes[0]!['kwargs'] = { axis: 1 };
      }),
    ).to.include('call: expected keys among');
    expect(
      await refusal(
        (layers) =>
          (layers[1]!.inbound_nodes[0]!['args'] = [tensorOf('input_layer'), tensorOf('input_layer')]),
      ),
    ).to.include('layers.1, Dense dense: expected 1 input');
    expect(await refusal(sum('dense', 'dense'))).to.include('two inputs, of which one is made of the other');
    expect(await refusal(sum('nobody', 'dense'))).to.include('two inputs, of which one is made of the other');
    expect(await refusal(sum('multi_head_attention', 'layer_normalization'))).to.match(
      /expected (one layer that reads its output|a layer that the output depends on)/,
    );
    expect(await refusal((layers) => layers[2]!.inbound_nodes.push(layers[2]!.inbound_nodes[0]!))).to.include(
      'one call of the layer',
    );
    expect(await refusal((_, { config }) => (config['output_layers'] = [['dense', 0, 0]]))).to.include(
      'a layer that the output depends on',
    );
    expect(await refusal((_, { config }) => (config['output_layers'] = [['dense', 1, 0]]))).to.include(
      'expected the only output of dense',
    );
    expect(await refusal((layers) => layers.reverse())).to.include(
      'expected layers listed after their inputs',
    );
    expect(await refusal((layers) => (layers[2]!.config['name'] = 'dense'))).to.include('names that differ');
    // A chain of sums, each of which contains the next.
    const nested = (depth: number) => (layers: StatedLayer[], top: { config: Json }) => {
      const [input] = layers as [StatedLayer];
      const one = (class_name: string, name: string, args: unknown) => ({
        class_name,
        config: { name, ...(class_name === 'Activation' ? { activation: 'relu' } : {}) },
        inbound_nodes: [{ args, kwargs: {} }],
      });
      const chain = Array.from({ length: depth + 1 }, (_, i) =>
        one('Activation', `f${i}`, [tensorOf(i === 0 ? (input.config['name'] as string) : `f${i - 1}`)]),
      );
      const sums = Array.from({ length: depth }, (_, i) =>
        one('Add', `sum${i}`, [
          [tensorOf(`f${depth - 1 - i}`), tensorOf(i === 0 ? `f${depth}` : `sum${i - 1}`)],
        ]),
      );
      top.config['layers'] = [input, ...chain, ...sums];
      top.config['output_layers'] = [[`sum${depth - 1}`, 0, 0]];
    };
    expect(await refusal(nested(32))).to.include('expected groups of the layers of the model');
    expect(await refusal(nested(33))).to.include('residual connections at most 32 deep');
  });

  it('are not written if Keras has no such layer or option', async () => {
    const refused = async (layer: object, shape: number[], text: string, change = (_: Sequential) => {}) => {
      const model = new Sequential([layer as never]);
      model.forward(randomNormal([2, ...shape], { seed: 1 }));
      change(model);
      expect(await failure(writeKeras(model, shape))).to.include(text);
    };
    await refused(new PReLU(), [3], 'layers.0: expected a layer that is one of Dense');
    await refused(new Dense(2, { activation: 'gelu_tanh' }), [3], 'layers.0: activation: expected');
    await refused(new Dense(2, { kernelRegularizer: 'l2' }), [3], 'layers.0: kernelRegularizer');
    await refused(new Conv2D(2, 2, { padding: 1 }), [4, 4, 1], 'padding');
    await refused(
      new Residual(new Dense(3), { scale: 2 }),
      [3],
      'layers.0: expected a scale and a skip of 1',
    );
    await refused(new Residual(new Dense(3), { skip: 'read' }), [3], 'a scale and a skip of 1');
    await refused(new Residual(new Sequential([])), [3], 'layers.0: expected a part with a layer');
    await refused(createNormalizationLayer('rms_norm', { offset: 1 }), [3], 'rms_norm.offset: expected 0');
    await refused(
      createNormalizationLayer('rms_norm', { useScale: false }),
      [3],
      'rms_norm.useScale: expected true',
    );
    await refused(createNormalizationLayer('batch_norm', { momentum: null }), [3], 'batch_norm.momentum');
    await refused(
      createNormalizationLayer('batch_norm', { runningVariance: 'unbiased' }),
      [3],
      'runningVariance',
    );
    await refused(createNormalizationLayer('dynamic_tanh'), [3], 'a layer that is one of');
    const attention = { heads: 2, headSize: 2 };
    await refused(new MultiHeadAttention({ ...attention, rotary: true }), [3, 2], 'without rotary positions');
    await refused(
      new MultiHeadAttention({ ...attention, groups: 1 }),
      [3, 2],
      'groups: expected as many as heads',
    );
    const normalized = (model: Sequential) => void normalizeWeights(model, 'spectral_norm');
    await refused(new Dense(2), [3], 'layers.0: kernel: expected a kernel without a norm', normalized);
    await refused(new SpatialDropout2D(0.5), [2, 2, 1], 'layers.0: expected a layer that is one of Dense');
    class Twice extends Sequential {
      override forward(x: Tensor): Tensor {
        return super.forward(super.forward(x));
      }
    }
    await refused(new Twice([new Dense(3)]), [3], 'layers.0: expected a layer that is one of Dense');
    const twice = new Dense(3);
    await refused(
      new Sequential([twice, relu, twice]),
      [3],
      'layers.0.layers.2: expected a layer that comes once',
    );
    expect(await failure(writeKeras(new Sequential([new Dense(2)]), [3]))).to.include('that is built');
    const model = new Sequential([new Dense(2)]);
    model.forward(zeros([1, 3]));
    expect(await failure(writeKeras(model, [4]))).to.include(
      'layers.0: inputShape: Dense: expected an input',
    );
    expect(await failure(writeKeras(model, [-1]))).to.include('writeKeras.inputShape');
  });
});

describe('weights in HDF5', () => {
  const model = new Sequential([new Dense(2, { seed: 1 }), new Dropout(0.5)]);
  model.forward(zeros([1, 3]));
  let files: Record<string, Uint8Array>;
  before(async () => {
    files = await writeKerasFiles(model, [3]);
  });

  /** What a file of weights is refused with. */
  const refusal = (bytes: Uint8Array) => failure(readKeras({ ...files, 'model.weights.h5': bytes }));

  /** A file that h5wasm writes. */
  async function made(write: (vars: InstanceType<typeof h5wasm.Group>) => void, top = 'layers') {
    const file = await withFiles(() => new h5wasm.File('made.h5', 'w'));
    const vars = file.create_group(top).create_group('dense').create_group('vars');
    write(vars);
    file.close();
    return withFiles(({ FS }) => {
      const bytes = FS.readFile('made.h5');
      FS.unlink('made.h5');
      return bytes;
    });
  }

  const kernel = { name: '0', data: new Float32Array(6), shape: [3, 2], dtype: '<f' };
  const bias = { name: '1', data: new Float32Array(2), shape: [2], dtype: '<f' };

  it('are refused if the weights are missing, too many, or of another shape or kind', async () => {
    const refused = async (text: string, write: Parameters<typeof made>[0]) =>
      expect(await refusal(await made(write))).to.include(text);
    await refused('expected a weight bias', (vars) => void vars.create_dataset(kernel));
    await refused('expected a weight kernel, received []', () => {});
    await refused('a weight kernel of the shape [2,2], received [2,3]', (vars) => {
      vars.create_dataset({ ...kernel, shape: [2, 3] });
      vars.create_dataset(bias);
    });
    await refused('expected weights of the layers of the model, received "dense/vars/2"', (vars) => {
      for (const one of [kernel, bias, { ...bias, name: '2' }]) vars.create_dataset(one);
    });
    await refused('weights of one dtype', (vars) => {
      vars.create_dataset(kernel);
      vars.create_dataset({ ...bias, data: new Float64Array(2), dtype: '<d' });
    });
    await refused('numbers of float32 or float64, received "type 0 of 4 bytes"', (vars) => {
      vars.create_dataset({ ...kernel, data: new Int32Array(6), dtype: '<i' });
    });
    await refused('expected an array in one piece', (vars) => {
      vars.create_dataset({ ...kernel, chunks: [1, 2], compression: 'gzip' });
    });
    await refused('a group or an array in the same file, received "ExternalLink"', (vars) => {
      vars.create_external_link('/other.h5', '/x', '0');
    });
    await refused('received "BrokenSoftLink"', (vars) => void vars.create_soft_link('/nowhere', '0'));
    await refused('at most 64 weights of a layer', (vars) => void vars.create_soft_link('/layers', 'again'));
    await refused('a name that an object may have as a key', (vars) => void vars.create_group('__proto__'));
    expect(await refusal(await made(() => {}, 'model'))).to.include('expected a group layers');
  });

  it('are refused if they lie in a way that Keras never writes', async () => {
    const refusals = {
      unallocated: 'numbers of at most',
      virtual: 'an array in one piece',
      'big-endian': 'numbers of float32 or float64',
      float16: 'received "type 1 of 2 bytes"',
      scalar: 'a weight kernel of the shape',
      empty: 'an array in one piece',
      outside: 'dense: vars: 0: expected an HDF5 file',
    };
    const odd = unzip('test', fixture('odd.zip'), 1e6);
    for (const [name, text] of Object.entries(refusals))
      expect(await refusal(odd.get(`${name}.h5`)!), name).to.include(text);
    expect(odd.size).to.equal(Object.keys(refusals).length);
  });

  it('are refused if their numbers lie outside of the file, and print nothing', async () => {
    const file = Uint8Array.from(files['model.weights.h5']!);
    const { value } = (model.layers[0] as Dense).kernel!;
    const data = new Uint8Array(Float32Array.from(array.flat(value)).buffer);
    const places = (part: Uint8Array) =>
      Array.from(file.keys()).filter((at) => part.every((byte, i) => file[at + i] === byte));
    const [at] = places(data);
    const address = new Uint8Array(BigUint64Array.of(BigInt(at!)).buffer);
    const [pointer] = places(address);
    const written: unknown[] = [];
    const { error } = console;
    console.error = (...given: unknown[]) => void written.push(given);
    try {
      file.set(
        BigUint64Array.of(2n ** 40n).length ? new Uint8Array(BigUint64Array.of(2n ** 40n).buffer) : [],
        pointer,
      );
      expect(await refusal(file)).to.include('dense: vars: 0: expected an HDF5 file');
    } finally {
      console.error = error;
    }
    expect(written).to.deep.equal([]);
  });

  it('take no memory for many names of the same numbers', async () => {
    const link = (vars: { create_hard_link(target: string, name: string): number }) => {
      for (let i = 2; i < 60; i++) vars.create_hard_link('/layers/dense/vars/0', String(i));
    };
    const large = await made((vars) => {
      vars.create_dataset({ ...kernel, data: new Float32Array(60_000), shape: [30_000, 2] });
      vars.create_dataset(bias);
      link(vars);
    });
    expect(await refusal(large)).to.include('as many as are left of the file');
  });

  it('take no time for groups in one another without end', async () => {
    const endless = await made((vars) => {
      vars.create_dataset(kernel);
      for (let i = 0; i < 10; i++) vars.create_hard_link('/layers/dense', `again${i}`);
    });
    expect(await refusal(endless)).to.match(/at most 64 weights of a layer, in groups at most 3 deep/);
  });

  it('are written as they are at the call', async () => {
    const dense = new Dense(2, { seed: 1 });
    const own = new Sequential([dense]);
    own.forward(zeros([1, 3]));
    const before = String(own.forward(randomNormal([1, 3], { seed: 1 })));
    const writing = writeKeras(own, [3]);
    dense.kernel!.value = zeros([3, 2]).value;
    const again = await readKeras(await writing);
    expect(String(again.forward(randomNormal([1, 3], { seed: 1 })))).to.equal(before);
  });

  it('are refused if a name leads to another place', async () => {
    const { 'config.json': config, 'model.weights.h5': file } = Object.fromEntries(
      unzip('test', fixture('pooled.keras'), 1e6),
    ) as Record<string, Uint8Array>;
    const letters = (text: string) => [...text].map((letter) => letter.charCodeAt(0));
    for (const name of ['/ense', 'd/nse', '.\0nse']) {
      const renamed = Uint8Array.from(file!);
      for (const at of file!.keys())
        if (letters('dense\0').every((code, i) => file![at + i] === code)) renamed.set(letters(name), at);
      expect(
        await failure(readKeras({ 'config.json': config!, 'model.weights.h5': renamed })),
        name,
      ).to.include('names of what is in the group');
    }
  });

  it('take no memory for a claim of two billion bytes', async () => {
    const { 'config.json': config, 'model.weights.h5': file } = Object.fromEntries(
      unzip('test', fixture('pooled.keras'), 1e6),
    ) as Record<string, Uint8Array>;
    const heap = [...'HEAP'].map((letter) => letter.charCodeAt(0));
    const heaps = Array.from(file!.keys()).filter((at) => heap.every((byte, i) => file![at + i] === byte));
    expect(heaps.length).to.be.above(3);
    let refusals = 0;
    const before = process.memoryUsage().rss;
    for (const at of heaps) {
      const claimed = Uint8Array.from(file!);
      // The size of its data comes after its name and its version.
      new DataView(claimed.buffer).setBigUint64(at + 8, 2n ** 31n - 2n ** 20n, true);
      const reading = readKeras({ 'config.json': config!, 'model.weights.h5': claimed });
      // Some heaps are those of groups that nobody reads.
      await reading.catch(() => refusals++);
    }
    expect(refusals).to.be.above(2);
    expect(process.memoryUsage().rss - before).to.be.below(2 ** 28);
  });
});

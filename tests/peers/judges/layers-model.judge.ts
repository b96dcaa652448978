import { expect } from 'chai';
import {
  type Module,
  SGD,
  type Sequential,
  array,
  mean,
  randomNormal,
  square,
  sub,
  tensor,
  valueAndGrad,
} from '../../../src/index.js';
import { readLayersModel, writeLayersModel } from '../../../src/io/index.js';
import { judge } from './judge.js';

/** The part of TensorFlow.js that is used here; it is installed for judges and benchmarks alone. */
interface Numbers {
  dataSync(): Float32Array;
}
interface Artifacts {
  readonly modelTopology: unknown;
  readonly weightSpecs: readonly unknown[];
  readonly weightData: ArrayBuffer;
}
interface Model {
  predict(x: Numbers): Numbers;
  trainOnBatch(x: Numbers, y: Numbers): Promise<unknown>;
  compile(options: object): void;
  save(handler: unknown): Promise<unknown>;
  getWeights(): readonly (Numbers & { readonly shape: readonly number[] })[];
  setWeights(weights: readonly Numbers[]): void;
}
interface TensorFlow {
  readonly layers: Readonly<Record<string, (options: object) => { apply(x: unknown): unknown }>>;
  readonly io: Readonly<Record<'withSaveHandler' | 'fromMemory', (given: unknown) => unknown>>;
  readonly train: { sgd(rate: number): unknown };
  sequential(options: object): Model;
  input(options: object): unknown;
  model(options: object): Model;
  loadLayersModel(handler: unknown): Promise<Model>;
  tensor(data: ArrayLike<number>, shape: readonly number[]): Numbers;
  ready(): Promise<void>;
  setBackend(name: string): Promise<boolean>;
}

describe('LayersModels of TensorFlow.js', function () {
  this.timeout(120_000);
  let tf: TensorFlow;
  before(async function () {
    tf = judge(this, '@tensorflow/tfjs') as TensorFlow;
    await tf.setBackend('cpu');
    await tf.ready();
  });

  const shape = [3, 6, 6, 2];
  const x = randomNormal(shape, { seed: 1 });
  const there = () => tf.tensor(Array.from(array.flat(x.value)), shape);

  /** A model there with random weights. */
  function made(isFunctional = false): Model {
    const { layers } = tf;
    const all = [
      layers['conv2d']!({
        filters: 4,
        kernelSize: [3, 2],
        padding: 'same',
        strides: 2,
        inputShape: [6, 6, 2],
      }),
      layers['batchNormalization']!({ momentum: 0.9 }),
      layers['reLU']!({}),
      layers['depthwiseConv2d']!({ kernelSize: 2, depthMultiplier: 2, padding: 'same', activation: 'tanh' }),
      layers['averagePooling2d']!({ poolSize: 2, strides: 1 }),
      layers['maxPooling2d']!({ poolSize: 2, strides: 1, padding: 'same' }),
      layers['layerNormalization']!({ epsilon: 1e-3 }),
      layers['dropout']!({ rate: 0 }),
      layers['flatten']!({}),
      layers['dense']!({ units: 5, activation: 'elu' }),
      layers['activation']!({ activation: 'sigmoid' }),
      layers['dense']!({ units: 3, useBias: false }),
      layers['softmax']!({}),
    ];
    const input = isFunctional ? tf.input({ shape: [6, 6, 2] }) : undefined;
    const model = isFunctional
      ? tf.model({ inputs: input, outputs: all.reduce((value, layer) => layer.apply(value), input) })
      : tf.sequential({ layers: all });
    return randomized(model);
  }

  function randomized(model: Model): Model {
    const random = new array.Random(7);
    model.setWeights(
      model.getWeights().map((weight) =>
        tf.tensor(
          Array.from(weight.dataSync(), () => 0.2 + Math.abs(random.normal()) / 2),
          weight.shape,
        ),
      ),
    );
    return model;
  }

  /** The files that TensorFlow.js saves. */
  async function saved(model: Model): Promise<Record<string, Uint8Array>> {
    const { modelTopology, weightSpecs, weightData } = await new Promise<Artifacts>((resolve) => {
      const handler = (artifacts: Artifacts) => (resolve(artifacts), Promise.resolve({}));
      void model.save(tf.io.withSaveHandler(handler));
    });
    const json = { modelTopology, weightsManifest: [{ paths: ['a.bin', 'b.bin'], weights: weightSpecs }] };
    const bytes = new Uint8Array(weightData);
    return {
      'model.json': new TextEncoder().encode(JSON.stringify(json)),
      'a.bin': bytes.subarray(0, 10),
      'b.bin': bytes.subarray(10),
    };
  }

  const difference = (ours: ArrayLike<number>, theirs: ArrayLike<number>) =>
    Math.max(...Array.from(ours, (value, i) => Math.abs(value - theirs[i]!)));

  const numbers = (model: Sequential) => array.flat(model.forward(x).value);

  for (const isFunctional of [false, true])
    it(`predict the same here: ${isFunctional ? 'functional' : 'sequential'}`, async () => {
      const model = made(isFunctional);
      const ours = readLayersModel(await saved(model)).eval();
      expect(difference(numbers(ours), model.predict(there()).dataSync())).to.be.below(1e-6);
    });

  it('predict the same there, once they are written here', async () => {
    const ours = readLayersModel(await saved(made())).eval();
    const model = await loaded(writeLayersModel(ours, [6, 6, 2]));
    expect(difference(numbers(ours), model.predict(there()).dataSync())).to.be.below(1e-6);
  });

  /** A model there, of files that were written here. */
  async function loaded(files: Record<string, Uint8Array<ArrayBuffer>>): Promise<Model> {
    const { modelTopology, weightsManifest } = JSON.parse(new TextDecoder().decode(files['model.json'])) as {
      modelTopology: unknown;
      weightsManifest: readonly { weights: readonly unknown[] }[];
    };
    const weightSpecs = weightsManifest[0]!.weights;
    const weightData = files['group1-shard1of1.bin']!.buffer;
    return tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
  }

  /** A functional model there with residual connections around one layer and around several, and a Reshape. */
  function residual(): Model {
    const { layers } = tf;
    const apply = (name: string, options: object, value: unknown) => layers[name]!(options).apply(value);
    const input = tf.input({ shape: [6, 6, 2] });
    const first = apply('conv2d', { filters: 4, kernelSize: 3, padding: 'same' }, input);
    const inner = apply('conv2d', { filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' }, first);
    const sum = apply('add', {}, [apply('batchNormalization', {}, inner), first]);
    const second = apply('add', {}, [sum, apply('dense', { units: 4 }, sum)]);
    const pooled = apply('globalMaxPooling2d', { dataFormat: 'channelsLast' }, second);
    const outputs = apply('dense', { units: 3 }, apply('reshape', { targetShape: [2, 2] }, pooled));
    return randomized(tf.model({ inputs: input, outputs }));
  }

  it('predict the same here and there with residual connections', async () => {
    const model = residual();
    const ours = readLayersModel(await saved(model)).eval();
    expect(ours.layers.map((layer) => (layer as Module).constructor.name)).to.deep.equal([
      'Conv2D',
      'Residual',
      'Residual',
      'GlobalMaxPooling2D',
      'Reshape',
      'Dense',
    ]);
    const expected = model.predict(there()).dataSync();
    // Sums of positive numbers are large.
    const bound = 1e-6 * Math.max(...expected);
    expect(difference(numbers(ours), expected)).to.be.below(bound);
    const again = await loaded(writeLayersModel(ours, [6, 6, 2]));
    expect(difference(expected, again.predict(there()).dataSync())).to.be.below(bound);
  });

  it('take the same step of training', async () => {
    const model = made();
    const ours = readLayersModel(await saved(model)).train();
    const y = Array.from({ length: 9 }, (_, i) => (i % 4) / 4);
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
    await model.trainOnBatch(there(), tf.tensor(y, [3, 3]));
    const target = tensor([y.slice(0, 3), y.slice(3, 6), y.slice(6)]);
    const { gradients } = valueAndGrad(() => mean(square(sub(ours.forward(x), target))), ours);
    new SGD({ learningRate: 0.1 }).step(gradients);
    const after = readLayersModel(await saved(model)).stateDict();
    for (const [name, { data }] of Object.entries(ours.stateDict()))
      expect(difference(data, after[name]!.data), name).to.be.below(1e-6);
    expect(difference(numbers(ours.eval()), model.predict(there()).dataSync())).to.be.below(1e-6);
  });
});

import { expect } from 'chai';
import ndarray from 'ndarray';
import { MessageChannel, Worker, receiveMessageOnPort } from 'node:worker_threads';
import {
  Adam,
  Dense,
  type NdArray,
  Sequential,
  createNormalizationLayer,
  randomNormal,
  scope,
  sum,
  tensor,
  valueAndGrad,
} from '../../src/index.js';
import { ExponentialMovingAverage, plainState } from '../../src/train/index.js';

type State = Record<string, NdArray>;

/** A trained model with statistics, in one dtype, whose bias holds what JSON cannot. */
function trained(dtype: 'float32' | 'float64' = 'float32') {
  const model = new Sequential([
    new Dense(4, { seed: 1 }),
    createNormalizationLayer('batch_norm'),
    new Dense(5, { seed: 2 }),
  ]);
  const optimizer = new Adam();
  const average = new ExponentialMovingAverage(model);
  const x = randomNormal([6, 3], { seed: 3, dtype });
  optimizer.step(valueAndGrad(() => sum(model.forward(x))).gradients);
  average.update();
  const odd = [NaN, Infinity, -Infinity, -0, 0.1];
  model.loadStateDict({ 'layers.2.bias': tensor(odd, { dtype: 'float64' }) }, { strict: false });
  return { model, optimizer, average, x };
}

const bits = (state: State): unknown =>
  Object.entries(state).map(([name, { data, shape, dtype }]) => [
    name,
    dtype,
    [...shape],
    [...new Uint8Array(data.slice().buffer)],
  ]);

const inMessage = (value: unknown): unknown => {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(value);
  const received = receiveMessageOnPort(port2) as { message: unknown };
  port1.close();
  return received.message;
};

const byJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

describe('stateDict', () => {
  for (const dtype of ['float32', 'float64'] as const) {
    for (const [way, send] of Object.entries({ structuredClone, inMessage, byJson })) {
      it(`keeps every number of ${dtype} through ${way}`, () => {
        const { model, optimizer, average } = trained(dtype);
        const state = model.stateDict();
        const before = bits(state);
        const other = trained(dtype);
        const received = send(state) as State;
        if (way !== 'byJson') expect(bits(received)).to.deep.equal(before);
        other.model.loadStateDict(received);
        expect(bits(other.model.stateDict())).to.deep.equal(before);
        other.optimizer.loadStateDict(send(optimizer.stateDict(model)) as State, other.model);
        expect(bits(other.optimizer.stateDict(other.model))).to.deep.equal(bits(optimizer.stateDict(model)));
        other.average.loadStateDict(send(average.stateDict()) as State);
        expect(bits(other.average.stateDict())).to.deep.equal(bits(average.stateDict()));
      });
    }
  }

  it('clones as a plain object with a typed array of exactly its numbers, of no other memory', () => {
    for (const array of Object.values(trained().model.stateDict())) {
      const { data, shape, dtype, stride, offset } = array;
      expect(data.buffer.byteLength).to.equal(data.byteLength);
      expect(structuredClone(array)).to.deep.equal({ data, dtype, shape, stride, offset });
      expect(Object.keys(array).sort()).to.deep.equal(['data', 'dtype', 'offset', 'shape', 'stride']);
    }
  });

  it('still has every property of an ndarray', () => {
    const { model } = trained();
    const kernel = model.stateDict()['layers.0.kernel']!;
    const real = ndarray(kernel.data, [3, 4]);
    expect(kernel.get(2, 1)).to.equal(real.get(2, 1));
    expect(kernel.transpose(1, 0).stride).to.deep.equal(real.transpose(1, 0).stride);
    for (const key of ['size', 'dimension', 'order', 'stride', 'offset'] as const)
      expect(kernel[key], key).to.deep.equal(real[key]);
    expect(tensor(kernel).toArray()).to.deep.equal(tensor(real).toArray());
  });

  it('holds copies that outlive every scope', () => {
    const { model } = trained();
    const before = bits(model.stateDict());
    const state = scope(() => ({ inside: () => taken, taken: model.stateDict() }));
    const { taken } = state;
    taken['layers.0.kernel']!.data.fill(7);
    expect(bits(model.stateDict())).to.deep.equal(before);
  });

  it('reaches a worker thread, and comes back', async () => {
    const { model } = trained();
    const state = model.stateDict();
    const worker = new Worker(
      "const { parentPort, workerData } = require('node:worker_threads'); parentPort.postMessage(workerData);",
      {
        eval: true,
        workerData: state,
        execArgv: [],
      },
    );
    const back = await new Promise<State>((resolve, reject) =>
      worker.once('message', resolve).once('error', reject),
    );
    await worker.terminate();
    expect(bits(back)).to.deep.equal(bits(state));
  });
});

describe('plainState', () => {
  it('makes nested lists of the state of a model, which JSON keeps to the last bit', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const { model } = trained(dtype);
      const plain = plainState(model);
      expect(plain).to.deep.equal(plainState(model.stateDict()));
      expect(plain['layers.2.bias']).to.deep.equal([
        'NaN',
        'Infinity',
        '-Infinity',
        '-0',
        dtype === 'float64' ? 0.1 : Math.fround(0.1),
      ]);
      const other = trained(dtype).model;
      other.loadStateDict(byJson(plain) as State);
      expect(bits(other.stateDict())).to.deep.equal(bits(model.stateDict()));
    }
  });

  it('makes lists of tensors too', () => {
    expect(plainState({ a: tensor([[1, NaN]]) })).to.deep.equal({ a: [[1, 'NaN']] });
  });

  it('is read only by loadStateDict: elsewhere strings are no numbers', () => {
    expect(() => tensor(['NaN'] as never)).to.throw('tensor: expected a number at depth 1');
    const { model } = trained();
    expect(() =>
      model.loadStateDict({ ...model.stateDict(), 'layers.2.bias': ['nan', 1, 1, 1, 1] as never }),
    ).to.throw('loadStateDict: layers.2.bias: expected a number at depth 1, received "nan".');
  });
});

describe('an array that is no plain data', () => {
  it('is not cloned without its numbers: structuredClone throws and says what to send', () => {
    const optimizer = new Adam();
    const { gradients } = valueAndGrad(() => sum(tensor([1, 2])));
    for (const array of [tensor([1, 2]).value, tensor([1, 2]), gradients, optimizer])
      expect(() => structuredClone(array)).to.throw(/toJSON\(\), or what stateDict\(\) gives/);
  });
});

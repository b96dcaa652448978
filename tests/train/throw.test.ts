import { expect } from 'chai';
import { memoryInfo } from '../../src/array/index.js';
import { scope } from '../../src/autograd/scope.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { kernelInfo } from '../../src/kernels/index.js';
import { LanguageModel } from '../../src/models/language-model.js';
import { Dense } from '../../src/nn/dense.js';
import { crossEntropy } from '../../src/nn/losses/index.js';
import { Sequential } from '../../src/nn/sequential.js';
import { mul } from '../../src/ops/catalog.js';
import { randomNormal } from '../../src/ops/create.js';
import { Adam } from '../../src/optim/adam.js';
import { SGD } from '../../src/optim/sgd.js';
import { ExponentialMovingAverage, evaluate, findLearningRate, fit } from '../../src/train/index.js';
import { Classifier, bitsOf, some } from './support.js';

/** Throws at the n-th call. */
const failing = (n: number) => {
  let count = 0;
  return (): void => {
    if (++count === n) throw new Error('on the way');
  };
};

describe('arrays of a training that throws', () => {
  const model = new Sequential([new Dense(16, { seed: 1 }), new Dense(10, { seed: 2 })]);
  const language = new LanguageModel({
    vocabularySize: 9,
    contextLength: 8,
    layers: 1,
    hiddenSize: 8,
    heads: 2,
  });
  const forward = language.forward.bind(language);
  const optimizer = new Adam();
  const average = new ExponentialMovingAverage(model);
  const data = some(24);
  const lossThat = (fail: () => void) => (x: Tensor, labels: Int32Array) => {
    const loss = crossEntropy(x, labels);
    fail();
    return loss;
  };
  const training = { loss: crossEntropy, optimizer, batchSize: 8, epochs: 2, seed: 1 };
  const pick = (fail: () => void) => ({
    count: 24,
    pick: () => (fail(), { features: data.features, labels: data.labels }),
  });
  const metricThat = (fail: () => void) => ({ failing: () => (fail(), 1) });

  const ways: Readonly<Record<string, (n: number) => unknown>> = {
    'by a loss': (n) => fit(model, data, { ...training, loss: lossThat(failing(n)) }),
    'by a callback of steps': (n) =>
      fit(model, data, { ...training, callbacks: [{ name: 'a', step: failing(n) }] }),
    'by a callback of epochs': () =>
      fit(model, data, { ...training, callbacks: [{ name: 'a', epoch: failing(2) }] }),
    'by a metric': () => fit(model, data, { ...training, validation: data, metrics: metricThat(failing(2)) }),
    'by a metric of averages': () =>
      fit(model, data, { ...training, average, validation: data, metrics: metricThat(failing(2)) }),
    'by data': (n) => fit(model, pick(failing(n)), training),
    'by a schedule': (n) => {
      const fail = failing(3 * n);
      return fit(model, data, { ...training, optimizer: new SGD({ learningRate: () => (fail(), 0.1) }) });
    },
    'by clipping': (n) => {
      const fail = failing(n);
      return fit(model, data, { ...training, clip: (gradients) => (fail(), gradients) });
    },
    'by a metric of evaluate': (n) =>
      evaluate(model, data, { loss: crossEntropy, batchSize: 8, metrics: metricThat(failing(n)) }),
    'by a loss of evaluate': (n) => evaluate(model, data, { loss: lossThat(failing(n)), batchSize: 8 }),
    'by generate': (n) => {
      const fail = failing(n);
      language.forward = (...given) => {
        const logits = forward(...given);
        fail();
        return logits;
      };
      return language.generate([1, 2], { length: 20, seed: 1 });
    },
  };

  const caught = (f: () => unknown): string => {
    try {
      scope(f);
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing was thrown';
  };

  for (const [name, way] of Object.entries(ways)) {
    it(`are freed at once ${name}`, function () {
      if (kernelInfo().kernels === 'js') this.skip();
      // What is remembered from the first time stays.
      caught(() => way(3));
      const before = memoryInfo();
      for (const n of [1, 2, 3]) expect(caught(() => way(n))).to.equal('on the way');
      const { arrays, bytes } = memoryInfo();
      expect(arrays).to.be.at.most(before.arrays);
      expect(bytes).to.be.at.most(before.bytes);
    });
  }

  it('are freed by findLearningRate, which restores optimizer and model', () => {
    model.forward(data.features);
    const before = [bitsOf(model), optimizer.stateDict(model)];
    const { arrays } = memoryInfo();
    expect(caught(() => findLearningRate(model, data, { optimizer, loss: lossThat(failing(2)) }))).to.equal(
      'on the way',
    );
    expect([bitsOf(model), optimizer.stateDict(model)]).to.deep.equal(before);
    // Its weights were replaced, and the collector of garbage gives those before back.
    expect(memoryInfo().arrays - arrays).to.be.at.most(model.parameters().length);
  });
});

describe('weights that a step would make infinite', () => {
  it('are those before the step, for models of any size', () => {
    // Retired arrays may hold 64 MB, and this is more.
    const model = new Dense(4200, { seed: 1, useBias: false });
    const features = randomNormal([2, 4200], { seed: 1 });
    model.forward(features);
    // A copy: to look at the array itself would keep it.
    const [first] = model.stateDict()['kernel']!.data;
    const data = { count: 2, pick: () => ({ features, labels: Int32Array.of(0, 1) }) };
    const step = () =>
      fit(model, data, {
        loss: (x: Tensor, labels: Int32Array) => mul(crossEntropy(x, labels), 1e5),
        optimizer: new SGD({ learningRate: 1e38 }),
      });
    expect(step).to.throw('kernel: expected finite weights after the step');
    expect(model.kernel!.value.data[0]).to.equal(first);
  });

  it('leave the optimizer unchanged, too', () => {
    const model = new Classifier();
    const optimizer = new Adam({ learningRate: 0.1 });
    const data = some(8);
    fit(model, data, { loss: crossEntropy, optimizer });
    const state = (): unknown =>
      Object.entries(optimizer.stateDict(model)).map(([name, { data }]) => [name, [...data]]);
    const before = state();
    optimizer.learningRate = 1e38;
    const huge = (x: Tensor, labels: Int32Array) => mul(crossEntropy(x, labels), 1e4);
    expect(() => fit(model, data, { loss: huge, optimizer: new SGD({ learningRate: 1e38 }) })).to.throw(
      'finite weights',
    );
    optimizer.learningRate = 1e300;
    expect(() => fit(model, data, { loss: crossEntropy, optimizer })).to.throw('finite weights');
    expect(state()).to.deep.equal(before);
  });
});

import { expect } from 'chai';
import { fromSource, map } from '../../src/array/index.js';
import { Gradients } from '../../src/autograd/gradients.js';
import { primitive } from '../../src/autograd/primitive.js';
import { tensor } from '../../src/autograd/create.js';
import { Tensor } from '../../src/autograd/tape.js';
import { Dense } from '../../src/nn/dense.js';
import { crossEntropy } from '../../src/nn/losses/index.js';
import { Module } from '../../src/nn/module.js';
import { add, mul, sum } from '../../src/ops/catalog.js';
import { SGD } from '../../src/optim/sgd.js';
import {
  type Callback,
  ExponentialMovingAverage,
  type FitOptions,
  checkpoints,
  fit,
  findLearningRate,
  isDivergence,
  plainState,
} from '../../src/train/index.js';
import { Classifier, bitsOf, some } from './support.js';

type Options = FitOptions<never, Tensor, Int32Array, Tensor>;

/** The same numbers, but for a value or a gradient of NaN from the third call on. */
function failing(what: 'value' | 'gradient') {
  let calls = 0;
  const op = primitive('broken', (x) => {
    const bad = ++calls >= 3;
    const spoiled = (a: typeof x, now: boolean) => (bad && now ? map(a, () => NaN) : a);
    return { value: spoiled(x, what === 'value'), pullback: (g) => [spoiled(g, what === 'gradient')] };
  });
  return (logits: Tensor, labels: Int32Array) => crossEntropy(op(logits), labels);
}

/** What a model was before each step. */
const remembering = (model: Module) => {
  const bits: ReturnType<typeof bitsOf>[] = [];
  const callback: Callback = { name: 'bits', step: () => void bits.push(bitsOf(model)) };
  return { bits, callback };
};

describe('a training that diverges', () => {
  for (const what of ['value', 'gradient'] as const) {
    it(`names the op that made the ${what}, and leaves the model as it was before the step`, () => {
      const model = new Classifier();
      const { bits, callback } = remembering(model);
      const states: unknown[] = [];
      const run = () =>
        fit(model, some(20), {
          loss: failing(what),
          optimizer: new SGD(),
          batchSize: 5,
          callbacks: [callback, checkpoints((state) => states.push(plainState(state)), { everySteps: 1 })],
        });
      const expected = what === 'value' ? 'broken: expected a finite value' : 'gradient of input 0 of broken';
      expect(run).to.throw(`fit: epoch 1, step 3: ${expected}`);
      expect(bits).to.have.length(2);
      expect(bitsOf(model)).to.deep.equal(bits[1]);
      expect(states).to.have.length(2);
    });
  }

  it('may stop instead of throwing, and keeps its history', () => {
    const model = new Classifier();
    let ended = '';
    const history = fit(model, some(20), {
      loss: failing('value'),
      optimizer: new SGD(),
      batchSize: 10,
      epochs: 3,
      divergence: 'stop',
      callbacks: [{ name: 'end', end: ({ stopped }) => void (ended = stopped!) }],
    });
    expect(history.epochs).to.have.length(1);
    expect(history.stopped).to.match(
      /^fit: epoch 2, step 1: broken: expected a finite value, .*before the step\.$/,
    );
    expect(ended).to.equal(history.stopped);
  });

  it('names the module that was running, if there is one', () => {
    class Deep extends Module {
      readonly first = new Dense(4, { seed: 1 });
      readonly last = new Dense(10, { seed: 2 });

      override forward(x: Tensor): Tensor {
        return this.last.forward(this.first.forward(x));
      }
    }
    const model = new Deep();
    model.forward(some(1).features);
    model.last.kernel!.value = map(model.last.kernel!.value, () => Infinity);
    const options: Options = { loss: crossEntropy, optimizer: new SGD() };
    expect(() => fit(model, some(4), options)).to.throw(
      /^fit: epoch 1, step 1: \w+ in last: expected a finite value/,
    );
  });

  it('rejects a step that makes weights non-finite, and names them', () => {
    const model = new Dense(10, { seed: 1 });
    const average = new ExponentialMovingAverage(model);
    const optimizer = new SGD({ learningRate: 1e38 });
    const huge = (logits: Tensor, labels: Int32Array) => mul(crossEntropy(logits, labels), 1e5);
    let error: unknown;
    try {
      fit(model, some(4), { loss: huge, optimizer, average });
    } catch (caught) {
      error = caught;
    }
    expect(String(error)).to.match(
      /fit: epoch 1, step 1: kernel: expected finite weights after the step, received "a/,
    );
    expect(isDivergence(error)).to.equal(true);
    const start = new Dense(10, { seed: 1 });
    start.forward(some(1).features);
    expect(bitsOf(model)).to.deep.equal(bitsOf(start));
    expect(average.stateDict()).to.deep.equal({});
  });

  it('says so if clipping made them', () => {
    const clip = (gradients: Gradients) =>
      new Gradients(
        new Map([...gradients].map(([leaf, { value }]) => [leaf, new Tensor(map(value, () => NaN))])),
      );
    const options: Options = { loss: crossEntropy, optimizer: new SGD(), clip };
    expect(() => fit(new Classifier(), some(4), options)).to.throw(
      'No op made these numbers; look at the code that changes gradients',
    );
  });

  it('rethrows other errors, with the model restored to before the step', () => {
    const model = new Classifier();
    const { bits, callback } = remembering(model);
    const data = {
      count: 6,
      pick: (rows: Int32Array) => ({
        features: some(6).features,
        labels: Int32Array.from({ length: 6 }, () => (rows.includes(4) ? 10 : 1)),
      }),
    };
    const options = { loss: crossEntropy, optimizer: new SGD(), batchSize: 2, shuffle: false };
    for (const divergence of ['throw', 'stop'] as const) {
      bits.length = 0;
      let error: unknown;
      try {
        fit(model, data, { ...options, divergence, callbacks: [callback] });
      } catch (caught) {
        error = caught;
      }
      expect(String(error)).to.match(/crossEntropy\.labels: expected integers from 0 to 9, received 10/);
      expect(isDivergence(error)).to.equal(false);
      expect(bitsOf(model)).to.deep.equal(bits[1]);
    }
    expect(isDivergence(new Error('x'))).to.equal(false);
  });
});

describe('findLearningRate', () => {
  const options = { loss: crossEntropy, seed: 3, low: 1e-4, high: 100, steps: 40, batchSize: 8 };

  it('suggests a rate that learns, from rates that grow by equal factors', () => {
    const optimizer = new SGD({ learningRate: 0.5, momentum: 0.5 });
    const { rates, losses, smoothed, suggestion } = findLearningRate(new Classifier(), some(50), {
      ...options,
      optimizer,
    });
    expect(rates[0]).to.be.closeTo(1e-4, 1e-18);
    rates.slice(1).forEach((rate, i) => expect(rate / rates[i]!).to.be.closeTo(1e6 ** (1 / 39), 1e-9));
    expect([losses.length, smoothed.length]).to.deep.equal([rates.length, rates.length]);
    expect(smoothed[0]).to.be.closeTo(losses[0]!, 1e-12);
    expect(smoothed[1]).to.be.closeTo((0.9 * losses[0]! + losses[1]!) / 1.9, 1e-12);
    expect(10 * suggestion).to.be.closeTo(rates[smoothed.indexOf(Math.min(...smoothed))]!, 1e-12);
    expect(suggestion).to.be.within(1e-3, 10);
  });

  it('restores model and optimizer', () => {
    const model = new Classifier();
    const optimizer = new SGD({ learningRate: 0.5, momentum: 0.5 });
    fit(model, some(20), { loss: crossEntropy, optimizer, seed: 1 });
    const before = [bitsOf(model), optimizer.stateDict(model), optimizer.learningRate];
    const first = findLearningRate(model, some(50), { ...options, optimizer });
    expect([bitsOf(model), optimizer.stateDict(model), optimizer.learningRate]).to.deep.equal(before);
    expect(findLearningRate(model, some(50), { ...options, optimizer })).to.deep.equal(first);
  });

  it('ends when the loss explodes, or is not finite', () => {
    const line = () => new Dense(1, { seed: 1 });
    const data = { count: 4, pick: () => ({ features: tensor([[1]]), labels: 0 }) };
    const square = (x: Tensor) => sum(mul(x, x));
    const wide = { optimizer: new SGD(), seed: 1, low: 1, high: 1e30, steps: 60, batchSize: 4, smoothing: 0 };
    const { losses } = findLearningRate(line(), data, { ...wide, loss: square });
    expect(losses.length).to.be.below(10);
    const least = Math.min(...losses.slice(0, -1));
    expect(losses.at(-1)!).to.be.above(4 * least);
    // Losses below 0 are no reason to stop.
    const down = (x: Tensor) => add(mul(sum(x), 0), -1);
    expect(findLearningRate(line(), data, { ...wide, loss: down }).losses).to.have.length(60);
    let calls = 0;
    const broken = primitive('broken', (x) => ({
      value: ++calls > 5 ? fromSource([[NaN]]) : x,
      pullback: (g) => [g],
    }));
    expect(
      findLearningRate(line(), data, { ...wide, loss: (x) => add(mul(sum(broken(x)), 0), 1) }).losses,
    ).to.have.length(5);
  });

  it('refuses wrong settings', () => {
    const find = (given: object) => () =>
      findLearningRate(new Classifier(), some(5), { ...options, optimizer: new SGD(), ...given });
    expect(find({ high: 1e-4 })).to.throw(
      'findLearningRate.high: expected a rate above low, 0.0001, received 0.0001.',
    );
    expect(find({ low: 0 })).to.throw('findLearningRate.low: expected a finite number above 0');
    expect(find({ optimizer: 1 })).to.throw('findLearningRate.optimizer: expected an optimizer');
  });
});

import { expect } from 'chai';
import { Random, distance } from '../../src/array/index.js';
import { Parameter } from '../../src/autograd/parameter.js';
import { tensor } from '../../src/autograd/create.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { valueAndGrad } from '../../src/autograd/vjp.js';
import { batches } from '../../src/data/index.js';
import { Dense } from '../../src/nn/dense.js';
import { crossEntropy, meanSquaredError } from '../../src/nn/losses/index.js';
import { Module } from '../../src/nn/module.js';
import { add, mul } from '../../src/ops/catalog.js';
import { Adam } from '../../src/optim/adam.js';
import { clipByGlobalNorm, globalNorm } from '../../src/optim/clipping.js';
import { SGD } from '../../src/optim/sgd.js';
import {
  type Callback,
  type StepRecord,
  accumulateGradients,
  accuracy,
  auroc,
  evaluate,
  fit,
  overall,
  training,
} from '../../src/train/index.js';
import { Classifier, bitsOf, some } from './support.js';

/** Hears of everything. */
function listening() {
  const steps: StepRecord[] = [];
  const heard: string[] = [];
  const callback: Callback = {
    name: 'listening',
    start: () => void heard.push('start'),
    step: (record) => {
      heard.push('step');
      steps.push(record);
    },
    epoch: () => void heard.push('epoch'),
    settled: (what) => void heard.push(`settled ${what}`),
    end: () => void heard.push('end'),
  };
  return { callback, heard, steps };
}

describe('fit', () => {
  it('equals the loop written by hand, to the last bit', () => {
    const data = some(50);
    const [one, other] = [new Classifier(), new Classifier()];
    const history = fit(one, data, {
      loss: crossEntropy,
      optimizer: new Adam(),
      epochs: 3,
      batchSize: 16,
      seed: 5,
      clip: 0.5,
      validation: some(20, 50),
      metrics: { accuracy },
    });

    const adam = new Adam();
    const seeds = new Random(5);
    const losses = [1, 2, 3].map(() => {
      let total = 0;
      for (const { features, labels } of batches(data, { size: 16, seed: seeds.seed() })) {
        const { value, gradients } = valueAndGrad(() => crossEntropy(other.forward(features), labels), other);
        adam.step(clipByGlobalNorm(gradients, 0.5));
        total += value.item() * labels.length;
      }
      return total / 50;
    });
    expect(bitsOf(one)).to.deep.equal(bitsOf(other));
    expect(history.epochs.map(({ loss }) => loss)).to.deep.equal(losses);
    expect(history.epochs.map(({ epoch, steps }) => [epoch, steps])).to.deep.equal([
      [1, 4],
      [2, 8],
      [3, 12],
    ]);
    expect(history.epochs.at(-1)!.validation).to.deep.equal(
      evaluate(other, some(20, 50), { loss: crossEntropy, metrics: { accuracy } }),
    );
  });

  it('takes samples in order if it does not shuffle', () => {
    const [one, other] = [new Classifier(), new Classifier()];
    fit(one, some(20), { loss: crossEntropy, optimizer: new SGD(), batchSize: 8, shuffle: false });
    const sgd = new SGD();
    for (const { features, labels } of batches(some(20), { size: 8 })) {
      sgd.step(valueAndGrad(() => crossEntropy(other.forward(features), labels), other).gradients);
    }
    expect(bitsOf(one)).to.deep.equal(bitsOf(other));
  });

  it('draws a new seed each time, reports it, and gives the same result with it', () => {
    const run = (seed?: number) => {
      const model = new Classifier();
      const history = fit(model, some(20), { loss: crossEntropy, optimizer: new SGD(), batchSize: 4, seed });
      return { bits: bitsOf(model), seed: history.seed };
    };
    const [one, other] = [run(), run()];
    expect(one.seed).not.to.equal(other.seed);
    expect(one.bits).not.to.deep.equal(other.bits);
    expect(run(one.seed)).to.deep.equal(one);
  });

  it('makes the same step with accumulated batches as with one large batch, up to rounding', () => {
    const data = some(22);
    const weights = [1, 2, 3, 16].map((accumulate) => {
      const model = new Dense(10, { seed: 1, kernelRegularizer: { type: 'l2', l2: 0.1 } });
      const batchSize = { 1: 16, 2: 8, 3: 7, 16: 1 }[accumulate]!;
      const { epochs } = fit(model, data, {
        loss: crossEntropy,
        optimizer: new SGD({ learningRate: 0.5 }),
        epochs: 2,
        // 16, 2 × 8, 3 × 7 and 16 × 1 samples a step.
        batchSize,
        accumulate,
        shuffle: false,
      });
      return { kernel: model.kernel!.value, steps: epochs.at(-1)!.steps, size: batchSize * accumulate };
    });
    const [whole, halves, , ones] = weights;
    expect(weights.map(({ size }) => size)).to.deep.equal([16, 16, 21, 16]);
    expect(weights.map(({ steps }) => steps)).to.deep.equal([4, 4, 4, 4]);
    for (const { kernel } of [halves!, ones!]) expect(distance(kernel, whole!.kernel)).to.be.below(1e-6);
    expect(distance(weights[2]!.kernel, whole!.kernel)).to.be.above(1e-4);
  });

  it('adds penalties to the gradients, and not to the reported loss', () => {
    const run = (penalty: boolean) => {
      const model = new Dense(10, { seed: 1, kernelRegularizer: { type: 'l2', l2: 0.5 } });
      const { callback, steps } = listening();
      fit(model, some(8), {
        loss: crossEntropy,
        optimizer: new SGD({ learningRate: 1 }),
        batchSize: 8,
        seed: 1,
        penalty,
        callbacks: [callback],
      });
      return { loss: steps[0]!.loss, kernel: model.kernel!.value, gradient: steps[0]!.gradients };
    };
    const [plain, penalized] = [run(false), run(true)];
    expect(penalized.loss).to.equal(plain.loss);
    // The gradient of 0.5 Σ w² is w: the penalized step goes w further down.
    const start = new Dense(10, { seed: 1 });
    start.forward(some(1).features);
    expect(distance(add(tensor(penalized.kernel), start.kernel!).value, plain.kernel)).to.be.below(1e-6);
  });

  it('clips by a norm, or by a function', () => {
    const lengths = (clip?: number | 'half') => {
      const { callback, steps } = listening();
      fit(new Classifier(), some(8), {
        loss: crossEntropy,
        optimizer: new SGD(),
        seed: 1,
        clip: clip === 'half' ? (gradients) => clipByGlobalNorm(gradients, globalNorm(gradients) / 2) : clip,
        callbacks: [callback],
      });
      return globalNorm(steps[0]!.gradients);
    };
    const plain = lengths();
    expect(plain).to.be.above(0.2);
    expect(lengths(0.125)).to.be.closeTo(0.125, 1e-7);
    expect(lengths('half')).to.be.closeTo(plain / 2, 1e-6);
  });

  it('leaves frozen weights unchanged', () => {
    const model = new Classifier();
    model.hidden.freeze();
    const { callback, steps } = listening();
    fit(model, some(8), { loss: crossEntropy, optimizer: new SGD(), callbacks: [callback] });
    const start = new Dense(8, { seed: 1 });
    start.forward(some(1).features);
    expect(model.hidden.kernel!.toArray()).to.deep.equal(start.kernel!.toArray());
    expect([...steps[0]!.gradients].map(([leaf]) => leaf)).not.to.include(model.hidden.kernel);
  });

  it('calls the methods of callbacks in order', () => {
    const { callback, heard, steps } = listening();
    const options = { loss: crossEntropy, optimizer: new SGD(), batchSize: 5, epochs: 2, seed: 1 };
    fit(new Classifier(), some(8), { ...options, callbacks: [callback] });
    const epoch = ['step', 'settled step', 'step', 'settled step', 'epoch', 'settled epoch'];
    expect(heard).to.deep.equal(['start', ...epoch, ...epoch, 'end']);
    expect(
      steps.map(({ epoch, step, epochs, stepsPerEpoch }) => [epoch, step, epochs, stepsPerEpoch]),
    ).to.deep.equal([
      [1, 1, 2, 2],
      [1, 2, 2, 2],
      [2, 1, 2, 2],
      [2, 2, 2, 2],
    ]);
    expect(steps.every(({ rate, loss }) => rate === 0.01 && loss > 0)).to.equal(true);
  });

  it('stops when a callback says so, and reports the reason', () => {
    const stopping = (when: 'step' | 'epoch'): Callback => ({
      name: when,
      [when]: (_: unknown, { stop }: { stop(reason: string): void }) => stop(`at the ${when}`),
    });
    const run = (when: 'step' | 'epoch') => {
      const { callback, steps, heard } = listening();
      const options = { loss: crossEntropy, optimizer: new SGD(), batchSize: 5, epochs: 3 };
      const history = fit(new Classifier(), some(8), { ...options, callbacks: [stopping(when), callback] });
      return {
        stopped: history.stopped,
        steps: steps.length,
        epochs: history.epochs.length,
        last: heard.at(-1),
      };
    };
    expect(run('step')).to.deep.equal({ stopped: 'at the step', steps: 1, epochs: 0, last: 'end' });
    expect(run('epoch')).to.deep.equal({ stopped: 'at the epoch', steps: 2, epochs: 1, last: 'end' });
  });

  it('trains in training mode, validates in evaluation mode, and restores the mode of every module', () => {
    const model = new Classifier();
    model.eval();
    model.norm.train();
    const seen: boolean[] = [];
    const modes = () => [...model.namedModules().values()].map((module) => module.training);
    const before = modes();
    fit(model, some(8), {
      loss: crossEntropy,
      optimizer: new SGD(),
      validation: some(4),
      metrics: { mode: () => Number(model.dropout.training) },
      callbacks: [{ name: 'modes', step: () => void seen.push(...modes()) }],
    });
    expect(seen).to.deep.equal(before.map(() => true));
    expect(modes()).to.deep.equal(before);
  });

  it('runs step by step with `training`', () => {
    const [one, other] = [new Classifier(), new Classifier()];
    const options = () => ({ loss: crossEntropy, optimizer: new SGD(), batchSize: 5, epochs: 2, seed: 1 });
    const history = fit(one, some(8), options());
    const steps = training(other, some(8), options());
    let count = 0;
    let next = steps.next();
    for (; !next.done; next = steps.next()) count++;
    expect([count, next.value]).to.deep.equal([4, history]);
    expect(bitsOf(other)).to.deep.equal(bitsOf(one));
    // One who leaves early finds the model in its own mode.
    other.eval();
    for (const { step } of training(other, some(8), options())) if (step === 1) break;
    expect(other.training).to.equal(false);
  });

  it('takes samples of any kind, and models of any kind', () => {
    class Line extends Module {
      readonly slope = new Parameter(tensor(0, { dtype: 'float64' }));

      override forward({ xs }: { readonly xs: readonly number[] }): { readonly ys: Tensor } {
        return { ys: mul(this.slope, tensor(Float64Array.from(xs))) };
      }
    }
    const line = new Line();
    fit(
      line,
      {
        count: 10,
        pick: (rows) => ({
          features: { xs: Array.from(rows, (row) => row / 10) },
          labels: Array.from(rows, (row) => (3 * row) / 10),
        }),
      },
      {
        loss: ({ ys }, labels) => meanSquaredError(ys, labels),
        optimizer: new SGD({ learningRate: 0.5 }),
        epochs: 50,
      },
    );
    expect(line.slope.item()).to.be.closeTo(3, 1e-6);
  });

  it('rejects models and data that it cannot train, before anything has changed', () => {
    const model = new Classifier();
    model.forward(some(1).features);
    const before = bitsOf(model);
    const given = { loss: crossEntropy, optimizer: new SGD() };
    const refused = (data: unknown, options: object = given) =>
      expect(() => fit(model, data as ReturnType<typeof some>, options as typeof given));
    refused(some(0)).to.throw('fit: data: expected at least one sample, received 0.');
    refused([1, 2]).to.throw(
      'fit: data: expected a data set, or an object of count and pick, received [1,2].',
    );
    refused({ ...some(2), labels: Int32Array.of(0, 10) }).to.throw(
      'fit: digits: expected labels from 0 to 9, received 10.',
    );
    refused({ ...some(2), labels: Int32Array.of(0, -1) }).to.throw(
      'expected labels from 0 to 9, received -1.',
    );
    refused(some(2), { ...given, validation: some(0) }).to.throw(
      'fit.validation: data: expected at least one',
    );
    refused(some(2), { ...given, metrics: { accuracy } }).to.throw(
      'fit.validation: expected validation data',
    );
    refused(some(2), { ...given, loss: 'mse' }).to.throw('fit.loss: expected a function, received "mse".');
    refused(some(2), { ...given, optimizer: 'adam' }).to.throw('fit.optimizer: expected an optimizer');
    refused(some(2), { ...given, epochs: 0 }).to.throw(
      'fit.epochs: expected a whole number from 1, received 0.',
    );
    refused(some(2), { ...given, batch_sizes: 3 }).to.throw('Did you mean batchSize?');
    refused(some(2), { ...given, clip: -1 }).to.throw('fit.clip: expected a length above 0, or a function');
    const twin = { name: 'twin' };
    refused(some(2), { ...given, callbacks: [twin, twin] }).to.throw(
      'fit.callbacks: expected callbacks of different names, received "twin".',
    );
    expect(bitsOf(model)).to.deep.equal(before);
  });
});

describe('evaluate', () => {
  const model = new Classifier();
  fit(model, some(60), {
    loss: crossEntropy,
    optimizer: new Adam({ learningRate: 0.01 }),
    epochs: 5,
    seed: 1,
  });

  it('gives the same in batches of any size, and changes nothing', () => {
    const before = bitsOf(model);
    const zero = (_: Tensor, labels: Int32Array) =>
      labels.filter((label) => label === 0).length / labels.length;
    const score = overall((logits, labels) =>
      auroc(
        (logits.toArray() as number[][]).map(([first]) => first!),
        labels.map((label) => label === 0),
      ),
    );
    const measured = [1, 7, 30, 256].map((batchSize) =>
      evaluate(model, some(30, 100), { loss: crossEntropy, metrics: { accuracy, zero, score }, batchSize }),
    );
    model.eval();
    const logits = model.forward(some(30, 100).features);
    model.train();
    const { labels } = some(30, 100);
    expect(measured[0]!.metrics.score).to.be.within(0.5, 1);
    for (const { loss, metrics } of measured) {
      expect(loss).to.be.closeTo(crossEntropy(logits, labels).item(), 1e-5);
      expect(metrics.accuracy).to.be.closeTo(accuracy(logits, labels), 1e-12);
      expect(metrics.zero).to.be.closeTo(zero(logits, labels), 1e-12);
      expect(metrics.score).to.equal(measured[0]!.metrics.score);
    }
    expect(bitsOf(model)).to.deep.equal(before);
    expect(model.training).to.equal(true);
  });

  it('rejects data without samples, and functions that return no loss', () => {
    expect(() => evaluate(model, some(0), { loss: crossEntropy })).to.throw(
      'evaluate: data: expected at least one sample, received 0.',
    );
    expect(() => evaluate(model, some(1), {} as never)).to.throw('evaluate.loss: expected a function');
  });
});

describe('accumulateGradients', () => {
  it('weights parts, and gives a single part the same bits', () => {
    const weight = new Parameter(tensor([2, 3]));
    const loss = () => meanSquaredError(weight, tensor([0, 0]));
    const { value, gradients } = accumulateGradients([
      { loss, weight: 0.25 },
      { loss, weight: 0.75 },
    ]);
    expect(value).to.be.closeTo(6.5, 1e-6);
    expect(gradients.of(weight)!.toArray()).to.deep.equal([2, 3]);
    const whole = accumulateGradients([{ loss, weight: 1 }], weight);
    expect(whole.gradients.of(weight)!.toArray()).to.deep.equal(
      valueAndGrad(loss).gradients.of(weight)!.toArray(),
    );
    expect(() => accumulateGradients([])).to.throw(
      'accumulateGradients: expected at least one part, received 0.',
    );
  });
});

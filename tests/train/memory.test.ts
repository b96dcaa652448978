import { expect } from 'chai';
import {
  Dense,
  LanguageModel,
  Sequential,
  crossEntropy,
  kernelInfo,
  memoryInfo,
  randomNormal,
  scope,
} from '../../src/index.js';
import { accuracy, auroc, evaluate, fit, overall } from '../../src/train/index.js';
import { Adam } from '../../src/optim/adam.js';

describe('memory', () => {
  const pickInto = (readings: number[]) => (rows: Int32Array) => {
    readings.push(memoryInfo().bytes);
    return {
      features: randomNormal([rows.length, 20], { seed: rows[0]! }),
      labels: Int32Array.from(rows, (row) => row % 10),
    };
  };

  before(function () {
    if (kernelInfo().kernels === 'js') this.skip();
  });

  it('stays constant over the batches of evaluate, and is freed afterwards', () => {
    const model = new Sequential([new Dense(64), new Dense(10)]);
    model.forward(randomNormal([1, 20], { seed: 1 }));
    const before = memoryInfo().bytes;
    const readings: number[] = [];
    evaluate(model, { count: 2560, pick: pickInto(readings) }, { loss: crossEntropy, metrics: { accuracy } });
    expect(readings).to.have.length(10);
    expect(new Set(readings).size).to.equal(1);
    expect(memoryInfo().bytes).to.be.at.most(before);
  });

  it('keeps predictions for a metric that sees all samples at once', () => {
    const model = new Sequential([new Dense(1)]);
    const first = overall((scores, labels) =>
      auroc(
        [...scores.value.data],
        labels.map((label) => label > 4),
      ),
    );
    const { metrics } = evaluate(
      model,
      { count: 600, pick: pickInto([]) },
      {
        loss: (scores, labels) =>
          crossEntropy(
            scores,
            labels.map(() => 0),
          ),
        metrics: { first },
      },
    );
    expect(metrics.first).to.be.within(0, 1);
  });

  it('stays constant over the validation of an epoch', () => {
    const model = new Sequential([new Dense(16), new Dense(10)]);
    const readings: number[] = [];
    fit(
      model,
      { count: 64, pick: pickInto([]) },
      {
        optimizer: new Adam(),
        loss: crossEntropy,
        epochs: 1,
        batchSize: 32,
        seed: 1,
        validation: { count: 2560, pick: pickInto(readings) },
      },
    );
    const last = readings.slice(-8);
    expect(new Set(last).size).to.equal(1);
  });

  it('stays constant over 10,000 tokens of generate, outside of every scope', function () {
    this.timeout(60_000);
    const model = new LanguageModel({
      vocabularySize: 5,
      contextLength: 6,
      layers: 1,
      hiddenSize: 4,
      heads: 1,
      seed: 1,
    });
    const peaks: number[] = [];
    const forward = model.forward.bind(model);
    model.forward = (...given: Parameters<typeof forward>) => {
      const { bytes, retired } = memoryInfo();
      peaks[peaks.length - 1] = Math.max(peaks.at(-1)!, bytes + retired);
      return forward(...given);
    };
    const generated = (length: number): number => {
      peaks.push(0);
      return model.generate([1], { length, seed: 1 }).length;
    };
    generated(100);
    const [before, held] = [memoryInfo(), process.memoryUsage().arrayBuffers];
    expect(generated(100)).to.equal(101);
    const once = memoryInfo().arrays - before.arrays;
    expect(generated(10_000)).to.equal(10_001);
    // A hundred times as many tokens need no more at any time, and leave no more behind.
    expect(peaks[2]! - peaks[1]!).to.be.at.most(1024);
    expect(memoryInfo().arrays - before.arrays).to.be.at.most(2 * once + 2);
    expect(process.memoryUsage().arrayBuffers - held).to.be.at.most(2 ** 25);
  });

  it('stays constant over the tokens of generate', () => {
    const model = new LanguageModel({
      vocabularySize: 12,
      contextLength: 16,
      layers: 2,
      hiddenSize: 16,
      heads: 2,
      seed: 1,
    });
    const readings: number[] = [];
    model.forward([[1]]); // Its weights stay.
    const forward = model.forward.bind(model);
    model.forward = (...given: Parameters<typeof forward>) => {
      readings.push(memoryInfo().bytes);
      return forward(...given);
    };
    for (const useCache of [true, false]) {
      readings.length = 0;
      const before = memoryInfo().bytes;
      expect(scope(() => model.generate([1, 2], { length: 200, seed: 1, useCache }))).to.have.length(202);
      // The cache grows to the context and begins again: over later rounds nothing is added.
      expect(Math.max(...readings.slice(150))).to.be.at.most(Math.max(...readings.slice(50, 100)));
      expect(memoryInfo().bytes).to.be.at.most(before);
    }
  });
});

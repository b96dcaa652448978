import { expect } from 'chai';
import fc from 'fast-check';
import { readCsv, regressionDataset, split, standardize } from '../../src/data/index.js';
import {
  Adam,
  Dense,
  SGD,
  crossEntropy,
  meanAbsoluteError,
  meanSquaredError,
  tensor,
} from '../../src/index.js';
import { accuracy, evaluate, fit, r2, rootMeanSquaredError } from '../../src/train/index.js';

const numbers = fc.double({ min: -1e3, max: 1e3, noNaN: true });
const pairs = fc
  .array(fc.tuple(numbers, numbers), { minLength: 2, maxLength: 12 })
  .filter((all) => new Set(all.map(([, t]) => t)).size > 1);
const wide = (values: readonly number[]) => tensor(values, { dtype: 'float64' });

describe('r2', () => {
  it('is 1 for the targets themselves, 0 for their mean, and falls with the squared error', () => {
    fc.assert(
      fc.property(pairs, (all) => {
        const [x, t] = [all.map(([p]) => p), all.map(([, target]) => target)];
        const mean = t.reduce((sum, value) => sum + value, 0) / t.length;
        const spread = t.reduce((sum, value) => sum + (value - mean) ** 2, 0);
        fc.pre(spread > 1e-6);
        expect(r2(wide(t), wide(t))).to.equal(1);
        expect(r2(wide(t.map(() => mean)), wide(t))).to.be.closeTo(0, 1e-9);
        const errors = t.reduce((sum, value, i) => sum + (value - x[i]!) ** 2, 0);
        const expected = 1 - errors / spread;
        expect(r2(wide(x), wide(t))).to.be.closeTo(expected, 1e-9 * (1 + Math.abs(expected)));
      }),
    );
  });

  it('does not change if both are scaled and shifted', () => {
    const [x, t] = [
      [1, 2, 4],
      [1, 3, 4],
    ];
    const other = (values: readonly number[]) => wide(values.map((value) => 2 ** 20 * value + 2 ** 40));
    expect(r2(other(x!), other(t!))).to.equal(r2(wide(x!), wide(t!)));
  });

  it('is the mean over several numbers, and NaN if targets do not differ', () => {
    const t = tensor([
      [0, 0],
      [1, 2],
      [2, 4],
    ]);
    expect(
      r2(
        tensor([
          [0, 2],
          [1, 2],
          [2, 2],
        ]),
        t,
      ),
    ).to.equal(0.5);
    expect(r2([1, 2], [5, 5])).to.be.NaN;
    expect(r2([1], [5])).to.be.NaN;
  });

  it('reads lists and integers without rounding them to float32', () => {
    const [x, t] = [
      [100000001, 100000002, 100000009],
      [100000001, 100000003, 100000008],
    ] as const;
    expect(r2(x, t))
      .to.equal(r2(wide(x), wide(t)))
      .and.below(1);
    expect(rootMeanSquaredError(Int32Array.from(x), Int32Array.from(t))).to.be.closeTo(
      Math.sqrt(2 / 3),
      1e-12,
    );
  });

  it('refuses shapes that would be broadcast', () => {
    expect(() => r2(tensor([[1], [2]]), tensor([1, 2]))).to.throw(
      'r2: expected predictions and targets of one shape, [samples] or [samples, numbers], received [[2,1],[2]].',
    );
  });
});

/** y = 1000 + 30 x₁ − 20 x₂, in units far from 0 and 1. */
const plane = () => {
  const rows = Array.from({ length: 60 }, (_, i) => [i % 7, (i * 5) % 11]);
  const targets = rows.map(([a, b]) => 1000 + 30 * a! - 20 * b!);
  return regressionDataset('plane', rows, targets);
};

describe('fit for regression', () => {
  it('learns standardized targets, and reports errors in their units', () => {
    const { train, test, targets } = standardize(split(plane(), { testShare: 0.25, seed: 1 }));
    const model = new Dense(1, { seed: 1 });
    const inUnits = (x: Parameters<typeof r2>[0]) => targets!.invert(x as typeof train.targets);
    const { epochs } = fit(model, train, {
      loss: meanSquaredError,
      optimizer: new Adam({ learningRate: 0.05 }),
      epochs: 60,
      batchSize: 16,
      seed: 1,
      validation: test,
      metrics: { r2, rootMeanSquaredError, distance: meanAbsoluteError },
    });
    const { loss, metrics } = epochs.at(-1)!.validation!;
    expect(metrics.r2).to.be.above(0.999);
    expect(metrics.rootMeanSquaredError).to.be.closeTo(Math.sqrt(loss), 1e-6);
    const error = rootMeanSquaredError(inUnits(model.forward(test.features)), inUnits(test.targets));
    expect(error).to.be.closeTo(targets!.deviation[0]! * metrics.rootMeanSquaredError, 1e-3);
  });

  it('sees all samples at once, so that the size of a batch makes no difference', () => {
    const { train } = standardize(split(plane(), { testShare: 0.25, seed: 1 }));
    const model = new Dense(1, { seed: 1 });
    const of = (batchSize: number) =>
      evaluate(model, train, {
        loss: meanSquaredError,
        metrics: { r2, rootMeanSquaredError, distance: meanAbsoluteError },
        batchSize,
      }).metrics;
    for (const name of ['r2', 'rootMeanSquaredError', 'distance'] as const) {
      expect(of(7)[name]).to.be.closeTo(of(45)[name], 1e-6);
    }
  });
});

describe('two data sets of a training', () => {
  const train = readCsv('x,kind\n1,cat\n2,dog\n3,eel');
  const test = readCsv('x,kind\n1,cat\n2,eel');
  const measured = { loss: crossEntropy, metrics: { accuracy } };
  const options = { ...measured, optimizer: new SGD() };

  it('must number their classes alike: for validation', () => {
    const model = new Dense(3);
    expect(() => fit(model, train, { ...options, validation: test })).to.throw(
      'fit.validation: expected the classes of the training data, received "dog missing".',
    );
    expect(model.built).to.equal(false);
  });

  it('must number their classes alike: for evaluation after a training', () => {
    const model = new Dense(3, { seed: 1 });
    fit(model, train, { loss: crossEntropy, optimizer: new SGD() });
    expect(() => evaluate(model, test, measured)).to.throw(
      'evaluate: expected the classes of the training data, received "dog missing".',
    );
    const alike = readCsv('x,kind\n1,cat\n2,eel', { like: train });
    expect(evaluate(model, alike, measured).loss).to.be.above(0);
    expect(evaluate(new Dense(3), test, measured).loss).to.be.above(0);
  });

  it('must both be of classes, or of numbers', () => {
    const model = new Dense(3);
    const given = { ...options, validation: plane() as never };
    expect(() => fit(model, train, given)).to.throw(
      'fit.validation: expected classes, as in the training data, received "numbers to predict".',
    );
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { flat, fromSource } from '../../src/array/index.js';
import type { Gradients } from '../../src/autograd/gradients.js';
import { tensor } from '../../src/autograd/create.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { valueAndGrad } from '../../src/autograd/vjp.js';
import {
  Dense,
  SGD,
  add,
  crossEntropy,
  focalLoss,
  mean,
  meanSquaredError,
  mul,
  square,
} from '../../src/index.js';
import { accumulateGradients, accuracy, evaluate, fit, topKAccuracy } from '../../src/train/index.js';

type Labels = readonly number[];

/** Rows of numbers that differ, and labels of which −1 does not count. */
const samples = fc
  .array(fc.constantFrom(-1, 0, 1, 2), { minLength: 2, maxLength: 9 })
  .filter((labels) => labels.some((label) => label >= 0))
  .map((labels) => ({
    labels,
    rows: labels.map((_, i) => [Math.sin(i + 1), Math.cos(3 * i), 1 / (i + 2)]),
  }));

const dataOf = (rows: readonly (readonly number[])[], labels: Labels) => ({
  count: labels.length,
  pick: (picked: Int32Array) => ({
    features: tensor(
      Array.from(picked, (row) => rows[row]!),
      { dtype: 'float64' },
    ),
    labels: Array.from(picked, (row) => labels[row]!),
  }),
});

const model = () => {
  const dense = new Dense(3, { seed: 1 });
  dense.build([1, 3], { dtype: 'float64' });
  return dense;
};

const ignoring = { ignoreIndex: -1 };
const losses: Readonly<Record<string, (x: Tensor, y: Labels) => Tensor>> = {
  crossEntropy: (x, y) => crossEntropy(x, y, ignoring),
  'half of it': (x, y) => mul(crossEntropy(x, y, ignoring), 0.5),
  'with smoothing': (x, y) => crossEntropy(x, y, { ...ignoring, labelSmoothing: 0.1 }),
  focalLoss: (x, y) => focalLoss(x, y, ignoring),
  'the sum of two': (x, y) => add(crossEntropy(x, y, ignoring), focalLoss(x, y, ignoring)),
  'with weights of samples': (x, y) =>
    crossEntropy(x, y, { ...ignoring, sampleWeight: y.map((label) => 1 + Math.max(0, label)) }),
  'a total': (x, y) => crossEntropy(x, y, { ...ignoring, reduction: 'sum' }),
};

const numbersOf = (gradients: Gradients): number[] => [...gradients].flatMap(([, g]) => [...flat(g.value)]);

const near = (found: readonly number[], expected: readonly number[]): void => {
  expect(found.length).to.equal(expected.length);
  found.forEach((x, i) => expect(x).to.be.closeTo(expected[i]!, 1e-12));
};

describe('batches with labels that are ignored', () => {
  for (const [name, loss] of Object.entries(losses)) {
    it(`give the gradient of the whole batch, accumulated: ${name}`, () => {
      fc.assert(
        fc.property(samples, fc.integer({ min: 1, max: 4 }), ({ rows, labels }, batchSize) => {
          const [one, other] = [model(), model()];
          const whole: number[] = [];
          const parts: number[] = [];
          const train = (dense: Dense, size: number, accumulate: number, into: number[]) => {
            const { epochs } = fit(dense, dataOf(rows, labels), {
              loss,
              optimizer: new SGD({ learningRate: 0.1 }),
              batchSize: size,
              accumulate,
              shuffle: false,
              seed: 1,
              callbacks: [
                { name: 'gradients', step: ({ gradients }) => void into.push(...numbersOf(gradients)) },
              ],
            });
            into.push(epochs[0]!.loss);
          };
          train(one, labels.length, 1, whole);
          train(other, batchSize, Math.ceil(labels.length / batchSize), parts);
          near(parts, whole);
        }),
      );
    });

    it(`are evaluated the same in batches of any size: ${name}`, () => {
      fc.assert(
        fc.property(samples, fc.integer({ min: 1, max: 9 }), ({ rows, labels }, batchSize) => {
          const metrics = {
            accuracy,
            top2: (x: Tensor, y: Labels) => topKAccuracy(x, y, { k: 2 }),
            wrong: (x: Tensor, y: Labels) => 1 - accuracy(x, y, { ignoreIndex: -1 }),
          };
          const dense = model();
          const whole = evaluate(dense, dataOf(rows, labels), { loss, metrics, batchSize: labels.length });
          const found = evaluate(dense, dataOf(rows, labels), { loss, metrics, batchSize });
          near([found.loss, ...Object.values(found.metrics)], [whole.loss, ...Object.values(whole.metrics)]);
          const logits = dense.forward(tensor(rows, { dtype: 'float64' }));
          expect(whole.loss).to.be.closeTo(loss(logits, labels).item(), 1e-12);
        }),
      );
    });
  }

  it('are ln 2, not half of it, where half of the labels do not count', () => {
    const dense = new Dense(2, { kernelInitializer: 'zeros' });
    const data = dataOf([[1], [1], [1], [1]], [0, 0, -1, -1]);
    const seen: number[] = [];
    fit(dense, data, {
      loss: losses['crossEntropy']!,
      optimizer: new SGD(),
      batchSize: 2,
      accumulate: 2,
      seed: 1,
      callbacks: [{ name: 'loss', step: ({ loss }) => void seen.push(loss) }],
    });
    expect(seen[0]).to.be.closeTo(Math.LN2, 1e-12);
  });

  it('cost nothing where none counts, but for penalties', () => {
    const data = dataOf([[1], [2], [3]], [-1, -1, -1]);
    const dense = new Dense(2, { seed: 1, kernelRegularizer: { type: 'l2', l2: 0.1 } });
    const before = () => [...dense.kernel!.value.data];
    dense.build([1, 1], { dtype: 'float64' });
    const start = before();
    const { epochs } = fit(dense, data, {
      loss: losses['crossEntropy']!,
      optimizer: new SGD({ learningRate: 1 }),
      batchSize: 1,
      accumulate: 3,
    });
    expect(epochs[0]!.loss).to.equal(0);
    near(
      before(),
      start.map((w) => w * (1 - 0.2)),
    );
    expect(evaluate(dense, data, { loss: losses['crossEntropy']! }).loss).to.equal(0);
  });

  it('hold a penalty once, be they means or sums', () => {
    const rows = [[1], [2], [3], [4]];
    for (const reduction of ['mean', 'sum'] as const) {
      const [whole, parts] = [1, 2].map((accumulate) => {
        const dense = new Dense(2, { seed: 1, kernelRegularizer: { type: 'l2', l2: 0.1 } });
        dense.build([1, 1], { dtype: 'float64' });
        fit(dense, dataOf(rows, [0, 1, 1, 0]), {
          loss: (x, y) => crossEntropy(x, y, { reduction }),
          optimizer: new SGD({ learningRate: 1 }),
          batchSize: 4 / accumulate,
          accumulate,
          shuffle: false,
        });
        return [...dense.kernel!.value.data];
      });
      near(parts!, whole!);
    }
  });

  it('may state what they count, and must where two losses count differently', () => {
    const data = dataOf([[1], [2], [3], [4]], [0, -1, 1, -1]);
    const two = (x: Tensor, y: Labels) =>
      add(
        crossEntropy(x, y, ignoring),
        meanSquaredError(x, fromSource(new Float64Array(x.size), { shape: x.shape })),
      );
    const dense = new Dense(2, { seed: 1 });
    dense.build([1, 1], { dtype: 'float64' });
    expect(() => evaluate(dense, data, { loss: two, batchSize: 2 })).to.throw(
      'loss: expected losses of one batch that count the same samples, received "1, 2". Return { loss, weight }',
    );
    const stated = (x: Tensor, y: Labels) => ({ loss: two(x, y), weight: y.length });
    const found = [1, 2, 4].map((batchSize) => evaluate(dense, data, { loss: stated, batchSize }).loss);
    expect(found[2]).to.be.above(0);
    const wrong = (weight: unknown) => () =>
      evaluate(dense, data, { loss: (x, y) => ({ loss: two(x, y), weight: weight as number }) });
    for (const weight of [-1, NaN, Infinity, 'mean'])
      expect(wrong(weight)).to.throw('with a finite weight from 0');
  });

  it('count tokens, where sequences are of different lengths', () => {
    const lengths = [1, 4];
    const data = {
      count: 2,
      pick: (rows: Int32Array) => {
        const length = lengths[rows[0]!]!;
        const features = tensor(
          Array.from({ length }, (_, i) => [i]),
          { shape: [1, length, 1], dtype: 'float64' },
        );
        return { features, labels: [Array<number>(length).fill(0)] };
      },
    };
    const dense = new Dense(2, { seed: 3 });
    const { loss } = evaluate(dense, data, { loss: (x, y) => crossEntropy(x, y), batchSize: 1 });
    const each = [0, 1].map((row) => {
      const { features, labels } = data.pick(Int32Array.of(row));
      return crossEntropy(dense.forward(features), labels, { reduction: 'sum' }).item();
    });
    expect(loss).to.be.closeTo((each[0]! + each[1]!) / 5, 1e-12);
  });
});

describe('accumulateGradients', () => {
  const w = new Dense(1, { seed: 1 });
  w.build([1, 1], { dtype: 'float64' });
  const loss = (x: number) => () => mean(square(w.forward(tensor([[x]], { dtype: 'float64' }))));

  it('adds up what weights say, also 0', () => {
    const { value, gradients } = accumulateGradients([
      { loss: loss(1), weight: 0.5 },
      { loss: loss(3), weight: 0 },
    ]);
    expect(value).to.be.closeTo(loss(1)().item() / 2, 1e-15);
    const alone = valueAndGrad(loss(1), w).gradients.of(w.kernel!)!.item();
    expect(gradients.of(w.kernel!)!.item()).to.be.closeTo(alone / 2, 1e-15);
  });

  it('is the mean over samples without weights', () => {
    const { value, weight } = accumulateGradients([
      { loss: loss(1), samples: 1 },
      { loss: loss(3), samples: 3 },
    ]);
    expect(value).to.be.closeTo((loss(1)().item() + 3 * loss(3)().item()) / 4, 1e-15);
    expect(weight).to.equal(4);
  });

  it('refuses parts of both kinds', () => {
    expect(() => accumulateGradients([{ loss: loss(1), weight: 1 }, { loss: loss(2) }])).to.throw(
      'accumulateGradients: expected a weight for every part, or for none',
    );
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import type { NdArray, Shape } from '../../../src/array/index.js';
import { assertGradients } from '../../../src/autograd/gradcheck/gradcheck.js';
import { Tensor } from '../../../src/autograd/tape.js';
import * as losses from '../../../src/nn/losses/index.js';
import { arrays, shapes } from '../../support/arbitraries.js';

const EIGHTH = 1 / 8;

type Loss = (x: Tensor, t: Tensor, options: object) => Tensor;

interface Trial {
  readonly loss: Loss;
  /** Where predictions and targets may lie. */
  readonly predictions: readonly [number, number];
  readonly targets: readonly [number, number];
  /** Options beside those that all losses take. */
  readonly options: fc.Arbitrary<object>;
  /** Whether one loss is of a row even in PyTorch's convention. */
  readonly rows?: boolean;
}

const smoothing = { labelSmoothing: fc.constantFrom(0, 0.1, 1) };
const convention = fc.constantFrom('keras', 'pytorch');
const lists = fc.constantFrom(0.25, 2, 'list');

const trials: Record<keyof typeof losses, Trial> = {
  crossEntropy: {
    loss: losses.crossEntropy,
    predictions: [-3, 3],
    targets: [-1, 2],
    options: fc.record(smoothing),
    rows: true,
  },
  focalLoss: {
    loss: (x, t, { alpha, ...options }: { readonly alpha?: number | 'list' }) => {
      const classes = x.shape.at(-1)!;
      const weights = alpha === 'list' ? Array.from({ length: classes }, (_, i) => 1 + i / 2) : alpha;
      return losses.focalLoss(x, t, { alpha: weights, ...options });
    },
    predictions: [-3, 3],
    targets: [0, 2],
    options: fc.record({ ...smoothing, gamma: fc.constantFrom(0, 0.5, 1, 2, 3.5), alpha: lists }),
    rows: true,
  },
  binaryCrossEntropyWithLogits: {
    loss: losses.binaryCrossEntropyWithLogits,
    predictions: [-3, 3],
    targets: [-1, 2],
    options: fc.record({ ...smoothing, convention }),
  },
  meanSquaredError: {
    loss: losses.meanSquaredError,
    predictions: [-3, 3],
    targets: [-3, 3],
    options: fc.record({ convention }),
  },
  // Targets lie an eighth off the quarters, and so off the corners, at differences of 0 and of delta.
  meanAbsoluteError: {
    loss: losses.meanAbsoluteError,
    predictions: [-3, 3],
    targets: [-3, 3],
    options: fc.record({ convention }),
  },
  huber: {
    loss: losses.huber,
    predictions: [-3, 3],
    targets: [-3, 3],
    options: fc.record({ convention, delta: fc.constantFrom(0.5, 1, 2.25) }),
  },
  klDivergence: {
    loss: losses.klDivergence,
    predictions: [0.25, 0.75],
    targets: [0.25, 0.75],
    options: fc.record({ fromLogProbabilities: fc.boolean() }),
    rows: true,
  },
};

interface Drawn {
  readonly x: NdArray;
  readonly t: NdArray;
  readonly weights: NdArray;
  readonly weighted: boolean;
  readonly reduction: string;
  readonly options: object;
  readonly seed: number;
}

const drawn = ({ predictions, targets, options, rows }: Trial): fc.Arbitrary<Drawn> =>
  fc.tuple(shapes(), options).chain(([shape, given]) => {
    const single = !rows && 'convention' in given && given.convention === 'pytorch';
    const samples: Shape = single ? shape : shape.slice(0, -1);
    return fc.record({
      x: arrays(shape, ...predictions),
      t: arrays(shape, ...targets).map((t) => {
        t.data.forEach((value, i) => (t.data[i] = value + EIGHTH));
        return t;
      }),
      // Weights of the first axes alone stand for all below.
      weights: fc
        .integer({ min: 1, max: samples.length })
        .chain((rank) => arrays(samples.slice(0, rank), 0, 2)),
      weighted: fc.boolean(),
      reduction: fc.constantFrom('mean', 'sum', 'none'),
      options: fc.constant(given),
      seed: fc.nat(),
    });
  });

describe('the losses', () => {
  for (const [name, trial] of Object.entries(trials)) {
    it(`${name} pulls gradients back to predictions and targets as the slope demands`, () => {
      fc.assert(
        fc.property(drawn(trial), ({ x, t, weights, weighted, reduction, options, seed }) => {
          const given = { ...options, reduction, ...(weighted ? { sampleWeight: weights } : {}) };
          assertGradients(
            (predictions, targets) => trial.loss(predictions!, targets!, given),
            [new Tensor(x), new Tensor(t)],
            { seed },
          );
        }),
      );
    });

    it(`${name} makes sums and means of the losses of samples, times their weights`, () => {
      fc.assert(
        fc.property(drawn(trial), ({ x, t, weights, options }) => {
          const value = (reduction: string, sampleWeight?: NdArray): Tensor =>
            trial.loss(new Tensor(x), new Tensor(t), { ...options, reduction, sampleWeight });
          const each = value('none');
          const data = [...each.value.data];
          // Every weight stands for as many samples as lie below it.
          const below = data.length / weights.data.length;
          const weighted = data.map((loss, i) => loss * weights.data[Math.floor(i / below)]!);
          const scale = 1e-13 * data.reduce((sum, loss) => sum + 2 * Math.abs(loss), 1);
          expect([...value('none', weights).value.data]).to.deep.equal(weighted.map((loss) => loss + 0));
          const total = weighted.reduce((sum, loss) => sum + loss, 0);
          expect(value('sum', weights).item()).to.be.closeTo(total, scale);
          expect(value('mean', weights).item()).to.be.closeTo(total / data.length, scale);
          expect(value('sum').item()).to.be.closeTo(
            data.reduce((sum, loss) => sum + loss, 0),
            scale,
          );
          expect(value('mean').item()).to.be.closeTo(value('sum').item() / data.length, scale);
        }),
      );
    });
  }
});

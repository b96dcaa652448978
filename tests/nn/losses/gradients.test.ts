import { expect } from 'chai';
import fc from 'fast-check';
import type { NdArray, Shape } from '../../../src/array/index.js';
import { assertGradients } from '../../../src/autograd/gradcheck/gradcheck.js';
import { Tensor } from '../../../src/autograd/tape.js';
import * as losses from '../../../src/nn/losses/index.js';
import { mul, sin } from '../../../src/ops/catalog.js';
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
  /** Whether differences see no corner beside a prediction and a target; left out: they see none. */
  isSmooth?(x: number, t: number): boolean;
  /** Whether one loss is of a row even in PyTorch's convention. */
  readonly rows?: boolean;
}

const smoothing = { labelSmoothing: fc.constantFrom(0, 0.1, 1) };
const convention = fc.constantFrom('keras', 'pytorch');
const lists = fc.constantFrom(0.25, 2, 'list');

const trials: Record<keyof typeof losses, Trial> = {
  crossEntropy: {
    loss: (x, t, { weighted, ...options }: { readonly weighted?: boolean }) => {
      const classWeights = Array.from({ length: x.shape.at(-1)! }, (_, i) => 0.5 + i);
      // In Keras' convention the likeliest class of a target weighs, which jumps where two tie.
      const given = weighted ? { classWeights, convention: 'pytorch' as const } : {};
      return losses.crossEntropy(x, t, { ...options, ...given });
    },
    predictions: [-3, 3],
    targets: [-1, 2],
    options: fc.record({ ...smoothing, weighted: fc.boolean() }),
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
    loss: (x, t, { positiveWeight: weight, ...options }: { readonly positiveWeight?: number | 'list' }) => {
      const places = Array.from({ length: x.shape.at(-1)! }, (_, i) => 0.5 + i);
      const positiveWeight = weight === 'list' ? places : weight;
      return losses.binaryCrossEntropyWithLogits(x, t, { positiveWeight, ...options });
    },
    predictions: [-3, 3],
    targets: [-1, 2],
    options: fc.record({ ...smoothing, convention, positiveWeight: lists }),
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
  hinge: {
    loss: (x, t, options) => losses.hinge(x, t, options),
    predictions: [-3, 3],
    targets: [-2, 2],
    options: fc.record({ convention }),
  },
  cosineSimilarity: {
    loss: losses.cosineSimilarity,
    // At a vector of zeros the direction jumps.
    predictions: [0.25, 3],
    targets: [-3, 3],
    options: fc.record({}),
    rows: true,
  },
  // The negative example moves with the positive one, so that both slopes are tried.
  triplet: {
    loss: (x, t, options) => losses.triplet(x, t, mul(sin(t), 2), options),
    predictions: [-3, 3],
    targets: [-3, 3],
    options: fc.record({ margin: fc.constantFrom(0.5, 1, 4) }),
    // In a row of one number a distance is |x − t|, which has a corner where two vectors are equal.
    isSmooth: (x, t) => Math.min(Math.abs(x - t), Math.abs(x - 2 * Math.sin(t))) > 0.01,
    rows: true,
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
          fc.pre(x.data.every((value, i) => trial.isSmooth?.(value, t.data[i]!) ?? true));
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

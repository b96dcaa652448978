import {
  type NdArray,
  type Source,
  broadcastTo,
  mean,
  scale,
  sigmoid,
  softplus,
  zip,
  zip3,
} from '../../array/index.js';
import type { Tensor } from '../../autograd/tape.js';
import { type Given, type Values, choice, number, resolveBeside } from '../../option/index.js';
import { REDUCTION, type Weighted, compare, demandPredictions, targetsOf } from './loss.js';

const OPTIONS = {
  convention: choice(
    'keras',
    'What one loss is: the mean along the last axis, as in Keras, or every element, as in PyTorch.',
    ['keras', 'pytorch'],
  ),
  ...REDUCTION,
};

const HUBER = {
  delta: number(1, 'Where the square turns into a line.', { above: 0, explore: [0.25, 4] }),
  ...OPTIONS,
};

const BINARY = {
  labelSmoothing: number(0, 'How far targets are drawn to ½.', { min: 0, max: 1, explore: [0, 0.5] }),
  ...OPTIONS,
};

export type ElementwiseOptions = Given<typeof OPTIONS> & Weighted;
export type HuberOptions = Given<typeof HUBER> & Weighted;
export type BinaryCrossEntropyOptions = Given<typeof BINARY> & Weighted;

/** A loss of one prediction x and its target t, and what both receive of its gradient g. */
interface Curve {
  loss(x: number, t: number): number;
  byPrediction(g: number, x: number, t: number): number;
  byTarget(g: number, x: number, t: number): number;
}

/** 2 g (x − t), which may be a number where x − t, or twice that, is none. */
const squareBack = (g: number, x: number, t: number): number =>
  Math.abs(x - t) === Infinity && Number.isFinite(x) && Number.isFinite(t)
    ? 2 * g * x - 2 * g * t
    : 2 * g * (x - t);

const meanSquare: Curve = {
  loss: (x, t) => (x - t) * (x - t),
  byPrediction: squareBack,
  byTarget: (g, x, t) => squareBack(g, t, x),
};

// At 0 the slope is taken to be 0, the middle of its subgradients.
const meanAbsolute: Curve = {
  loss: (x, t) => Math.abs(x - t),
  byPrediction: (g, x, t) => g * Math.sign(x - t),
  byTarget: (g, x, t) => g * Math.sign(t - x),
};

const clamp = (x: number, limit: number): number => (x > limit ? limit : x < -limit ? -limit : x);

const bounded = (delta: number): Curve => ({
  loss(x, t) {
    const distance = Math.abs(x - t);
    return distance <= delta ? (distance * distance) / 2 : delta * (distance - delta / 2);
  },
  byPrediction: (g, x, t) => g * clamp(x - t, delta),
  byTarget: (g, x, t) => g * clamp(t - x, delta),
});

/** z ln(1 + e⁻ˣ) + (1 − z) ln(1 + eˣ), with the smoothed target z; a share of 0 counts for nothing, even of ∞. */
function binary(smoothing: number): Curve {
  const smoothed = (t: number): number => t * (1 - smoothing) + smoothing / 2;
  const part = (share: number, cost: number): number => (share === 0 ? 0 : share * cost);
  return {
    loss(x, t) {
      const z = smoothed(t);
      return part(z, softplus(-x)) + part(1 - z, softplus(x));
    },
    byPrediction(g, x, t) {
      const z = smoothed(t);
      return g * ((1 - z) * sigmoid(x) - z * sigmoid(-x));
    },
    byTarget: (g, x) => -x * (g * (1 - smoothing)),
  };
}

/**
 * The mean of (x − t)². Predictions and targets have one shape; targets are a tensor, which gets a gradient too, or
 * any source of an array. Throws where shapes differ, or an option is wrong; so do the losses below.
 */
export const meanSquaredError = (
  predictions: Tensor,
  targets: Tensor | Source,
  options: ElementwiseOptions = {},
): Tensor => elementwise('meanSquaredError', OPTIONS, predictions, targets, options, () => meanSquare);

/** The mean of |x − t|. */
export const meanAbsoluteError = (
  predictions: Tensor,
  targets: Tensor | Source,
  options: ElementwiseOptions = {},
): Tensor => elementwise('meanAbsoluteError', OPTIONS, predictions, targets, options, () => meanAbsolute);

/** The mean of ½(x − t)² within ±delta, and beyond of delta·(|x − t| − ½delta), which goes on straight (Huber 1964). */
export const huber = (predictions: Tensor, targets: Tensor | Source, options: HuberOptions = {}): Tensor =>
  elementwise('huber', HUBER, predictions, targets, options, ({ delta }) => bounded(delta));

/** The mean of −z ln σ(x) − (1 − z) ln(1 − σ(x)): logits x against targets z from 0 to 1, stable however large x is. */
export const binaryCrossEntropyWithLogits = (
  logits: Tensor,
  targets: Tensor | Source,
  options: BinaryCrossEntropyOptions = {},
): Tensor =>
  elementwise('binaryCrossEntropyWithLogits', BINARY, logits, targets, options, ({ labelSmoothing }) =>
    binary(labelSmoothing),
  );

function elementwise<D extends typeof OPTIONS>(
  where: string,
  specs: D,
  predictions: Tensor,
  given: Tensor | Source,
  options: Given<D> & Weighted,
  curveOf: (options: Values<D>) => Curve,
): Tensor {
  const values = resolveBeside(where, specs, options, ['sampleWeight']);
  const { convention, reduction, sampleWeight } = values;
  const { loss, byPrediction, byTarget } = curveOf(values);
  demandPredictions(where, predictions);
  const targets = targetsOf(where, predictions, given);
  const { shape } = predictions;
  const single = convention === 'pytorch' || shape.length === 0;
  const samples = single ? shape : shape.slice(0, -1);
  const share = single ? 1 : 1 / shape.at(-1)!;
  return compare({ where, predictions, targets, samples, reduction, sampleWeight }, (x, t) => {
    const losses = zip(x, t, loss);
    return {
      losses: single ? losses : mean(losses, -1),
      pullback(g: NdArray) {
        const even = broadcastTo(scale(g, share), x.shape);
        const back = (slope: Curve['byTarget']) =>
          zip3(even, x, t, (h, a, b) => (h === 0 ? 0 : slope(h, a, b)));
        return { predictions: back(byPrediction), targets: () => back(byTarget) };
      },
    };
  });
}

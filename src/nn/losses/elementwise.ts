import { type NdArray, type Source, broadcastTo, mean, scale, zip, zip3 } from '../../array/index.js';
import type { Attributes, Tensor } from '../../autograd/tape.js';
import { type Given, type Values, choice, number, resolveBeside } from '../../option/index.js';
import { REDUCTION, type Weighted, compare, demandPredictions, targetsOf } from './loss.js';

/** The options of elementwise losses. */
export const ELEMENTWISE = {
  convention: choice(
    'keras',
    'What one loss is: the mean along the last axis, as in Keras, or every element, as in PyTorch.',
    ['keras', 'pytorch'],
  ),
  ...REDUCTION,
};

const HUBER = {
  delta: number(1, 'Where the square turns into a line.', { above: 0, explore: [0.25, 4] }),
  ...ELEMENTWISE,
};

export type ElementwiseOptions = Given<typeof ELEMENTWISE> & Weighted;
export type HuberOptions = Given<typeof HUBER> & Weighted;

/** A loss of predictions x and targets t of one shape, and the gradients of both for a gradient g of that shape. */
export interface ElementwiseLoss {
  loss(x: NdArray, t: NdArray): NdArray;
  byPrediction(g: NdArray, x: NdArray, t: NdArray): NdArray;
  byTarget(g: NdArray, x: NdArray, t: NdArray): NdArray;
}

/** The same for one prediction and its target. */
export interface Curve {
  loss(x: number, t: number): number;
  byPrediction(g: number, x: number, t: number): number;
  byTarget(g: number, x: number, t: number): number;
}

/** Applies it elementwise; a gradient of 0 stays 0, whatever the slope. */
export const each = ({ loss, byPrediction, byTarget }: Curve): ElementwiseLoss => {
  const back = (slope: Curve['byTarget']) => (g: NdArray, x: NdArray, t: NdArray) =>
    zip3(g, x, t, (h, a, b) => (h === 0 ? 0 : slope(h, a, b)));
  return { loss: (x, t) => zip(x, t, loss), byPrediction: back(byPrediction), byTarget: back(byTarget) };
};

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

// At 0 the slope is 0, the middle of its subgradients.
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

/**
 * The mean of (x − t)². Predictions and targets have one shape; targets are a tensor, which gets a gradient too, or
 * any source of an array. Throws if shapes differ, or an option is wrong; so do the losses below.
 */
export const meanSquaredError = (
  predictions: Tensor,
  targets: Tensor | Source,
  options: ElementwiseOptions = {},
): Tensor =>
  elementwise('meanSquaredError', ELEMENTWISE, predictions, targets, options, () => each(meanSquare));

/** The mean of |x − t|. */
export const meanAbsoluteError = (
  predictions: Tensor,
  targets: Tensor | Source,
  options: ElementwiseOptions = {},
): Tensor =>
  elementwise('meanAbsoluteError', ELEMENTWISE, predictions, targets, options, () => each(meanAbsolute));

/** The mean of ½(x − t)² within ±delta, and of delta·(|x − t| − ½delta), which is linear, beyond (Huber 1964). */
export const huber = (predictions: Tensor, targets: Tensor | Source, options: HuberOptions = {}): Tensor =>
  elementwise('huber', HUBER, predictions, targets, options, ({ delta }) => each(bounded(delta)));

/** Compares predictions with targets elementwise, by one of these losses. */
export function elementwise<D extends typeof ELEMENTWISE>(
  where: string,
  specs: D,
  predictions: Tensor,
  given: Tensor | Source,
  options: Given<D> & Weighted,
  lossOf: (options: Values<D>) => ElementwiseLoss,
  attributes?: Attributes,
): Tensor {
  const values = resolveBeside(where, specs, options, ['sampleWeight']);
  const { convention, reduction, sampleWeight } = values;
  const { loss, byPrediction, byTarget } = lossOf(values);
  demandPredictions(where, predictions);
  const targets = targetsOf(where, predictions, given);
  const { shape } = predictions;
  const single = convention === 'pytorch' || shape.length === 0;
  const samples = single ? shape : shape.slice(0, -1);
  const share = single ? 1 : 1 / shape.at(-1)!;
  const comparison = {
    where,
    predictions,
    targets,
    samples,
    reduction,
    sampleWeight,
    attributes: { ...values, ...attributes },
  };
  return compare(comparison, (x, t) => {
    const losses = loss(x, t);
    return {
      losses: single ? losses : mean(losses, -1),
      pullback(g: NdArray) {
        const even = broadcastTo(scale(g, share), x.shape);
        return {
          predictions: byPrediction(even, x, t),
          targets: () => byTarget(even, x, t),
        };
      },
    };
  });
}

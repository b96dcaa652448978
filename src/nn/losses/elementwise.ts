import { type NdArray, type Source, mean, scale, zip } from '../../array/index.js';
import type { Tensor } from '../../autograd/tape.js';
import { type Given, type Values, choice, number, resolveBeside } from '../../option/index.js';
import { REDUCTION, type Weighted, compare, demandPredictions, targetsOf, times } from './loss.js';

/** What losses of single numbers take. */
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

/** A loss of predictions x and targets t of one shape, number by number, and its slopes by both. */
export interface ElementwiseLoss {
  loss(x: NdArray, t: NdArray): NdArray;
  byPrediction(x: NdArray, t: NdArray): NdArray;
  byTarget(x: NdArray, t: NdArray): NdArray;
}

/** The same of one prediction and its target. */
interface Curve {
  loss(x: number, t: number): number;
  byPrediction(x: number, t: number): number;
  byTarget(x: number, t: number): number;
}

const each = ({ loss, byPrediction, byTarget }: Curve): ElementwiseLoss => ({
  loss: (x, t) => zip(x, t, loss),
  byPrediction: (x, t) => zip(x, t, byPrediction),
  byTarget: (x, t) => zip(x, t, byTarget),
});

const meanSquare: Curve = {
  loss: (x, t) => (x - t) * (x - t),
  byPrediction: (x, t) => 2 * (x - t),
  byTarget: (x, t) => 2 * (t - x),
};

// At 0 the slope is taken to be 0, the middle of its subgradients.
const meanAbsolute: Curve = {
  loss: (x, t) => Math.abs(x - t),
  byPrediction: (x, t) => Math.sign(x - t),
  byTarget: (x, t) => Math.sign(t - x),
};

const clamp = (x: number, limit: number): number => (x > limit ? limit : x < -limit ? -limit : x);

const bounded = (delta: number): Curve => ({
  loss(x, t) {
    const distance = Math.abs(x - t);
    return distance <= delta ? (distance * distance) / 2 : delta * (distance - delta / 2);
  },
  byPrediction: (x, t) => clamp(x - t, delta),
  byTarget: (x, t) => clamp(t - x, delta),
});

/**
 * The mean of (x − t)². Predictions and targets have one shape; targets are a tensor, which gets a gradient too, or
 * any source of an array. Throws where shapes differ, or an option is wrong; so do the losses below.
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

/** The mean of ½(x − t)² within ±delta, and beyond of delta·(|x − t| − ½delta), which goes on straight (Huber 1964). */
export const huber = (predictions: Tensor, targets: Tensor | Source, options: HuberOptions = {}): Tensor =>
  elementwise('huber', HUBER, predictions, targets, options, ({ delta }) => each(bounded(delta)));

/** Compares predictions with targets number by number, by one of these losses. */
export function elementwise<D extends typeof ELEMENTWISE>(
  where: string,
  specs: D,
  predictions: Tensor,
  given: Tensor | Source,
  options: Given<D> & Weighted,
  lossOf: (options: Values<D>) => ElementwiseLoss,
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
  return compare({ where, predictions, targets, samples, reduction, sampleWeight }, (x, t) => {
    const losses = loss(x, t);
    return {
      losses: single ? losses : mean(losses, -1),
      pullback(g: NdArray) {
        const even = scale(g, share);
        return {
          predictions: times(byPrediction(x, t), even),
          targets: () => times(byTarget(x, t), even),
        };
      },
    };
  });
}

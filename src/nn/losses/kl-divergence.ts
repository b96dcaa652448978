import { type Source, masked, sum, zip } from '../../array/index.js';
import type { Tensor } from '../../autograd/tape.js';
import { NormtapeError } from '../../error.js';
import { type Given, flag, resolveBeside } from '../../option/index.js';
import { REDUCTION, type Weighted, compare, demandPredictions, targetsOf } from './loss.js';

const OPTIONS = {
  fromLogProbabilities: flag(false, 'Whether predictions are logarithms of probabilities.'),
  ...REDUCTION,
};

export type KlDivergenceOptions = Given<typeof OPTIONS> & Weighted;

/** Probabilities are clipped to at least this, as in Keras, and at most 1; clipped ones get no gradient. */
const LEAST = 1e-7;

const clipped = (p: number): number => Math.min(1, Math.max(LEAST, p));
// A NaN is not clipped.
const inside = (p: number): boolean => !(p < LEAST || p > 1);

/** t ln(t / p), and its slopes by both. */
const ofProbabilities = {
  loss: (p: number, t: number) => clipped(t) * Math.log(clipped(t) / clipped(p)),
  byPrediction: (p: number, t: number) => (inside(p) ? -clipped(t) / p : 0),
  byTarget: (p: number, t: number) => (inside(t) ? Math.log(t / clipped(p)) + 1 : 0),
};

/**
 * t (ln t − l), with l = ln p, and its slopes by both. A target of 0 costs nothing, and gets no gradient, as in PyTorch:
 * its slope is infinite, and what made it a 0 passes nothing on.
 */
const ofLogarithms = {
  loss: (l: number, t: number) => (t === 0 ? 0 : t * (Math.log(t) - l)),
  byPrediction: (_: number, t: number) => -t,
  byTarget: (l: number, t: number) => (t === 0 ? 0 : Math.log(t) + 1 - l),
};

/**
 * Σ t ln(t / p) along the last axis, for predictions p of rank 1 or more; of the other axes, the mean
 * (Kullback and Leibler 1951). Targets have the shape of the predictions: a tensor, which gets a gradient too, or any
 * source of an array. Throws if shapes differ, or an option is wrong.
 */
export function klDivergence(
  predictions: Tensor,
  given: Tensor | Source,
  options: KlDivergenceOptions = {},
): Tensor {
  const where = 'klDivergence';
  const settings = resolveBeside(where, OPTIONS, options, ['sampleWeight']);
  const { fromLogProbabilities, reduction, sampleWeight } = settings;
  demandPredictions(where, predictions);
  if (predictions.shape.length === 0) {
    throw new NormtapeError({ where, expected: 'predictions of rank 1 or more', received: [] });
  }
  const targets = targetsOf(where, predictions, given);
  const { loss, byPrediction, byTarget } = fromLogProbabilities ? ofLogarithms : ofProbabilities;
  const samples = predictions.shape.slice(0, -1);
  return compare({ where, predictions, targets, samples, reduction, sampleWeight }, (p, t) => ({
    losses: sum(zip(p, t, loss), -1),
    pullback: (g) => ({
      predictions: masked(zip(p, t, byPrediction), g),
      targets: () => masked(zip(p, t, byTarget), g),
    }),
  }));
}

import { type Source, flat } from '../../array/index.js';
import { Tensor, arrayOf } from '../../autograd/tape.js';
import { NormtapeError } from '../../error.js';
import { type Curve, ELEMENTWISE, type ElementwiseOptions, each, elementwise } from './elementwise.js';
import { demandPredictions, targetsOf } from './loss.js';

/**
 * The mean of max(0, 1 − t·x), for targets t of −1 and 1: the loss of support vector machines (Cortes and Vapnik
 * 1995). At a margin of just 1 the gradient is 0. Targets have the shape of the predictions: a tensor, which gets a
 * gradient too, or any source of an array.
 *
 * @throws {NormtapeError} If shapes differ, an option is wrong, or targets are zeros and ones.
 */
export function hinge(
  predictions: Tensor,
  targets: Tensor | Source,
  options: ElementwiseOptions = {},
): Tensor {
  const where = 'hinge';
  demandPredictions(where, predictions);
  demandSigns(where, targetsOf(where, predictions, targets));
  return elementwise(where, ELEMENTWISE, predictions, targets, options, () => each(margin));
}

const margin: Curve = {
  loss: (x, t) => Math.max(0, 1 - t * x),
  byPrediction: (g, x, t) => (t * x >= 1 ? 0 : -g * t),
  byTarget: (g, x, t) => (t * x >= 1 ? 0 : -g * x),
};

/** Refuses targets of 0 and 1: the loss of a target of 0 is constant. */
function demandSigns(where: string, targets: ReturnType<typeof targetsOf>): void {
  const numbers = flat(targets instanceof Tensor ? arrayOf(targets) : targets);
  if (!numbers.includes(0) || !numbers.every((t) => t === 0 || t === 1)) return;
  throw new NormtapeError({
    where: `${where}.targets`,
    expected: 'targets of −1 and 1',
    received: 'targets of 0 and 1',
    hint: 'Convert each target t to 2·t − 1.',
  });
}

import { isNumbers } from '../../demand.js';
import { type NdArray, extremePosition, flat, fromFlat, masked, store, sumTo } from '../../array/index.js';
import { Tensor, arrayOf } from '../../autograd/tape.js';
import { choice, number } from '../../option/index.js';
import type { Targets } from './labels.js';
import { perClass } from './per-class.js';

const WEIGHT = number(1, 'How much a class counts.', { min: 0, explore: [0.25, 4] });

export const CONVENTION = {
  convention: choice(
    'keras',
    'With class weights: as in Keras, the loss of a sample is multiplied by the weight of its class and the mean divides by the ' +
      'count; as in PyTorch, every class of a target has its weight and the mean divides by the sum of the weights of the labels.',
    ['keras', 'pytorch'],
  ),
};

export interface ClassWeighted {
  /** The weight of each class, from 0; all are equal by default. */
  readonly classWeights?: readonly number[] | undefined;
}

/** How class weights enter a cross entropy. */
export interface ClassWeighting {
  /** The factor of every sample. */
  readonly factors?: NdArray | undefined;
  /** The factor of every class, within the sum over the classes of a sample. */
  readonly within?: NdArray | undefined;
  /** The divisor of the mean, if it is not the number of samples. */
  readonly divisor?: number | undefined;
}

/** Reads class weights, for targets of the shape of the logits. Throws if there are not as many as classes, or one is below 0. */
export function classWeighting(
  where: string,
  logits: Tensor,
  given: ClassWeighted['classWeights'],
  convention: 'keras' | 'pytorch',
  { targets, kept, classes, certain }: Targets,
): ClassWeighting {
  if (given === undefined) return {};
  const listed = isNumbers(given) ? Array.from(given) : given;
  const weights = perClass(where, 'classWeights', WEIGHT, listed, logits);
  const samples = logits.shape.slice(0, -1);
  const factorOf = (picks: ArrayLike<number>): NdArray => {
    const data = store(logits.dtype, picks.length);
    for (let i = 0; i < picks.length; i++) data[i] = flat(weights)[picks[i]!]!;
    return fromFlat(data, samples);
  };
  if (convention === 'keras') {
    const likeliest = (): ArrayLike<number> =>
      flat(
        extremePosition(targets instanceof Tensor ? arrayOf(targets) : targets, logits.shape.length - 1, 1),
      );
    return { factors: factorOf(classes ?? likeliest()) };
  }
  if (!classes) return { within: weights };
  const factors = factorOf(classes);
  const divisor = flat(sumTo(kept ? masked(factors, kept) : factors, []))[0]!;
  return certain ? { factors, divisor } : { within: weights, divisor };
}

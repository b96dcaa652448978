import {
  type NdArray,
  type Shape,
  type Source,
  broadcastTo,
  cast,
  expecting,
  flat,
  masked,
  reshape,
  scale,
  sizeOf,
  total,
} from '../../array/index.js';
import { lift } from '../../autograd/primitive.js';
import { readArray } from '../../autograd/state.js';
import { type Attributes, Tensor } from '../../autograd/tape.js';
import { NormtapeError } from '../../error.js';
import { choice } from '../../option/index.js';
import { noteReduction } from './weight.js';

/** The options of every loss. */
export const REDUCTION = {
  reduction: choice(
    'mean',
    'What becomes of the losses of the samples: their mean, their sum, or none of both.',
    ['mean', 'sum', 'none'],
  ),
};

/** A weight for each sample, as a constant; the mean still divides by the number of samples, as in Keras. */
export interface Weighted {
  /** The weight of each sample, in the shape of the samples or of their first axes; 1 by default. */
  readonly sampleWeight?: Source | Tensor | undefined;
}

/** One loss: its inputs, and how samples are combined. */
export interface Comparison extends Weighted {
  /** The name of the loss, on the tape and in errors. */
  readonly where: string;
  readonly predictions: Tensor;
  /** A tensor is on the tape, an array is a constant. */
  readonly targets: Tensor | NdArray;
  /** The shape of the samples, with one loss each: that of the predictions, or all but its last axis. */
  readonly samples: Shape;
  readonly reduction: 'mean' | 'sum' | 'none';
  /** 1 for samples that count, 0 for the others; all count by default. */
  readonly kept?: NdArray | undefined;
  /** A constant factor of every sample, besides its weight. */
  readonly factors?: NdArray | undefined;
  /** The divisor of the mean; the number of samples that count by default. */
  readonly divisor?: number | undefined;
  /** Whether labels can be ignored, even if all of these count. */
  readonly partial?: boolean;
  /** The options of the loss, for the tape. */
  readonly attributes?: Attributes;
}

/**
 * The losses of the samples, with size 1 for an axis that they share, and the pullback of a gradient of each; to
 * targets only if those can be on the tape.
 */
export interface Losses {
  readonly losses: NdArray;
  pullback(gradient: NdArray): { readonly predictions: NdArray; targets?(): NdArray };
}

/** Numbers below this belong to additive masks, not to weights. */
const ADDITIVE = -1e4;

/** Records the rule of a loss on the tape, with its weights and its reduction. */
export function compare(
  {
    where,
    predictions,
    targets,
    samples,
    reduction,
    sampleWeight,
    kept,
    partial = false,
    factors,
    divisor,
    attributes,
  }: Comparison,
  rule: (x: NdArray, target: NdArray) => Losses,
): Tensor {
  const given = sampleWeight === undefined ? undefined : weightsOf(where, sampleWeight, samples, predictions);
  const weights = [given, factors, kept].reduce((a, b) => (a && b ? masked(a, b) : (a ?? b)), undefined);
  const count = divisor ?? (kept ? flat(total(kept))[0]! : sizeOf(samples));
  // If no sample counts, the mean is 0.
  const over = reduction === 'mean' && count > 0 ? count : 1;

  const stated = attributes && { ...attributes, reduction, isWeighted: weights !== undefined };

  const compared = (x: NdArray, target: NdArray) => {
    const { losses, pullback } = rule(x, target);
    const flatLosses = reshape(losses, samples);
    const weighted = weights ? masked(flatLosses, weights) : flatLosses;
    return {
      value: reduction === 'none' ? weighted : total(weighted, over),
      pullback(g: NdArray) {
        const even = reduction === 'none' ? g : broadcastTo(scale(g, 1 / over), samples);
        return pullback(reshape(weights ? masked(even, weights) : even, losses.shape));
      },
    };
  };

  const noted = (loss: Tensor): Tensor => {
    if (reduction !== 'none') noteReduction({ weight: reduction === 'mean' ? count : 'sum', partial }, loss);
    return loss;
  };

  if (targets instanceof Tensor) {
    return noted(
      lift(
        where,
        [predictions, targets],
        (x, target) => {
          const { value, pullback } = compared(x, target);
          return {
            value,
            pullback(g) {
              const pulled = pullback(g);
              return [pulled.predictions, pulled.targets?.()];
            },
          };
        },
        stated,
      ),
    );
  }
  return noted(
    lift(
      where,
      [predictions],
      (x) => {
        const { value, pullback } = compared(x, targets);
        return { value, pullback: (g) => [pullback(g).predictions] };
      },
      stated && { ...stated, targets },
    ),
  );
}

function weightsOf(where: string, given: Source | Tensor, samples: Shape, { dtype }: Tensor): NdArray {
  const demand = expecting(
    `${where}.sampleWeight`,
    [...samples, 0].map((_, rank) => samples.slice(0, rank)),
    `the shape ${JSON.stringify(samples)}, or its first axes`,
  );
  if (given instanceof Tensor) demand(given.shape);
  const weights = cast(
    given instanceof Tensor ? given.value : readArray(`${where}.sampleWeight`, given, dtype, { demand }),
    dtype,
  );
  const { shape } = weights;
  const stray = flat(weights).find((weight) => !(Number.isFinite(weight) && weight > ADDITIVE));
  if (stray !== undefined) {
    throw new NormtapeError({
      where: `${where}.sampleWeight`,
      expected: 'finite weights, 0 for samples that do not count',
      received: stray <= ADDITIVE ? `${stray}, as in an additive mask` : stray,
    });
  }
  return broadcastTo(
    reshape(
      weights,
      samples.map((n, axis) => (axis < shape.length ? n : 1)),
    ),
    samples,
  );
}

/** Throws if predictions are no tensor, or an empty one. */
export function demandPredictions(where: string, predictions: unknown): asserts predictions is Tensor {
  if (!(predictions instanceof Tensor)) {
    throw new NormtapeError({ where, expected: 'a tensor of predictions', received: predictions });
  }
  if (predictions.size > 0) return;
  const expected = 'predictions without axes of size 0';
  throw new NormtapeError({ where, expected, received: predictions.shape });
}

/** Targets of the shape of the predictions: a tensor, or anything an array can be read from, cast to their dtype. */
export function targetsOf(where: string, predictions: Tensor, given: Tensor | Source): Tensor | NdArray {
  const expected = `the shape of the predictions, ${JSON.stringify(predictions.shape)}`;
  const demand = expecting(`${where}.targets`, [predictions.shape], expected);
  if (!(given instanceof Tensor)) return readArray(`${where}.targets`, given, predictions.dtype, { demand });
  demand(given.shape);
  return given;
}

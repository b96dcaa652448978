import {
  masked,
  type NdArray,
  type Source,
  div,
  magnitude,
  map,
  mul,
  reshape,
  square,
  sub,
  sum,
  zip,
} from '../../array/index.js';
import { lift } from '../../autograd/primitive.js';
import { Tensor, arrayOf } from '../../autograd/tape.js';
import { NormtapeError } from '../../error.js';
import { sub as minus } from '../../ops/catalog.js';
import { type Given, number, resolveBeside } from '../../option/index.js';
import { REDUCTION, type Weighted, compare, demandPredictions, targetsOf } from './loss.js';

export type CosineSimilarityOptions = Given<typeof REDUCTION> & Weighted;

/**
 * −⟨x, t⟩ / (‖x‖ ‖t‖) along the last axis, as the loss in Keras: −1 for vectors of one direction, 1 for opposite
 * ones; of the other axes, the mean. A vector of zeros has similarity 0 to everything, and receives no gradient.
 * Targets have the shape of the predictions: a tensor, which gets a gradient too, or any source of an array.
 *
 * @throws {NormtapeError} If shapes differ, there is no axis, or an option is wrong.
 */
export function cosineSimilarity(
  predictions: Tensor,
  given: Tensor | Source,
  options: CosineSimilarityOptions = {},
): Tensor {
  const where = 'cosineSimilarity';
  const { reduction, sampleWeight } = resolveBeside(where, REDUCTION, options, ['sampleWeight']);
  demandVectors(where, predictions);
  const targets = targetsOf(where, predictions, given);
  const samples = predictions.shape.slice(0, -1);
  return compare({ where, predictions, targets, samples, reduction, sampleWeight }, (x, t) => {
    const [a, b] = [unit(x), unit(t)];
    const cosine = sum(mul(a.direction, b.direction), -1);
    // d cos = ⟨b̂ − cos·â, dx⟩ / ‖x‖, with â and b̂ the directions.
    const back = (own: Direction, other: Direction, g: NdArray): NdArray =>
      masked(own.dividedByLength(sub(mul(own.direction, cosine), other.direction)), g);
    return {
      losses: map(cosine, (c) => 0 - c),
      pullback: (g) => ({ predictions: back(a, b, g), targets: () => back(b, a, g) }),
    };
  });
}

/** Unit vectors along the last axis. */
interface Direction {
  readonly direction: NdArray;
  /** An array divided by the original lengths of the vectors; 0 where the length is 0. */
  dividedByLength(a: NdArray): NdArray;
}

/** Vectors are scaled to a size near 1 first, so that no square overflows or underflows. */
function unit(x: NdArray): Direction {
  const size = magnitude(x, -1);
  const scaled = div(x, size);
  const length = map(sum(square(scaled), -1), Math.sqrt);
  const divided = (a: NdArray): NdArray => zip(a, length, (value, l) => (l === 0 ? 0 : value / l));
  return { direction: divided(scaled), dividedByLength: (a) => div(divided(a), size) };
}

const TRIPLET = {
  margin: number(1, 'How much farther than the positive the negative should be.', {
    min: 0,
    explore: [0.1, 2],
  }),
  ...REDUCTION,
};

export type TripletOptions = Given<typeof TRIPLET> & Weighted;

/**
 * The mean of max(0, ‖a − p‖ − ‖a − n‖ + margin) over vectors along the last axis: an anchor, a positive example that
 * should be near it, and a negative one that should not (Schroff, Kalenichenko and Philbin 2015, section 3.1, with
 * lengths as in PyTorch, not squares). Vectors that are equal have distance 0, and send no gradient.
 *
 * @throws {NormtapeError} If the three are no tensors of one shape, there is no axis, or an option is wrong.
 */
export function triplet(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletOptions = {},
): Tensor {
  const where = 'triplet';
  const { margin, reduction, sampleWeight } = resolveBeside(where, TRIPLET, options, ['sampleWeight']);
  demandVectors(where, anchor);
  for (const other of [positive, negative]) {
    if (other instanceof Tensor) targetsOf(where, anchor, other);
    else throw new NormtapeError({ where, expected: 'three tensors', received: other });
  }
  const predictions = minus(distance(anchor, positive), distance(anchor, negative));
  const targets = map(arrayOf(predictions), () => 0);
  const { shape: samples } = predictions;
  return compare({ where, predictions, targets, samples, reduction, sampleWeight }, (x) => ({
    losses: map(x, (difference) => (difference + margin <= 0 ? 0 : difference + margin)),
    pullback: (g) => ({
      predictions: zip(g, x, (gradient, difference) => (difference + margin <= 0 ? 0 : gradient)),
    }),
  }));
}

/** ‖a − b‖ along the last axis, which is dropped: d‖v‖ = ⟨v/‖v‖, dv⟩, and 0 at v = 0. */
const distance = (a: Tensor, b: Tensor): Tensor =>
  lift('distance', [a, b], (x, y) => {
    const offset = sub(x, y);
    const size = magnitude(offset, -1);
    const scaled = div(offset, size);
    const length = map(sum(square(scaled), -1), Math.sqrt);
    const direction = zip(scaled, length, (v, l) => (l === 0 ? 0 : v / l));
    const dropped = x.shape.slice(0, -1);
    return {
      value: reshape(mul(length, size), dropped),
      pullback(g) {
        const pulled = masked(direction, reshape(g, length.shape));
        return [pulled, map(pulled, (value) => -value)];
      },
    };
  });

function demandVectors(where: string, predictions: Tensor): void {
  demandPredictions(where, predictions);
  if (predictions.shape.length > 0) return;
  throw new NormtapeError({ where, expected: 'predictions of rank 1 or more', received: [] });
}

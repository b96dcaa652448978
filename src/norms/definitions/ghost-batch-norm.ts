import { across, onto, reshape } from '../../array/index.js';
import type { Algebra, Named } from '../algebra.js';
import { blended, learned, momentsWhere } from '../formula.js';
import {
  chunkLaws,
  evenGradient,
  keepsShape,
  learnedLaws,
  oddFunction,
  scaledGradient,
  scalingLaw,
  switchedOff,
  zeroMeanPerFeature,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { demandBatch } from '../parts/axes.js';
import { chunkShape, chunksOf, standardizeChunks, withinChunk } from '../parts/chunks.js';
import { gainAndShift } from '../parts/index.js';
import { featureMask } from '../parts/masked.js';
import { affineOfMoments, momentum, rootOf, runningMoments, standardizeBy } from '../parts/running.js';

export const ghostBatchNorm = norm({
  type: 'ghost_batch_norm',
  title: 'Ghost batch normalization',
  alsoKnownAs: ['GBN'],
  about:
    'Standardizes each feature over small chunks of the batch, one after the other, as batch_norm does over all of it.',
  useCase: 'Large batches, whose training should keep the noise that the statistics of small batches have.',
  reference: {
    authors: 'Elad Hoffer, Itay Hubara, Daniel Soudry',
    title:
      'Train longer, generalize better: closing the generalization gap in large batch training of neural networks',
    year: 2017,
    url: 'https://arxiv.org/abs/1705.08741',
  },
  notes: [
    'A chunk is `virtualBatchSize` neighbouring samples; the last chunk is smaller if that does not divide the batch. Choose a divisor of the batch: a last chunk of one number per feature gives β, and moves the running variance towards 0.',
    'TabNet cuts a batch into equal parts instead: 9 samples at a size of 4 are 3, 3 and 3 there, and 4, 4 and 1 here.',
    'The running statistics take the chunks in their order, one step each, as the code of the paper does. The sum in the paper has weights that do not add up to 1.',
    'If the batch is not larger than a chunk, it is batch_norm. With chunks of one sample it is instance_norm in training.',
    'Inference, and a frozen layer, use the running statistics, as in batch_norm, whatever the size of a chunk.',
    'momentum is the share that each chunk keeps of a running statistic, as in Keras: 0.99 here is 0.01 in PyTorch. One batch of k chunks moves the statistics k times.',
  ],
  traits: { place: 'hidden', couples: 'batch', cost: 10, guards: ['size', 'offset'] },

  options: {
    virtualBatchSize: option.number(128, 'The number of samples in a chunk.', {
      min: 1,
      whole: true,
      explore: [1, 4],
    }),
    axis: option.axis(-1, 'The feature axis; it cannot be the batch, axis 0.'),
    epsilon: option.epsilon('Added to the variance to avoid division by zero.'),
    momentum,
    ...gainAndShift.options,
    ...runningMoments.options,
  },

  parameters: gainAndShift.parameters,

  state: runningMoments.state,

  mask: {
    ...featureMask,
    about:
      'In training, the positions that enter the statistics of their chunk, in the shape of x without the feature axis. ' +
      'The others are normalized by the same statistics, and their gradients reach those that count. ' +
      'A chunk without any position that counts gives β and no gradient of its x, and moves no running statistic. ' +
      'NaN and ∞ at a position that does not count give NaN there, but reach no statistic and no gradient.',
  },

  accepts: demandBatch,

  atInference: affineOfMoments,

  formula(math, x, { gamma, beta }, options, { training, state, mask }) {
    const { axis, epsilon } = options;
    const shape = math.shape(x);
    if (training) {
      const weight = mask && math.reshape(mask, across(shape, axis));
      const { unit, running } = byChunks(math, x, weight, options, state);
      return { outputs: [learned(math, unit, axis, gamma, beta)], state: running };
    }
    const alongAxis = (a: typeof x) => math.reshape(a, onto(shape, axis));
    const length = math.sqrt(math.add(alongAxis(state.moving_variance), epsilon));
    const unit = math.div(math.sub(x, alongAxis(state.moving_mean)), length);
    return { outputs: [learned(math, unit, axis, gamma, beta)] };
  },

  /**
   * The gradients of γ, β, x̂ and x, from dy, in training; the n numbers of a feature in a chunk share one mean and one N.
   *
   *     dγ = Σ dy x̂
   *     dβ = Σ dy
   *     dx̂ = γ dy          y = γ x̂ + β
   *     dN = −Σ dx̂ x̂ / N   x̂ = (x − x̄) / N
   *     dv = dN / (2 N)    N² = v + ε
   *     dx̄ = −Σ dx̂ / N     v does not change with x̄, as Σ (x − x̄) = 0
   *     dx = dx̂ / N + 2 (x − x̄) dv / n + dx̄ / n
   *        = (dx̂ − mean(dx̂) − x̂ mean(dx̂ x̂)) / N
   *
   * With running statistics x̄ and N are constants, and dx = dx̂ / N. The source derives masked statistics above `standardizeWhere`.
   */
  apply(x, { gamma, beta }, { virtualBatchSize, axis, epsilon, momentum }, { training, state, mask }) {
    const { moving_mean, moving_variance } = state;
    const weights = { gain: gamma, shift: beta, along: axis };
    const counting = mask && reshape(mask, across(x.shape, axis));
    const chunks = training
      ? standardizeChunks(counting, x, { axis, epsilon, largest: virtualBatchSize }, weights)
      : undefined;
    const { value, pullback } =
      chunks ?? standardizeBy(x, { mean: moving_mean, length: rootOf(moving_variance, epsilon) }, weights);
    return {
      value,
      pullback(gradient) {
        const pulled = pullback(gradient);
        return { x: pulled.x, gamma: pulled.gain, beta: pulled.shift };
      },
      ...(chunks && { state: chunks.moved({ moving_mean, moving_variance }, momentum) }),
    };
  },

  example: {
    options: { virtualBatchSize: 3, momentum: 0.75 },
    x: [
      [1, 2],
      [4, 2],
      [1, 5],
      [0, 1],
      [0, 5],
      [6, 3],
    ],
    parameters: { gamma: [1, -2], beta: [0, 1] },
    y: [
      [-0.70711, 2.41421],
      [1.41421, 2.41421],
      [-0.70711, -1.82843],
      [-0.70711, 3.44949],
      [-0.70711, -1.44949],
      [1.41421, 1],
    ],
    state: { moving_mean: [0.875, 1.3125], moving_variance: [2.9375, 1.60417] },
  },

  invariants: {
    keepsShape,
    scalingLaw,
    zeroMeanPerFeature,
    scaledGradient,
    oddFunction,
    evenGradient,
    ...chunkLaws,
    ...learnedLaws({ gain: 'gamma', shift: 'beta' }),
    weightsAtStart: switchedOff({ scale: false, center: false }, { gamma: 1, beta: 0 }),
  },
});

interface Cut {
  readonly virtualBatchSize: number;
  readonly axis: number;
  readonly epsilon: number;
  readonly momentum: number;
}

/** x̂ of every chunk, and the running statistics after the last; chunks of one size are an axis of their own. */
function byChunks<T>(
  math: Algebra<T>,
  x: T,
  weight: T | undefined,
  { virtualBatchSize, axis, epsilon, momentum }: Cut,
  state: Required<Named<T, 'moving_mean' | 'moving_variance'>>,
) {
  const shape = math.shape(x);
  const batch = shape[0]!;
  let running = state;
  const units = chunksOf(batch, virtualBatchSize).map((chunks) => {
    const { from, count, size } = chunks;
    const cut = (a: T): T => {
      const own = count * size === batch ? a : math.slice(a, 0, from, from + count * size);
      return math.reshape(own, chunkShape(math.shape(a), chunks));
    };
    const [own, over] = [cut(x), withinChunk(shape, axis)];
    const found = momentsWhere(math, weight && cut(weight), own, over, { over: 'chunk' });
    const length = math.name('N', math.sqrt(math.add(found.variance, epsilon)));
    const unit = math.div(math.sub(own, found.mean), length);
    const named = math.name('x̂', found.some === undefined ? unit : math.mul(found.some, unit));
    for (let k = 0; k < count; k++) {
      const one = (a: T): T => math.slice(a, 0, k, k + 1, `chunk ${k + 1}`);
      const some = found.some && one(found.some);
      running = {
        moving_mean: blended(math, running.moving_mean!, one(found.mean), momentum, some),
        moving_variance: blended(math, running.moving_variance!, one(found.variance), momentum, some),
      };
    }
    return math.reshape(named, [count * size, ...shape.slice(1)]);
  });
  return { unit: units.length === 1 ? units[0]! : math.concat(units, 0), running };
}

import {
  type Shape,
  across,
  along,
  clamp,
  flat,
  onto,
  reshape,
  sizeOf,
  sub,
  within as isWithin,
  without,
  zip,
} from '../../array/index.js';
import type { Algebra } from '../algebra.js';
import { momentsWhere, square } from '../formula.js';
import { keepsShape, mergedLaws } from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { allBut, destandardize, known, merged, standardizeFar } from '../parts/merged.js';

const kept = {
  sizes: 'the sizes of the axes, ascending',
  shape: (input: Shape, { axis }: { readonly axis: number | readonly number[] }): Shape => along(input, axis),
};

export const runningStandardization = norm({
  type: 'running_standardization',
  title: 'Running standardization',
  alsoKnownAs: [
    'RunningMeanStd',
    'VecNormalize',
    'observation normalization',
    'Normalization of Keras',
    'StandardScaler',
  ],
  about: 'Standardizes by the mean and variance of all data seen in training so far, this batch included.',
  useCase: 'Inputs whose scale is not known beforehand, such as the observations of reinforcement learning.',
  reference: {
    authors: 'Tony F. Chan, Gene H. Golub, Randall J. LeVeque',
    title: 'Updating Formulae and a Pairwise Algorithm for Computing Sample Variances',
    year: 1979,
    url: 'http://i.stanford.edu/pub/cstr/reports/cs/tr/79/773/CS-TR-79-773.pdf',
  },
  notes: [
    'It merges statistics and does not average them with a momentum: batches in any order and of any size leave the statistics of all their numbers together.',
    'In training a batch is merged first, then normalized with the new statistics, as in Stable-Baselines3. They are constants of the backward pass.',
    'The first batch replaces the initial mean and variance, whatever they are: the count starts at 0. Stable-Baselines3 starts it at 1e-4.',
    'Keras divides by max(σ, 1e-7) and not by √(σ² + ε), so that a constant feature grows by up to 10⁷; Stable-Baselines3 adds 1e-8 to the variance, and clips at 10.',
    'With `invert` it computes y N + μ without a limit, also in training, and leaves the statistics as they are: give it the state of the layer that standardized.',
    'There are no weights. To take in data without training on it, call the layer in training mode; `freeze()` then keeps the statistics.',
    'Statistics are merged in float64, and kept in the dtype of the layer.',
  ],
  traits: { place: 'hidden', couples: 'batch', cost: 2, guards: [] },

  options: {
    axis: option.axes(
      -1,
      'The axes whose places have statistics of their own; an empty list for one mean of all.',
      {
        empty: true,
      },
    ),
    epsilon: option.epsilon('Added to the variance to avoid division by zero.'),
    clip: option.numberOrNull(null, 'The largest size of an output; null for no limit.', {
      above: 0,
      explore: [0.5, 3],
      symbol: 'c',
    }),
    invert: option.flag(false, 'Whether to compute the inverse, y N + μ.'),
  },

  parameters: {},

  state: {
    mean: { symbol: 'μ', about: 'The mean of all data.', role: 'mean', ...kept, initial: () => 'zeros' },
    variance: {
      symbol: 'σ²',
      about: 'The variance of all data.',
      role: 'variance',
      ...kept,
      initial: () => 'ones',
    },
    count: {
      about: 'How many numbers each mean is of.',
      sizes: 'one number',
      shape: () => [],
      initial: () => 'zeros',
    },
  },

  mask: {
    about:
      'In training, the positions whose numbers are merged, in the shape of x without the axes. ' +
      'All are normalized. If none counts, the statistics stay. ' +
      'NaN and ∞ at a position that does not count reach no statistic and no gradient.',
    shape: (input, { axis }) => without(input, axis),
  },

  formula(math, x, _, { axis, epsilon, clip, invert }, { training, state, mask }) {
    const laid = onto(math.shape(x), axis);
    const moves = training && !invert;
    const after = moves ? mergedIn(math, x, axis, state, mask) : state;
    const mean = math.stop(math.reshape(after.mean, laid));
    const variance = math.stop(math.reshape(after.variance, laid));
    const length = math.name('N', math.sqrt(math.add(variance, epsilon)));
    if (invert) return { outputs: [math.add(math.mul(x, length), mean)] };
    const unit = math.name('x̂', math.div(math.sub(x, mean), length));
    const y = clip === null ? unit : math.maximum(math.minimum(unit, clip), -clip);
    return { outputs: [y], ...(moves && { state: after }) };
  },

  /**
   * The gradients of x̂ and x, from dy; the statistics are constants. With `clip`, its limit c passes no gradient.
   *
   *     dx̂ = [c² > x̂²] dy   y = min(max(x̂, −c), c)
   *     dx = dx̂ / N         x̂ = (x − μ) / N
   *
   * With `{ clip: null }`:
   *
   *     dx̂ = dy             y = x̂
   *
   * With `{ invert: true }` y = x N + μ:
   *
   *     dx = dy N
   */
  apply(x, _, { axis, epsilon, clip, invert }, { training, state, mask }) {
    const counting = mask && reshape(mask, across(x.shape, axis));
    if (invert) {
      const { value, pullback } = destandardize(x, known(x, axis, epsilon, state));
      return { value, pullback: (gradient) => ({ x: pullback(gradient) }) };
    }
    const batch = training ? merged(counting, x, axis, epsilon, state) : undefined;
    const { value, pullback } = standardizeFar(x, batch ?? known(x, axis, epsilon, state));
    const within = (g: typeof x) =>
      clip === null || isWithin(value, clip) ? g : zip(g, value, (own, y) => (Math.abs(y) <= clip ? own : 0));
    return {
      value: clip === null ? value : clamp(value, -clip, clip),
      pullback: (gradient) => ({ x: pullback(within(gradient)) }),
      ...(batch && { state: batch.state }),
    };
  },

  gradient: {
    about: 'In training the statistics are constants, though they change with x.',
    kind: ({ invert }, { training }) => (training && !invert ? 'detached' : 'slope'),
  },

  kinks(x, { axis, epsilon, clip, invert }, { training, state, mask }) {
    if (clip === null || invert) return Infinity;
    const counting = mask && reshape(mask, across(x.shape, axis));
    const statistics = training ? merged(counting, x, axis, epsilon, state) : known(x, axis, epsilon, state);
    return Math.min(
      ...flat(zip(sub(x, statistics.mean), statistics.length, (c, N) => Math.abs(Math.abs(c) - clip * N))),
    );
  },

  example: {
    options: { epsilon: 0.25, clip: 1.5 },
    x: [
      [1, 2],
      [4, 2],
      [1, 5],
      [10, 3],
    ],
    parameters: {},
    y: [
      [-0.80904, -0.75593],
      [0, -0.75593],
      [-0.80904, 1.5],
      [1.5, 0],
    ],
    state: { mean: [4, 3], variance: [13.5, 1.5], count: 4 },
  },

  invariants: { keepsShape, ...mergedLaws },
});

/** The statistics of the data so far and of a batch together. */
function mergedIn<T>(
  math: Algebra<T>,
  x: T,
  axis: number | readonly number[],
  { mean, variance, count }: Readonly<Record<'mean' | 'variance' | 'count', T>>,
  mask: T | undefined,
) {
  const shape = math.shape(x);
  const over = allBut(shape, axis);
  const weight = mask && math.reshape(mask, across(shape, axis));
  const flatly = (a: T) => math.reshape(a, math.shape(mean));
  const batch = momentsWhere(math, weight, x, over);
  const numbers = sizeOf(shape) / sizeOf(onto(shape, axis));
  const n = weight === undefined ? numbers : math.reshape(math.sum(weight, over), []);
  const all = math.add(count, n);
  // A count below 1 is 0.
  const share = math.name('s', math.div(n, math.maximum(all, 1)));
  const delta = math.name('δ', math.sub(flatly(batch.mean), mean));
  const rest = math.sub(1, share);
  const between = math.mul(math.mul(share, rest), square(math, delta));
  const within = math.add(math.mul(rest, variance), math.mul(share, flatly(batch.variance)));
  return {
    mean: math.add(mean, math.mul(share, delta)),
    variance: math.add(within, between),
    count: all,
  };
}

import { type Shape, positiveAxes } from '../../array/index.js';
import type { Algebra } from '../algebra.js';
import { learned, square } from '../formula.js';
import {
  cumulativeLaws,
  evenGradient,
  keepsShape,
  learnedLaws,
  oddFunction,
  samplesAlwaysApart,
  scaledGradient,
  scalingLaw,
  switchedOff,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { standardizeSoFar } from '../parts/cumulative.js';
import { gainAndShift } from '../parts/index.js';

/** The time axis, and the axes whose numbers share a step. */
function axesOf(shape: Shape, timeAxis: number) {
  const [time] = positiveAxes(timeAxis, shape.length);
  return { time: time!, within: shape.map((_, axis) => axis).filter((axis) => axis !== 0 && axis !== time) };
}

export const cumulativeLayerNorm = norm({
  type: 'cumulative_layer_norm',
  title: 'Cumulative layer normalization',
  alsoKnownAs: ['cLN', 'cgLN', 'CumulativeLayerNorm'],
  about:
    'Centers each step of a sequence by the mean of all steps so far and divides by their standard deviation.',
  useCase: 'Causal models of audio and other streams, such as Conv-TasNet.',
  reference: {
    authors: 'Yi Luo, Nima Mesgarani',
    title: 'Conv-TasNet: Surpassing Ideal Time–Frequency Magnitude Masking for Speech Separation',
    year: 2019,
    url: 'https://arxiv.org/abs/1809.07454',
  },
  notes: [
    'It is also called cLN, and cgLN in asteroid, whose cLN is the layer_norm of every step.',
    'It is causal: no output depends on a later step. The last step is normalized as by layer_norm over time and features.',
    'A mask excludes steps from the statistics. These steps are still normalized, by the statistics of the steps before, and their gradients reach those. Until the first step that counts, the output is β and the gradient of x is 0. NaN and ∞ in steps that do not count give NaN, but reach no statistic and no gradient.',
    'Widely copied code subtracts the square of the mean from a sum of squares that is not divided by its count, which is no variance; other code cumulates over the channels instead of time. Neither is followed here.',
    'Means and deviations are merged step by step, not as the mean of squares less the square of the mean, so that a large mean costs no digits. With one feature the first step is β.',
  ],
  traits: {
    place: 'hidden',
    couples: 'prefix',
    cost: 12,
    guards: ['size', 'offset'],
  },

  options: {
    timeAxis: option.axis(1, 'The axis along which steps follow each other; it cannot be the batch, axis 0.'),
    axis: option.axis(-1, 'The feature axis, along which γ and β are learned.'),
    epsilon: option.epsilon('Added to the variance to avoid division by zero.'),
    ...gainAndShift.options,
  },

  parameters: gainAndShift.parameters,

  mask: {
    about: 'The steps that enter the statistics, in the shape [batch, steps].',
    shape: (input, { timeAxis }) => [input[0]!, input[axesOf(input, timeAxis).time]!],
  },

  accepts(input, { axis, timeAxis }) {
    if (input.length < 3) return { expected: 'an input of rank 3 or more, with the batch first' };
    const [feature, time] = [axis, timeAxis].map((one) => positiveAxes(one, input.length)[0]);
    if (time === 0) return { option: 'timeAxis', expected: 'an axis other than the batch, which is axis 0' };
    if (feature === 0) return { option: 'axis', expected: 'an axis other than the batch, which is axis 0' };
    return (
      feature !== time || { option: 'axis', expected: `an axis other than timeAxis, which is ${timeAxis}` }
    );
  },

  formula(math, x, { gamma, beta }, { axis, timeAxis, epsilon }, { mask }) {
    const { mean, variance, counts } = momentsSoFar(math, x, timeAxis, mask);
    const length = math.name('N', math.sqrt(math.add(variance, epsilon)));
    const unit = math.div(math.sub(x, mean), length);
    const known = math.name('x̂', counts === undefined ? unit : math.mul(counts, unit));
    return { outputs: [learned(math, known, axis, gamma, beta)] };
  },

  /**
   * The gradients of γ, β, x̂ and x, from dy. The n numbers up to a step share its mean and its N, and `later` divides by
   * n and sums over the steps from that of x on.
   *
   *     dγ = Σ dy x̂
   *     dβ = Σ dy
   *     dx̂ = γ dy          y = γ x̂ + β
   *     dN = −Σ dx̂ x̂ / N   x̂ = (x − x̄) / N
   *     dv = dN / (2 N)    N² = v + ε
   *     dx̄ = −Σ dx̂ / N     v does not change with x̄, as Σ (x − x̄) = 0
   *     dx = dx̂ / N + later(dx̄) + 2 x later(dv) − 2 later(x̄ dv)
   *
   * The last two terms cancel if x is far from 0; the source sums them around means that move with the steps.
   */
  apply(x, { gamma, beta }, { axis, timeAxis, epsilon }, { mask }) {
    const weights = { gain: gamma, shift: beta, along: axis };
    const { value, pullback } = standardizeSoFar(x, timeAxis, epsilon, mask, weights);
    return {
      value,
      pullback(gradient) {
        const pulled = pullback(gradient);
        return { x: pulled.x, gamma: pulled.gain, beta: pulled.shift };
      },
    };
  },

  example: {
    options: { epsilon: 0.25 },
    x: [
      [
        [1, 3],
        [2, -2],
        [5, 3],
      ],
    ],
    parameters: { gamma: [1, -2], beta: [0, 1] },
    y: [
      [
        [-0.89443, -0.78885],
        [0.5164, 4.09839],
        [1.35296, 0.09802],
      ],
    ],
  },

  invariants: {
    keepsShape,
    scalingLaw,
    oddFunction,
    samplesAlwaysApart,
    scaledGradient,
    evenGradient,
    ...cumulativeLaws,
    ...learnedLaws({ gain: 'gamma', shift: 'beta' }),
    weightsAtStart: switchedOff({ scale: false, center: false }, { gamma: 1, beta: 0 }),
  },
});

/** The mean and the variance of all numbers up to each step; with a mask, of those that count, and whether any does. */
function momentsSoFar<T>(math: Algebra<T>, x: T, timeAxis: number, mask: T | undefined) {
  const shape = math.shape(x);
  const { time, within } = axesOf(shape, timeAxis);
  const others = [time, ...within];
  const steps = Array.from({ length: shape[time]! }, (_, t) => t);
  const soFar = (a: T, t: number) => math.slice(a, time, 0, t + 1, 'steps ≤ t');
  const at = (a: T, t: number) => math.slice(a, time, t, t + 1, '');
  const eachStep = (f: (t: number) => T) => math.concat(steps.map(f), time);
  if (mask === undefined) {
    const mean = math.name(
      'x̄',
      eachStep((t) => math.mean(soFar(x, t), others)),
    );
    const variance = math.name(
      'v',
      eachStep((t) => math.variance(soFar(x, t), at(mean, t), others)),
    );
    return { mean, variance };
  }
  const laid = shape.map((n, axis) => (within.includes(axis) ? 1 : n));
  const weight = math.add(math.mul(x, 0), math.reshape(mask, laid));
  const total = eachStep((t) => math.sum(soFar(weight, t), others));
  // 1 where a number counts: then the total is a whole number from 1 on.
  const counts = math.sub(1, math.maximum(math.sub(1, total), 0));
  const divisor = math.maximum(total, 1);
  const weighted = (a: T, t: number) => math.sum(math.mul(soFar(weight, t), a), others);
  const mean = math.name(
    'x̄',
    math.div(
      eachStep((t) => weighted(soFar(x, t), t)),
      divisor,
    ),
  );
  const squares = eachStep((t) => weighted(square(math, math.sub(soFar(x, t), at(mean, t))), t));
  return { mean, variance: math.name('v', math.div(squares, divisor)), counts };
}

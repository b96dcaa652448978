import { across, onto, positiveAxes, reshape } from '../../array/index.js';
import type { Algebra } from '../algebra.js';
import { learned, momentsWhere } from '../formula.js';
import { reversibleLaws, samplesAlwaysApart } from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { positionsOf } from '../parts/axes.js';
import { gainAndShift } from '../parts/index.js';
import { featureMask } from '../parts/masked.js';
import { restored, standardizeReversibly } from '../parts/reversible.js';

const sizes = 'that of x with 1 for every axis but the batch and the features';

/** The shape of the statistics of an x. */
const statistics = (input: readonly number[], { axis }: { readonly axis: number }) =>
  input.map((n, i) => (i === 0 || i === positiveAxes(axis, input.length)[0] ? n : 1));

const isInverse = ({ invert }: { readonly invert: boolean }): boolean => invert;
const isForward = ({ invert }: { readonly invert: boolean }): boolean => !invert;

export const revIn = norm({
  type: 'rev_in',
  title: 'Reversible InstanceNorm',
  alsoKnownAs: ['RevIN', 'reversible instance normalization'],
  about:
    'Standardizes each feature of each sample over its positions, and also returns the mean and deviation that undo it.',
  useCase: 'Forecasts of time series whose level and scale change: normalize the input, restore the output.',
  reference: {
    authors: 'Taesung Kim, Jinhee Kim, Yunwon Tae, Cheonbok Park, Jang-Ho Choi, Jaegul Choo',
    title:
      'Reversible Instance Normalization for Accurate Time-Series Forecasting against Distribution Shift',
    year: 2022,
    url: 'https://openreview.net/forum?id=cGDAkQo1C0p',
  },
  notes: [
    'A layer with `invert: true` computes (y − β) / γ · s + μ of the mean and deviation that the forward layer returned. Give it the γ and β of that layer: inverse.loadStateDict(forward.stateDict()).',
    'The number of positions of the inverse may be another one, as that of a forecast.',
    'The inverse divides by γ, as the paper writes it, so it restores x. The code of the paper divides by γ + ε². A γ of 0 has no inverse, and is refused; a constraint keeps it away from 0.',
    'Gradients pass through mean and deviation. The code of the paper takes them as constants: `stopGradient: true`.',
    'If a feature has one position, y is β, and the inverse restores x, which is the mean.',
  ],
  traits: { place: 'hidden', couples: 'sample', cost: 9, guards: ['size', 'offset'] },

  options: {
    axis: option.axis(-1, 'The feature axis; it cannot be the batch, axis 0.'),
    epsilon: option.epsilon('Added to the variance to avoid division by zero.'),
    invert: option.flag(false, 'Whether to compute the inverse, from the mean and deviation besides y.'),
    stopGradient: option.flag(false, 'Whether mean and deviation are constants of the backward pass.'),
    ...gainAndShift.options,
  },

  parameters: {
    ...gainAndShift.parameters,
    gamma: { ...gainAndShift.parameters.gamma, divides: isInverse },
  },

  inputs: [
    {
      name: 'mean',
      symbol: 'μ',
      about: 'The mean that the forward layer returned.',
      sizes,
      shape: statistics,
      when: isInverse,
      condition: 'with `invert`',
      optional: true,
    },
    {
      name: 'deviation',
      symbol: 's',
      about: 'The deviation that the forward layer returned.',
      sizes,
      shape: statistics,
      when: isInverse,
      condition: 'with `invert`',
      optional: true,
    },
  ],

  outputs: [
    { name: 'y', about: 'The normalized x, or the restored one with `invert`, in its shape.' },
    {
      name: 'mean',
      about: 'The mean of each feature of each sample.',
      when: isForward,
      condition: 'without `invert`',
    },
    {
      name: 'deviation',
      about: 'The deviation √(v + ε) of each feature of each sample.',
      when: isForward,
      condition: 'without `invert`',
    },
  ],

  mask: featureMask,

  accepts(input, { axis }) {
    if (input.length < 3)
      return { expected: 'an input of rank 3 or more, with the batch first, then positions and features' };
    const isBatch = positiveAxes(axis, input.length)[0] === 0;
    return isBatch ? { option: 'axis', expected: 'an axis other than the batch, which is axis 0' } : true;
  },

  formula(math, x, { gamma, beta }, { axis, epsilon, invert, stopGradient }, { inputs, mask }) {
    const shape = math.shape(x);
    if (invert) {
      const unit = math.name('x̂', unlearned(math, x, axis, gamma, beta));
      return { outputs: [math.add(math.mul(unit, inputs['deviation']!), inputs['mean']!)] };
    }
    const weight = mask && math.reshape(mask, across(shape, axis));
    const constant = (a: typeof x) => (stopGradient ? math.stop(a) : a);
    const { mean, variance, some } = momentsWhere(math, weight, x, positionsOf(shape, axis));
    const center = constant(mean);
    const length = math.name('N', constant(math.sqrt(math.add(variance, epsilon))));
    const unit = math.div(math.sub(x, center), length);
    const named = math.name('x̂', some === undefined ? unit : math.mul(some, unit));
    return { outputs: [learned(math, named, axis, gamma, beta), center, length] };
  },

  /**
   * The gradients of γ, β, x̂ and x, from those of the outputs; the n positions of a feature of a sample share one mean and
   * one N, which are outputs too.
   *
   *     dγ = Σ dy x̂
   *     dβ = Σ dy
   *     dx̂ = γ dy          y = γ x̂ + β
   *     dN = ddeviation − Σ dx̂ x̂ / N   x̂ = (x − x̄) / N
   *     dv = dN / (2 N)    N² = v + ε
   *     dx̄ = dmean − Σ dx̂ / N     v does not change with x̄, as Σ (x − x̄) = 0
   *     dx = dx̂ / N + 2 (x − x̄) dv / n + dx̄ / n
   *        = (dx̂ − mean(dx̂) − x̂ mean(dx̂ x̂)) / N + (dmean + x̂ ddeviation) / n
   *
   * With `{ stopGradient: true }` mean and N are constants:
   *
   *     dx = dx̂ / N
   *
   * With `{ invert: true }` x is a y, and x̂ = (x − β) / γ:
   *
   *     dx̂ = dy s                y = x̂ s + μ
   *     dx = dx̂ / γ              γ x̂ = x − β
   *     dγ = −Σ dx̂ x̂ / γ
   *     dβ = −Σ dx̂ / γ
   *     ds = Σ dy x̂
   *     dμ = Σ dy
   *
   * The source derives masked statistics above `standardizeWhere`.
   */
  apply(x, { gamma, beta }, { axis, epsilon, invert, stopGradient }, { inputs: { mean, deviation }, mask }) {
    const weights = { gain: gamma, shift: beta, along: axis };
    if (invert) {
      const { value, pullback } = restored(x, { mean: mean!, deviation: deviation! }, weights);
      return {
        value: [value],
        pullback([gradient]) {
          const { gain, shift, ...others } = pullback(gradient);
          return { ...others, gamma: gain, beta: shift };
        },
      };
    }
    const counting = mask && reshape(mask, across(x.shape, axis));
    const over = positionsOf(x.shape, axis);
    const unit = standardizeReversibly(counting, x, over, epsilon, weights, stopGradient);
    return {
      value: [unit.value, unit.mean, unit.deviation],
      pullback([ofY, ofMean, ofDeviation]) {
        const pulled = unit.pullback(ofY, ofMean!, ofDeviation!);
        return { x: pulled.x, gamma: pulled.gain, beta: pulled.shift };
      },
    };
  },

  gradient: {
    about: 'With `stopGradient`, mean and deviation are constants, though they change with x.',
    kind: ({ invert, stopGradient }) => (stopGradient && !invert ? 'detached' : 'slope'),
  },

  example: {
    x: [
      [
        [1, 3],
        [4, 3],
        [1, 9],
      ],
    ],
    parameters: { gamma: [2, -1], beta: [0.5, 1] },
    y: [
      [
        [
          [-0.91421, 1.70711],
          [3.32843, 1.70711],
          [-0.91421, -0.41421],
        ],
      ],
      [[[2, 5]]],
      [[[1.41421, 2.82843]]],
    ],
  },

  invariants: {
    samplesAlwaysApart,
    ...reversibleLaws,
  },
});

/** (y − β) / γ. */
function unlearned<T>(math: Algebra<T>, y: T, axis: number, gain: T | undefined, shift: T | undefined): T {
  const laid = onto(math.shape(y), axis);
  const low = shift === undefined ? y : math.sub(y, math.reshape(shift, laid));
  return gain === undefined ? low : math.div(low, math.reshape(gain, laid));
}

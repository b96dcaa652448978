import {
  type Axes,
  type Shape,
  add,
  broadcastTo,
  cast,
  logOfShort,
  map,
  mean,
  mul,
  overShort,
  positiveAxes,
  reshape,
  sizeOf,
  sum,
  sumTo,
} from '../../array/index.js';
import { clampedRoot, inBand, unitOf } from '../formula.js';
import {
  adaptiveBandLaws,
  bandLimits,
  bandStart,
  evenGradient,
  keepsShape,
  oddFunction,
  samplesApart,
} from '../laws/index.js';
import { norm } from '../norm.js';
import * as option from '../option.js';
import { boundGap, band, unitize } from '../parts/index.js';

export const adaptiveBandRms = norm({
  type: 'adaptive_band_rms',
  title: 'Adaptive BandRMS',
  about:
    'Brings the root mean square into a band just below 1, at positions that depend on the size of the sample.',
  useCase: 'Vision and other inputs of fixed length, if the size of a sample should still have an effect.',
  reference: {
    authors: 'Nikolas Markou',
    title: 'dl_techniques: AdaptiveBandRMS',
    year: 2025,
    url: 'https://github.com/NikolasMarkou/dl_techniques',
  },
  notes: [
    'q is the mean of N over the whole sample. If the last axis of a sequence is normalized, each token depends on all others, including later tokens and padding. That breaks causality: do not use it in a language model.',
    'Every root mean square is between (1 − α) ρ and ρ, with ρ = √(m / (m + ε)); for small inputs it is below 1 − α.',
    'At the start, K = 0 and c = 0, and it computes the same as band_rms with b = 0.',
    'If s differs along the axes, the output does not have the direction of x.',
    'There is one s for each position along the axes, like the gain of layer_norm. If all axes except the batch are normalized, and there are at least two of them, there is one s for the whole sample.',
    'bandInitializer and bandRegularizer apply to K only; c starts at 0 and has no regularizer.',
  ],
  traits: { place: 'hidden', couples: 'sample', cost: 4, guards: ['size', 'gain', 'shift'] },

  options: {
    maxBandWidth: option.maxBandWidth(0.1),
    axis: option.axes(-1, 'The axes that share one root mean square; never the batch, axis 0.'),
    epsilon: option.epsilon('Added to the mean square to avoid division by zero.'),
    bandInitializer: option.initializer('zeros', 'Initializer of K.'),
    bandRegularizer: option.regularizer('none', 'Regularizer of K.'),
  },

  parameters: {
    kernel: {
      symbol: 'K',
      about: 'The weight K of the logarithm of the size of the sample.',
      sizes: '1 by the number of positions along the axes',
      shape: (input, { axis }) => [1, places(input, axis)],
      initial: ({ bandInitializer }) => bandInitializer,
      regularizer: ({ bandRegularizer }) => bandRegularizer,
    },
    bias: {
      symbol: 'c',
      about: 'The bias c of the position in the band.',
      sizes: 'the number of positions along the axes',
      shape: (input, { axis }) => [places(input, axis)],
      initial: () => 'zeros',
    },
  },

  accepts(input, { axis }) {
    if (input.length < 2) return { expected: 'an input of rank 2 or more, with the batch first' };
    const batched = positiveAxes(axis, input.length).includes(0);
    return batched ? { option: 'axis', expected: 'axes other than the batch, axis 0' } : true;
  },

  formula(math, x, { kernel, bias }, { axis, epsilon, maxBandWidth }) {
    const shape = math.shape(x);
    const length = clampedRoot(math, x, axis, epsilon);
    const sample = shape.map((_, i) => i).slice(1);
    const size = math.name('q', math.mean(length, sample, 'the sample'));
    const layout = [1, ...layoutOf(shape, axis).slice(1)];
    const place = math.mul(math.log(size), math.reshape(kernel!, layout));
    const z = math.name('z', math.add(place, math.reshape(bias!, layout)));
    const scale = inBand(math, math.sigmoid(math.mul(STEEPNESS, z)), maxBandWidth);
    return { outputs: [math.mul(scale, unitOf(math, x, length))] };
  },

  /**
   * The gradients of K, c, x̂ and x, from dy; n numbers share one N, and a sample has M such N.
   *
   *     ds = Σ dy x̂
   *     dz = 5 α σ(5 z) σ(−5 z) ds   s = 1 − α + α σ(5 z)
   *     dK = Σ dz ln(q)              z = ln(q) K + c
   *     dc = Σ dz
   *     dq = Σ dz K / q
   *     dx̂ = s dy                    y = s x̂
   *     dN = dq / M − Σ dx̂ x̂ / N     q is the mean of M lengths, and x̂ = x / N
   *     dx = dx̂ / N + x dN / (n N)   N² = mean(x²) + ε
   *
   * If the clamp holds N at ε, N does not depend on x, and dx = dx̂ / N.
   */
  apply(x, { kernel, bias }, { axis, epsilon, maxBandWidth }) {
    const unit = unitize(x, axis, epsilon, 'clamp');
    const [batch = 0, ...rest] = x.shape;
    const each = [batch, ...rest.map(() => 1)];
    const groups = sizeOf(unit.length.shape) / batch;

    const q = reshape(
      mean(
        unit.short,
        rest.map((_, i) => i + 1),
      ),
      [batch, 1],
    );
    const logarithm = cast(logOfShort(q), x.dtype);
    const z = add(mul(logarithm, kernel!), bias!);
    const s = band(z, maxBandWidth, STEEPNESS);
    const layout = layoutOf(x.shape, axis);
    const spread = reshape(s.value, layout);

    return {
      value: mul(unit.value, spread),
      pullback(g) {
        const ofScale = reshape(sumTo(mul(g, unit.value), layout), s.value.shape);
        const ofZ = s.pullback(ofScale);
        const ofLogarithm = sum(mul(ofZ, kernel!), 1);
        // q is a mean over the groups of a sample, and d ln q = dq / q.
        const ofMean = map(cast(ofLogarithm, 'float64'), (slope) => slope / groups);
        const ofLength = overShort(ofMean, q);
        return {
          x: unit.pullback(mul(g, spread), broadcastTo(reshape(ofLength, each), unit.length.shape)),
          kernel: sumTo(mul(logarithm, ofZ), kernel!.shape),
          bias: sumTo(ofZ, bias!.shape),
        };
      },
    };
  },

  kinks: (x, { axis, epsilon }) => boundGap(x, axis, epsilon, 'clamp'),

  example: {
    options: { maxBandWidth: 0.4 },
    x: [
      [
        [3, 4],
        [1, -1],
      ],
    ],
    parameters: { kernel: [[0.1, -0.2]], bias: [0.05, 0.1] },
    y: [
      [
        [0.73283, 0.86933],
        [0.86365, -0.76839],
      ],
    ],
  },

  invariants: {
    keepsShape,
    bandLimits,
    bandStart,
    oddFunction,
    samplesApart,
    evenGradient,
    ...adaptiveBandLaws,
  },
});

/** The shape of s: the batch, and the axes it is learned along. */
function layoutOf(input: Shape, axis: Axes): number[] {
  const axes = positiveAxes(axis, input.length);
  const whole = input.length > 2 && axes.length === input.length - 1;
  return input.map((n, i) => (i === 0 || (axes.includes(i) && !whole) ? n : 1));
}

const places = (input: Shape, axis: Axes): number => sizeOf(layoutOf(input, axis).slice(1));

/** How fast s answers to z. */
const STEEPNESS = 5;

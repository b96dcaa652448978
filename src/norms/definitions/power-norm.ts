import { type NdArray, across, flat, full, reshape } from '../../array/index.js';
import { keepsShape, learnedLaws, oddFunction, powerLaws, switchedOff } from '../laws/index.js';
import { type Situation, norm } from '../norm.js';
import * as option from '../option.js';
import { allButFeatures, demandBatch } from '../parts/axes.js';
import { gainAndShift } from '../parts/index.js';
import { featureMask, unitizeWhere } from '../parts/masked.js';
import { poweredFormula, poweredGradient } from '../parts/power-formula.js';
import { divideByRunning, meanSquares, movedMean, withoutHidden } from '../parts/power.js';
import { affineBy, blend, momentum, perFeature, rootOf } from '../parts/running.js';

export const powerNorm = norm({
  type: 'power_norm',
  title: 'Power normalization',
  alsoKnownAs: ['PowerNorm', 'MaskPowerNorm', 'PN'],
  about:
    'Divides each feature by the root of a running mean of its squares, in training too, with an approximate gradient.',
  useCase: 'Transformers on text, where the statistics of batches vary too much for batch_norm.',
  reference: {
    authors: 'Sheng Shen, Zhewei Yao, Amir Gholami, Michael W. Mahoney, Kurt Keutzer',
    title: 'PowerNorm: Rethinking Batch Normalization in Transformers',
    year: 2020,
    url: 'https://arxiv.org/abs/2003.07845',
  },
  notes: [
    'A call in training divides by the running ψ² of the calls before it, and then moves ψ² by its own batch. So no output depends on other samples of its batch.',
    'The backward pass is approximate by definition: dx = (γ dy − ν x̂) / N, where ν x̂ stands for the path of x through ψ². With ν = 0 it is the slope.',
    'The backward pass moves ν. Calling one pullback twice moves it once, and so does `checkpoint`, which computes the forward pass again. A call without a backward pass moves ψ² alone.',
    'ν becomes ν (1 − (1 − m) Γ) + (1 − m) Λ with Γ = mean(x̂²) and Λ = mean(γ dy x̂), for the gradient momentum m. If a batch is so much larger than those before that (1 − m) Γ exceeds 2, ν grows with changing sign: start with a warm-up.',
    'In the first `warmup` calls in training, N is that of the batch, with its exact gradient, and ψ² is the mean over the batches so far. The code of the paper combines the N of the batch with the approximate gradient; here the gradient of a warm-up is exact.',
    'The backward pass divides by the N that the forward pass used. The code of the paper divides by that of the current batch.',
    'The code of the paper divides each token by the root mean square of its own group first: place group_rms_norm before it for that.',
    'The paper states its momentum as the share of what is new, 0.1; here momentum is the share that is kept, 0.9.',
  ],
  traits: {
    place: 'hidden',
    couples: 'nothing',
    cost: 4,
    takesLonger: 'its gradient is corrected by running statistics of gradients',
    guards: [],
  },
  coupling: (options, situation) => (situation && isWarmUp(options, situation) ? 'batch' : 'nothing'),

  options: {
    axis: option.axis(-1, 'The feature axis; it cannot be the batch, axis 0.'),
    epsilon: option.epsilon('Added to the running mean of squares to avoid division by zero.'),
    momentum: { ...momentum, default: 0.9 },
    gradientMomentum: option.number(0.9, 'The share of ν that each backward pass keeps, if mean(x̂²) is 1.', {
      min: 0,
      max: 1,
      explore: [0.5, 0.999],
      symbol: 'm_g',
    }),
    warmup: option.number(0, 'How many calls in training use the statistics of their own batch.', {
      min: 0,
      max: 1e7,
      whole: true,
      explore: [0, 3],
    }),
    ...gainAndShift.options,
  },

  parameters: gainAndShift.parameters,

  state: {
    moving_square: {
      symbol: 'ψ²',
      about: 'The running mean ψ² of squares.',
      ...perFeature,
      initial: () => 'ones',
    },
    gradient_mean: {
      symbol: 'ν',
      about: 'The running mean ν of γ dy x̂, which the backward pass moves.',
      ...perFeature,
      initial: () => 'zeros',
    },
    steps: {
      about: 'How many calls of the warm-up are over.',
      sizes: 'one number',
      shape: () => [],
      initial: () => 'zeros',
      when: ({ warmup }) => warmup > 0,
    },
  },

  mask: {
    ...featureMask,
    about:
      'In training, the positions that enter the running statistics, and whose gradients have ν x̂ taken off, in the shape of x without the feature axis. ' +
      'The others are divided by the same N. If none counts, no statistic moves, and a call of the warm-up gives β. ' +
      'NaN and ∞ at a position that does not count give NaN there, but reach no statistic and no gradient.',
  },

  accepts: demandBatch,

  atInference: ({ gamma, beta }, { axis, epsilon }, { moving_square: squares }) =>
    affineBy(
      { mean: full(squares.shape, 0, squares.dtype), length: rootOf(squares, epsilon) },
      { gain: gamma, shift: beta, along: axis },
    ),

  formula: poweredFormula,

  /**
   * The gradients of γ, β, x̂ and x, from dy. That of x approximates: N is a constant of the call, and ν x̂ stands for its
   * path.
   *
   *     dγ = Σ dy x̂
   *     dβ = Σ dy
   *     dx̂ = γ dy             y = γ x̂ + β
   *     dx = (dx̂ − ν x̂) / N   x̂ = x / N
   *
   * The backward pass then moves ν towards the mean of dx̂ x̂: at ν = mean(dx̂ x̂) / mean(x̂²), dx is orthogonal to x̂, as it
   * is where N is that of the batch. In a warm-up it is, and dx = (dx̂ − x̂ mean(dx̂ x̂)) / N as in rms_norm. At inference
   * dx = dx̂ / N. A mask keeps ν x̂ from the positions that do not count.
   */
  apply(x, { gamma, beta }, options, { training, state, mask }) {
    const { axis, epsilon, momentum, gradientMomentum } = options;
    const { moving_square, gradient_mean } = state;
    const weights = { gain: gamma, shift: beta, along: axis };
    const isWarm = training && isWarmUp(options, { training, state });
    const done = stepsOf(state);
    const squares = training ? meanSquares(x, axis, epsilon, mask) : undefined;
    const constant = rootOf(moving_square, epsilon);
    const counting = mask && reshape(mask, across(x.shape, axis));
    const drag = {
      length: constant,
      mean: training ? gradient_mean : undefined,
      mask: training ? mask : undefined,
    };
    const { value, pullback } = isWarm
      ? unitizeWhere(counting, x, allButFeatures(x.shape, axis), epsilon, weights)
      : divideByRunning(x, drag, weights);
    return {
      value,
      pullback(gradient) {
        const pulled = pullback(gradient);
        return { x: pulled.x, gamma: pulled.gain, beta: pulled.shift };
      },
      ...(squares && {
        state: {
          ...state,
          moving_square: blend(
            moving_square,
            squares.value,
            isWarm ? done / (done + 1) : momentum,
            squares.share,
          ),
          ...(isWarm && { steps: full([], done + 1, x.dtype) }),
        },
      }),
      ...(training && {
        backwardState: (gradient, { gradient_mean: mean }) => ({
          gradient_mean: squares
            ? movedMean(
                mean,
                {
                  x: withoutHidden(x, axis, mask),
                  gain: gamma,
                  axis,
                  squares,
                  length: isWarm ? squares.length : constant,
                  momentum: gradientMomentum,
                },
                gradient,
              )
            : mean,
        }),
      }),
    };
  },

  gradient: {
    about:
      'In training after the warm-up, the gradient of x approximates the path through ψ² by ν x̂, with a running mean ν that the backward pass moves.',
    kind: (options, situation) =>
      situation.training && !isWarmUp(options, situation) ? 'approximate' : 'slope',
    formula: poweredGradient,
  },

  example: {
    options: { momentum: 0.75, epsilon: 0.0625 },
    x: [
      [1, -2],
      [3, 0.5],
    ],
    parameters: { gamma: [1, -2], beta: [0, 1] },
    y: [
      [0.97014, 4.88057],
      [2.91043, 0.02986],
    ],
    state: { moving_square: [2, 1.28125] },
  },

  invariants: {
    keepsShape,
    oddFunction,
    ...powerLaws,
    ...learnedLaws({ gain: 'gamma', shift: 'beta' }),
    weightsAtStart: switchedOff({ scale: false, center: false }, { gamma: 1, beta: 0 }),
  },
});

/** How many calls of the warm-up are over. */
const stepsOf = (state: { readonly steps?: NdArray }): number => (state.steps ? flat(state.steps)[0]! : 0);

/** Whether a call in this situation takes N from its batch. */
const isWarmUp = (
  { warmup }: { readonly warmup: number },
  { training, state }: Situation<'moving_square' | 'gradient_mean' | 'steps'>,
): boolean => training && stepsOf(state) < warmup;
